"""Erasure in a file: SQLite leaves bytes of what it has moved about; writing it anew leaves none."""

import re
from pathlib import Path

from sqlalchemy import select

from engine.store import erasure
from engine.store.tables import SETTING
from tests.installations import NOON, Place

CONTACTS = 300


def churned(folder: Path) -> Place:
    """Return a place with contacts that were rewritten at other lengths, each third of them deleted again."""
    place = Place(folder)
    for turn in range(4):
        order = sorted(range(CONTACTS), key=lambda number: number * 7919 * (turn + 1) % 1009)
        people = [(number, f"zzcanary{number}x " * (1 + number * (turn + 3) % 23)) for number in order]
        for start in range(0, CONTACTS, 50):
            place.take(
                *(
                    {
                        "id": f"p{n}",
                        "name": said,
                        "activities": [{"id": f"{i}", "at": "2026-01-01", "subject": said} for i in range(n % 6)],
                    }
                    for n, said in people[start : start + 50]
                )
            )
    keys = {number: place.key_of(f"p{number}") for number in range(0, CONTACTS, 3)}
    for number, key in keys.items():
        with place.store.database.writing() as connection:
            erasure.remove_copy(connection, place.store.tables, "contact", key, NOON)
            erasure.mark(connection, number)
    return place


def left_of(folder: Path) -> set[int]:
    """Return of whom a byte is left in any file."""
    files = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    return {int(one) for file in files for one in re.findall(rb"zzcanary(\d+)x", file)}


def test_l9_no_byte_of_the_deleted_is_left_in_any_file(tmp_path: Path) -> None:
    """Though the database overwrites what is deleted, that takes more: rows had been moved within their pages."""
    place = churned(tmp_path)
    assert place.store.database.empty_log()
    assert {one for one in left_of(tmp_path) if one % 3 == 0}  # else this test would prove nothing
    assert erasure.scrub(place.store.database)

    assert left_of(tmp_path) == {one for one in range(CONTACTS) if one % 3}
    assert not place.run().rules  # the store goes on


def test_a_large_file_waits_for_the_night(tmp_path: Path) -> None:
    """It is marked until it was written anew; then there is nothing to do any more."""
    place = churned(tmp_path)
    database = place.store.database
    size = database.file.stat().st_size if database.file else 0
    assert not erasure.scrub(database, most=size - 1)
    with database.reading() as connection:
        marked = select(SETTING.c.value).where(SETTING.c.name == erasure.UNCLEAN)
        assert connection.execute(marked).scalar_one() == str(CONTACTS - 3)
    assert erasure.scrub(database, most=None)
    with database.reading() as connection:
        assert connection.execute(marked).scalar_one_or_none() is None
    assert erasure.scrub(database, most=0)


def test_who_still_reads_keeps_the_log_from_being_emptied(tmp_path: Path) -> None:
    """Nothing fails; the next time it is emptied."""
    place = churned(tmp_path)
    with place.store.database.reading() as connection:
        connection.execute(select(SETTING)).all()
        is_done = erasure.scrub(place.store.database)

    assert not is_done
    assert erasure.scrub(place.store.database)
    assert left_of(tmp_path) == {one for one in range(CONTACTS) if one % 3}
