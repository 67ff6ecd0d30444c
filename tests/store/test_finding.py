"""Finding contacts by the beginning of their name, address or id: by indexes, in both databases."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine.model.values import LONGEST_TEXT
from engine.store import finding
from engine.store.finding import BY, ITS, ITS_START, PREFIX
from engine.store.schema import open_store
from tests.installations import Place

LONG = "Ö" * (LONGEST_TEXT - 1)
PEOPLE: list[dict[str, Any]] = [
    {"id": "c-1", "name": "Åsa Öberg", "email": "Asa.Oberg@Firm.example", "category": "Customer"},
    {"id": "c-2", "name": "ÅSA", "email": "other@firm.example"},
    {"id": "c-3", "name": "Straße 5"},
    {"id": "C-4", "name": "Bo % _"},
    {"id": "no-name"},
]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a place with people."""
    made = Place(tmp_path)
    made.take(*PEOPLE)
    return made


def found(place: Place, words: str, limit: int = 50) -> list[str]:
    """Return the ids of those who are found."""
    with place.store.database.reading() as connection:
        return [one.id for one in finding.contacts(connection, place.store.tables, words, limit)]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("åsa", ["c-2", "c-1"]),  # who is called exactly so comes first
        ("Åsa ö", ["c-1"]),
        ("ASA.oberg@firm.EXAMPLE", ["c-1"]),
        ("STRASSE", ["c-3"]),
        ("c-", ["c-3", "c-2", "c-1"]),
        ("C-", ["C-4"]),
        ("bo %", ["C-4"]),
        ("%", []),
        ("_", []),
        ("öberg", []),
        ("a\0b", []),
        ("\U0010ffff", []),
    ],
)
def test_contacts_are_found_by_how_id_name_or_address_begin(place: Place, words: str, ids: list[str]) -> None:
    """Letter case aside but for ids, which are told apart by it; nothing in the words is a pattern."""
    assert found(place, words) == ids


def test_no_more_are_found_than_were_asked_for(place: Place) -> None:
    """The exact one is among them, however many begin so."""
    place.take(*({"id": f"many-{number:03}", "name": f"Åsa {number:03}"} for number in range(100)))

    assert len(found(place, "åsa", 20)) == 20
    assert found(place, "åsa", 20)[0] == "c-2"


def test_a_text_of_any_length_is_kept_and_told_apart_by_its_end(place: Place) -> None:
    """PostgreSQL indexes no text of such a length as a whole; what it indexes of these is the same."""
    place.take({"id": "long-a", "name": f"{LONG}a", "email": LONG}, {"id": "long-b", "name": f"{LONG}b"})

    assert found(place, f"{LONG}B") == ["long-b"]
    assert set(found(place, LONG[:200])) == {"long-a", "long-b"}


@pytest.mark.parametrize("name", BY)
def test_it_is_looked_for_by_an_index(place: Place, name: str) -> None:
    """However many contacts there are."""
    statement = finding.by_beginning(place.store.tables, name)
    with place.store.database.reading() as connection:
        words = {ITS: "a", "above": "b", ITS_START: "a", "above_start": "b", "most": 5}
        asked = statement.params(**words).compile(connection.engine, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN" if place.store.database.is_near else "EXPLAIN"
        if explain == "EXPLAIN":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        plan = "\n".join(map(str, connection.exec_driver_sql(f"{explain} {asked}").all()))

    assert f"{PREFIX}{name}" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_a_store_of_before_gets_the_indexes_when_it_is_opened(place: Place) -> None:
    """Opening it twice makes them once."""
    store = place.store
    with store.database.writing() as connection:
        for name in BY:
            connection.execute(text(f"DROP INDEX {PREFIX}{name}"))
    for _ in range(2):
        open_store(store.database, place.installation.model, store.zone)

    test_it_is_looked_for_by_an_index(place, "name")
    assert found(place, "åsa ö") == ["c-1"]
