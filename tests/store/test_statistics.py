"""Statistics: after much was written the database knows how much there is."""

from pathlib import Path

import pytest
from sqlalchemy import text

from engine.store import statistics
from tests.installations import Place
from tests.stores import SQLITE, STORES

KNOWN = {
    True: "SELECT DISTINCT CAST(substr(stat, 1, instr(stat, ' ')) AS INTEGER) FROM sqlite_stat1 WHERE tbl = 'record_contact'",
    False: "SELECT CAST(reltuples AS integer) FROM pg_class WHERE relname = 'record_contact'",
}


@pytest.mark.parametrize(("most", "expected"), [(4, 4), (5, None)])
def test_an_import_of_many_tells_the_planner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, expected: int | None
) -> None:
    """One of many gathers statistics at its end, one of few does not."""
    monkeypatch.setattr(statistics, "MANY", most)
    place = Place(tmp_path)
    place.take(*({"id": str(number)} for number in range(4)))
    with place.store.database.reading() as connection:
        is_file = STORES.kind == SQLITE
        gathered = (
            not is_file or connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")).first()
        )
        found = connection.execute(text(KNOWN[is_file])).scalar_one_or_none() if gathered else None

    assert (None if found == -1 else found) == expected
