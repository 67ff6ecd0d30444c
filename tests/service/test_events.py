"""Events from the CRM: when they happened, what is refused, and that nothing of them outlives the contact."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.model.snapshot import read_json
from engine.service.config import Settings
from engine.service.events import delete_contact, read_events, take_events
from engine.service.tick import tick
from engine.store import deletions, holds
from engine.store.tables import HOLD, INBOX, RECYCLE_BIN
from tests.installations import NOON, Place

RULES = """\
rules:
  - rule: moved
    check: {when_event: {event: name.changed}}
    if: [{field: name, is_missing: false}]
    then: []
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17
    stage: live
    if: [{field: category, is: Prospect}]
    then: [{schedule_deletion: {grace: 1 day, recycle_bin: 1 day}}]
    stop_if_more_than: {contacts: 25}
"""


PARTIAL = RULES[RULES.index("  - rule: erase") :].replace(
    "grace: 1 day, recycle_bin: 1 day", "grace: 1 day, purposes: [marketing]"
)


def event(**parts: Any) -> dict[str, Any]:
    """Return a CloudEvent about a contact."""
    plain = {"specversion": "1.0", "id": "e", "source": "/crm", "type": "crm.mailing.sent", "subject": "1"}
    return plain | parts


def taken(place: Place, *events: dict[str, Any]) -> list[tuple[str, datetime]]:
    """Take events, and return type and instant of all that are held."""
    raw = read_json(json.dumps(list(events)))
    take_events(place.scene(), read_events(raw), place.installation.moment())
    with place.store.database.reading() as connection:
        rows = connection.execute(select(INBOX).order_by(INBOX.c.seq)).all()
        return [(row.type, row.occurred_at) for row in rows]


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (None, NOON),
        ("2026-02-28T13:00:00+01:00", NOON - timedelta(days=1)),
        ("2026-02-28t12:00:00z", NOON - timedelta(days=1)),
        ("2026-02-28T12:00:00.123456789Z", NOON - timedelta(days=1) + timedelta(microseconds=123_456)),
        ("2027-01-01T00:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_event_happened_when_it_says(tmp_path: Path, time: str | None, expected: datetime) -> None:
    """By its `time`, else when it came; nanoseconds are cut off."""
    place = Place(tmp_path)

    assert taken(place, event(time=time)) == [("crm.mailing.sent", expected)]


@pytest.mark.parametrize(
    "time",
    [
        "2026-02-28",
        "2026-02-28T12:00:00",
        "2026-02-30T12:00:00Z",
        "2026-02-28T12:00:000Z",
        "0001-01-01T00:00:00Z",
        5,
        "",
    ],
)
def test_a_time_that_is_none_is_refused_with_a_pointer(time: object) -> None:
    """RFC 3339, with an offset, as CloudEvents ask for."""
    fine, wrong = read_events([event(), event(time=time)])

    assert (fine.refusals, [one.pointer for one in wrong.refusals]) == ((), ["/1/time"])


def test_numbers_of_an_event_stay_numbers(tmp_path: Path) -> None:
    """So that patterns compare them as such; what no number can hold stays as it was written."""
    place = Place(tmp_path)
    raw = json.dumps(event()).replace("{", '{"data": {"a": 1.50, "b": 12345678901, "c": 1e400}, ', 1)
    take_events(place.scene(), read_events(read_json(raw)), place.installation.moment())
    with place.store.database.reading() as connection:
        body = json.loads(connection.execute(select(INBOX.c.body)).scalar_one())

    assert body == {"a": 1.5, "b": 12345678901, "c": "1E+400"}


def test_l9_what_a_name_was_is_gone_with_the_contact(tmp_path: Path) -> None:
    """The events that writes of state have caused are erased like the CRM's own, bytewise in every file."""
    place = Place(tmp_path, RULES, Settings.of({"limits": {"percent_per_day": 100}}))
    tick(place.scene(), place.installation.moment())
    place.take({"id": "ghost", "name": "Canary", "category": "Prospect"})
    place.take({"id": "ghost", "name": "Quill"})
    assert [kind for kind, _ in taken(place, event(subject="ghost"))] == [
        "name.changed",
        "name.changed",
        "crm.mailing.sent",
    ]
    for _ in range(4):
        place.clock.move(timedelta(days=1))
        tick(place.scene(), place.installation.moment())
    assert place.deletions() == {None: ("erased", None)}
    place.store.database.close()

    assert [
        file.name
        for file in tmp_path.rglob("*")
        if file.is_file() and any(word in file.read_bytes().lower() for word in (b"canary", b"quill", b"ghost"))
    ] == []


def test_a_contact_that_the_crm_deleted_takes_its_changes_along(tmp_path: Path) -> None:
    """They are part of the copy; its events stay for as long as configured, so that a repeated one is known."""
    place = Place(tmp_path, RULES)
    tick(place.scene(), place.installation.moment())
    place.take({"id": "1", "name": "Canary"})
    assert [kind for kind, _ in taken(place, event())] == ["name.changed", "crm.mailing.sent"]
    with place.store.database.writing() as connection:
        assert delete_contact(place.scene(), connection, "contact", "1", place.installation.moment())

    assert [kind for kind, _ in taken(place, event())] == ["crm.mailing.sent"]


@pytest.mark.parametrize(
    ("kind", "field", "status"),
    [
        ("crm.consent.withdrawn", {"purpose": "marketing", "status": "given"}, "withdrawn"),
        ("crm.consent.given", {"purpose": "marketing", "status": "withdrawn"}, "given"),
    ],
)
def test_what_the_type_of_an_event_says_wins_over_its_data(
    tmp_path: Path, kind: str, field: dict[str, str], status: str
) -> None:
    """A consent that was withdrawn is never stored as given, whatever else the event carries."""
    place = Place(tmp_path)
    taken(place, event(type=kind, data={"id": "c", "at": "2026-02-01"} | field))
    with place.store.database.reading() as connection:
        facts = place.scene().records.facts(connection, "contact", place.key_of("1"))

    assert facts is not None
    assert [item.values["status"] for item in facts.collections["consents"]] == [status]


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"text": "\ud800"}, "/1/data/text"),
        ({"deep": [{"a/b": ["", "x\udfff"]}]}, "/1/data/deep/0/a~1b/1"),
        ({"\udc00": 1}, "/1/data"),
    ],
)
def test_a_lone_surrogate_in_the_data_is_refused_with_a_pointer(data: dict[str, Any], pointer: str) -> None:
    """JSON can name one, no store can keep it: it is found before anything is taken."""
    fine, wrong = read_events(read_json(json.dumps([event(), event(id="f", data=data)])))

    assert (fine.refusals, [one.pointer for one in wrong.refusals]) == ((), [pointer])


def test_data_that_is_nested_without_end_is_refused() -> None:
    """What JSON can be read with is deeper than what can be written again."""
    data: dict[str, Any] = {}
    for _ in range(900):
        data = {"in": data}
    (told,) = read_events(event(data=data))

    assert [one.reason for one in told.refusals] == ["data is nested 100 deep at most"]


def test_l9_a_contact_that_the_crm_deleted_leaves_no_word_behind(tmp_path: Path) -> None:
    """What was under way ends, what lay in the bin for a purpose goes, and reasons that people wrote are empty."""
    place = Place(tmp_path, f"rules:\n{PARTIAL}", Settings.of({"limits": {"percent_per_day": 100}}))
    consent = {"id": "c", "purpose": "marketing", "status": "given", "at": "2026-01-01"}
    place.take({"id": "ghost", "name": "Canary Quill", "category": "Prospect", "consents": [consent]}, {"id": "other"})
    place.live()
    place.clock.move(timedelta(days=2))
    place.live()
    with place.store.database.writing() as connection:
        (one,) = deletions.read(connection, place.store.tables)
        assert one.state == "in_recycle_bin"
        hold = holds.add(
            connection, ("contact", place.key_of("other")), "legal", "knows Canary Quill", place.clock.now()
        )
        assert delete_contact(place.scene(), connection, "contact", "ghost", place.installation.moment())
        (ended,) = deletions.read(connection, place.store.tables)
        reason = connection.execute(select(HOLD.c.reason).where(HOLD.c.key == hold)).scalar_one()
        binned = connection.execute(select(func.count()).select_from(RECYCLE_BIN)).scalar_one()

    assert (ended.state, ended.contact, ended.record, binned) == ("erased", None, None, 0)
    assert reason == "knows [erased]"
