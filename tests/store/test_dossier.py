"""The dossier: what is left of one record is found by indexes, however much there is of others."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from engine.store import dossier
from engine.store.dossier import Whose
from engine.store.metadata import METADATA
from tests.installations import Place

BY_ID = {"deletion", "recipient_told", "inbox", "recycle_bin", "receipt"}  # without a key all else is asked for nothing


@pytest.mark.parametrize("key", [None, 1])
def test_no_table_is_read_as_a_whole_for_one_record(tmp_path: Path, key: int | None) -> None:
    """By its key, by its id, or by either: in no statement SQLite looks at all rows but those of rules."""
    place, asked = Place(tmp_path), list[tuple[str, Any]]()
    with place.store.database.reading() as connection:
        event.listen(connection.engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        dossier.read(connection, Whose("contact", "ghost", key))
        dossier.in_bin(connection, "contact", "ghost")
        dossier.receipts(connection, "hash")
        plans = [
            str(row[3])
            for statement, bound in list(asked)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bound)
        ]

    assert len(asked) > 12
    scanned = {plan.split()[1] for plan in plans if plan.startswith("SCAN")} & METADATA.tables.keys()
    assert scanned.isdisjoint(BY_ID if key is None else METADATA.tables.keys() - {"rule"})
