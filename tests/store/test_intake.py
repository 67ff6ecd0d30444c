"""Intake: what is sent is what is held; what has not changed is not written; versions order writes."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from engine.model.shipped import CONTACT
from engine.model.snapshot import read_snapshot
from engine.service import importing
from engine.service.importing import Importer
from engine.store.facts import Records
from engine.store.intake import Intake
from engine.store.tables import CHANGE_LOG
from tests.installations import NOON, Place
from tests.strategies import contacts


def facts(place: Place, contact: str) -> Any:
    """Return what the store holds of a contact."""
    records = Records(place.store.tables, place.store.zone)
    with place.store.database.reading() as connection:
        key = records.key_of(connection, "contact", contact)
        return None if key is None else records.facts(connection, "contact", key)


def changes(place: Place) -> int:
    """Return the length of the change log."""
    with place.store.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(CHANGE_LOG)).scalar_one())


def test_an_absent_field_is_unchanged_null_clears_and_a_named_collection_is_replaced(tmp_path: Path) -> None:
    """A snapshot replaces what it names and leaves the rest."""
    place = Place(tmp_path)
    place.take(
        {"id": "1", "email": "a@example.se", "country": "NO", "sales": [{"id": "a"}, {"id": "b"}], "tags": ["x"]}
    )
    place.take({"id": "1", "country": None, "sales": [{"id": "b", "status": "sold"}]})
    held = facts(place, "1")

    assert (held.values["email"], held.values["country"], held.values["tags"]) == ("a@example.se", None, ("x",))
    assert [(item.id, item.values["status"]) for item in held.items("sales")] == [("b", "sold")]


def test_many_records_at_once_are_held_as_they_are_one_by_one(tmp_path: Path) -> None:
    """Whatever texts hold: separators, line ends, quotes, words for nothing; and empty ones, numbers, flags, lists."""
    odd = (
        "tab\there",
        "line\nend\r\n",
        "back\\slash \\N \\.",
        "\"quoted\", 'twice'",
        "NULL",
        "",
        " ",
        "Ünïcode 🙂",
        "\x01",
    )
    records: list[dict[str, Any]] = [
        {
            "id": f"c {number}",
            "name": name,
            "tags": [name, "x"],
            "email_bounces": -0.5 * number,
            "created_on": "2026-02-28",
            "restrict_processing": number % 2 == 0 if number % 3 else None,
            "sales": [{"id": name or "none", "amount": 12.34, "status": name, "at": "2026-03-01T08:00:00.000001Z"}],
        }
        for number, name in enumerate(odd * 5)
    ]
    (tmp_path / "many").mkdir()
    (tmp_path / "single").mkdir()
    many, single = Place(tmp_path / "many"), Place(tmp_path / "single")
    for record in records:
        record["sales"][0]["id"] = f"s {record['id']}"
        single.take(record)
    many.take(*records)

    assert [facts(many, record["id"]) for record in records] == [facts(single, record["id"]) for record in records]
    assert changes(many) == changes(single) == len(records)


def test_the_same_snapshot_twice_writes_once(tmp_path: Path) -> None:
    """A repeated import changes nothing and logs nothing."""
    place = Place(tmp_path)
    record = {
        "id": "1",
        "created_on": "2026-01-01",
        "consents": [{"purpose": "a", "status": "given", "at": "2026-01-01"}],
    }
    place.take(record)
    again = place.take(record)

    assert (again.taken.created, again.taken.changed, again.taken.unchanged) == (0, 0, 1)
    assert changes(place) == 1


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_r3_late_and_reordered_snapshots_converge_to_the_newest_version(tmp_path: Path, order: tuple[int, ...]) -> None:
    """Whatever the order of arrival, the highest version stays, and older ones are counted."""
    place = Place(tmp_path)
    for version in order:
        place.take({"id": "1", "country": f"v{version}", "version": version})

    assert facts(place, "1").values["country"] == "v3"
    assert place.take({"id": "1", "country": "late", "version": 3}).taken.outdated == 1


def test_snapshots_of_one_contact_in_one_file_are_taken_in_order(tmp_path: Path) -> None:
    """Without versions the order of arrival decides, within a batch too."""
    place = Place(tmp_path)
    place.take({"id": "1", "country": "a"}, {"id": "2"}, {"id": "1", "country": "b"})

    assert facts(place, "1").values["country"] == "b"


def test_bad_lines_are_listed_with_number_and_reason_and_lose_nothing_else(tmp_path: Path) -> None:
    """Good lines around a bad one are taken; with all-or-nothing none is."""
    place = Place(tmp_path)
    lines = [b'{"id": "1"}', b"{", b"", b'{"id": "2", "emial": "x"}', b'{"id": "3"}']
    report = place.take_lines(lines)

    assert ([one.line for one in report.refused], report.taken.created, report.lines) == ([2, 4], 2, 5)
    report = place.take_lines([b'{"id": "9"}', b"{"], all_or_nothing=True)
    assert (report.is_kept, report.taken.created, facts(place, "9")) == (False, 0, None)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(contacts, min_size=2, max_size=4))
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_whatever_is_sent_is_what_is_held(
    tmp_path_factory: pytest.TempPathFactory, versions: list[dict[str, Any]]
) -> None:
    """After any sequence of snapshots the store holds what a plain merge of them gives."""
    place = Place(tmp_path_factory.mktemp("store"))
    values: dict[str, Any] = {}
    items: dict[str, Any] = {}
    for version in versions:
        place.take({"id": "1", **version})
        snapshot = read_snapshot(CONTACT, {"id": "1", **version}, place.store.zone)
        values |= snapshot.values
        items |= {name: sorted(one.id for one in found) for name, found in snapshot.collections.items()}
    held = facts(place, "1")

    assert {name: value for name, value in values.items() if value is not None} == {
        name: value for name, value in held.values.items() if value is not None
    }
    assert {name: ids for name, ids in items.items() if ids} == {
        name: [item.id for item in found] for name, found in held.collections.items() if found
    }


def test_an_import_goes_on_batch_by_batch_and_tells_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch holds so many records and items together; progress adds up to the bytes and to all of both."""
    monkeypatch.setattr(importing, "BATCH", 4)
    place = Place(tmp_path)
    lines = [
        json.dumps({"id": str(n), "sales": [{"id": f"{n}-{m}"} for m in range(n)]}).encode() + b"\n" for n in range(5)
    ]
    told: list[tuple[int, int]] = []
    importer = Importer(place.store, "contact", NOON, progress=lambda read, items: told.append((read, items)))
    report = importer.take(iter(lines))

    assert (report.lines, report.taken.created) == (5, 5)
    assert [items for _, items in told] == [6, 4, 5, 0]
    assert sum(read for read, _ in told) == sum(map(len, lines))
    assert [len(facts(place, str(n)).items("sales")) for n in range(5)] == [0, 1, 2, 3, 4]


def test_items_join_those_that_are_held_where_they_are_told_to(tmp_path: Path) -> None:
    """With `upserts` an item that is not named stays, one that changed is replaced, and the same is not written."""
    place = Place(tmp_path)
    place.take({"id": "1", "sales": [{"id": "a", "status": "open"}, {"id": "b"}]})
    intake = Intake(place.store.tables, CONTACT, place.store.zone, upserts=True)
    sent = read_snapshot(CONTACT, {"id": "1", "sales": [{"id": "a", "status": "sold"}]}, place.store.zone)
    for expected in ((1, 0), (0, 1)):
        with place.store.database.writing() as connection:
            taken = intake.take(connection, [sent], NOON)
        assert (taken.changed, taken.unchanged) == expected

    assert [(one.id, one.values["status"]) for one in facts(place, "1").items("sales")] == [("a", "sold"), ("b", None)]
