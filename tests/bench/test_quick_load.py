"""The quick way into a store: the rows that intake writes, to the last column."""

from pathlib import Path

from sqlalchemy import select

from bench.place import SQLITE, Place, filled, opened, thirty
from engine.store.tables import CHANGE_LOG

ITEMS = ("activities", "consents")
COUNTERS = "SELECT name, seq FROM sqlite_sequence ORDER BY name"


def rows(place: Place) -> dict[str, list[str]]:
    """Return all that is stored of contacts, and the counters of keys."""
    tables = place.store.tables
    wanted = [tables.records["contact"], CHANGE_LOG, *(tables.items[("contact", name)] for name in ITEMS)]
    with place.store.database.reading() as connection:
        found = {one.name: sorted(map(repr, connection.execute(select(one)).mappings())) for one in wanted}
        return found | {"counters": list(map(repr, connection.exec_driver_sql(COUNTERS)))}


def test_a_store_that_is_filled_quickly_is_one_that_was_imported(tmp_path: Path) -> None:
    """Contacts, items, change log and the counters of keys are equal; nothing is empty."""
    found = []
    for quickly in (False, True):
        folder = tmp_path / str(quickly)
        folder.mkdir()
        place = opened(SQLITE, folder, thirty(), 400)
        filled(place, quickly=quickly)
        found.append(rows(place))

    assert found[0] == found[1]
    assert all(found[0].values())
