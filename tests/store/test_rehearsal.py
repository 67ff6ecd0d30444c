"""The store of rehearsals: emptied to the last row, alive without anybody, and aware of every instant it holds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from engine.store import feeds, rehearsal
from engine.store.tables import CATALOGUE, METADATA, SETTING
from tests.installations import NOON, Place
from tests.service.test_destroying import GHOST, place_with


def busy_place(folder: Path) -> Place:
    """Return a place in which a deletion was carried out to its end and much was written."""
    place = place_with(folder, GHOST)
    for _ in range(40):
        place.take({"id": "pulse", "activities": [{"id": "a", "at": place.clock.now().isoformat()}]})
        place.live()
        place.clock.move(timedelta(days=1))
    return place


def test_emptying_leaves_nothing_but_the_installation(tmp_path: Path) -> None:
    """Whatever a test wrote into whichever table, the next one finds none of it."""
    place = busy_place(tmp_path)
    tables = place.store.tables
    rehearsal.allow_nobody(place.store.database)
    rehearsal.empty(place.store.database, tables)
    rehearsal.forget_erased(place.scene().tombstones)
    kept = {CATALOGUE, SETTING}
    with place.store.database.reading() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in {*METADATA.tables.values(), *tables.metadata.tables.values()} - kept
        }

    assert {0} == set(counts.values())
    assert place.scene().tombstones.all() == frozenset()
    assert place.take(GHOST).taken.created == 1


def test_a_feed_is_kept_alive_without_anybody(tmp_path: Path) -> None:
    """The newest item is as new as was said, and no record more is there."""
    place = Place(tmp_path)
    rehearsal.allow_nobody(place.store.database)
    for instant in (NOON, NOON + timedelta(days=1)):
        with place.store.database.writing() as connection:
            rehearsal.keep_alive(connection, place.store.tables, "contact", "sales", instant)
    with place.store.database.reading() as connection:
        newest = feeds.newest(connection, place.store.tables, "contact", "sales", instant)

        assert instant == newest
        assert place.store.tables.population(connection, "contact") == 0
        assert rehearsal.known_instants(connection, place.store.tables) == frozenset()


def test_the_instants_that_are_known_are_those_of_records_and_of_what_becomes_of_them(tmp_path: Path) -> None:
    """Dates of the record and its items, of its case, and of all that is still due; not when the service looked."""
    place = place_with(tmp_path, GHOST | {"created_on": "2020-05-01", "sales": [{"at": "2021-06-01T10:00Z"}]})
    place.run()
    place.clock.move(timedelta(hours=1))
    place.run()
    with place.store.database.reading() as connection:
        known = rehearsal.known_instants(connection, place.store.tables)

    record = {datetime(2020, 4, 30, 22, tzinfo=UTC), datetime(2021, 6, 1, 10, tzinfo=UTC)}
    pulse = {datetime(2026, 2, 28, 23, tzinfo=UTC)}
    # Opened and warned; warned a week before; due, across the change to summer time.
    due = {NOON, datetime(2026, 3, 8, 12, tzinfo=UTC), datetime(2026, 3, 15, 12, tzinfo=UTC)}
    assert record | pulse | due == known
