"""Batches of events: whatever is told in whatever batches, it comes out as if it had been told one by one."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from engine.service.activation import activated
from engine.service.events import TakenEvents, read_events, take_events
from engine.store import holds
from engine.store.inbox import OWN
from engine.store.tables import CHANGE_LOG, HOLD, INBOX, RESTRICTION
from tests.installations import Place

WAITING = """\
rules:
  - rule: moved
    check: {when_event: {event: name.changed}}
    if: [{field: name, is_missing: false}]
    then: []
  - rule: restricted
    check: {when_event: {event: restrict_processing.changed, to: true}}
    if: [{field: name, is_missing: false}]
    then: []
"""
EVERYBODY = ("a", "b", "c", "ghost")
ids = st.sampled_from(EVERYBODY)
numbers = st.integers(1, 3)
states = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Bo", "Åse", None]),
        "restrict_processing": st.sampled_from([True, False, None]),
        "email": st.sampled_from(["a@example.se", "ghost@example.se"]),
        "sales": st.lists(numbers.map(lambda one: {"id": f"s{one}", "status": "open"}), max_size=1),
        "version": numbers,
        "emial": st.just("wrong"),
    },
)
activities = st.fixed_dictionaries(
    {"id": numbers.map(lambda one: f"i{one}"), "at": st.sampled_from(["2026-01-01", "2026-02-01"])}
)
consents = st.fixed_dictionaries({"purpose": st.sampled_from(["news", None]), "at": st.just("2026-01-01")})
contents = st.one_of(
    st.tuples(st.sampled_from(["crm.contact.changed", "crm.contact.created"]), states),
    st.tuples(st.just("crm.contact.changed"), states),
    st.tuples(st.just("crm.activity.logged"), activities),
    st.tuples(st.sampled_from(["crm.consent.given", "crm.consent.withdrawn"]), consents),
    st.tuples(st.sampled_from(["crm.mailing.sent", "crm.mailing.bounced"]), st.just({"kind": "hard"})),
    st.tuples(st.just("crm.contact.deleted"), st.just({})),
    st.tuples(st.just("crm.contact.merged"), ids.map(lambda one: {"into": one})),
)
events = st.builds(
    lambda number, subject, told, time: {
        "specversion": "1.0", "source": "/crm", "id": f"e{number}", "subject": subject, "type": told[0], "data": told[1]
    } | time,
    st.integers(1, 12), ids, contents, st.sampled_from([{}, {}, {"time": "2026-02-01T10:00:00Z"}, {"time": "never"}]),
)  # fmt: skip
batches = st.lists(st.lists(events, max_size=8), min_size=1, max_size=3)


def opened(folder: Path) -> Place:
    """Return a place with two contacts, one of them held, and one who was erased; two rules wait for changes."""
    place = Place(folder, WAITING)
    scene, now = place.scene(), place.clock.now()
    place.take({"id": "a", "name": "Bo"}, {"id": "b", "name": "Åse", "restrict_processing": True})
    scene.tombstones.add([scene.tombstones.id_hash("contact", "ghost")], now)
    scene.tombstones.add([scene.tombstones.email_hash("ghost@example.se")], now)
    with place.store.database.writing() as connection:
        activated(place.installation, connection, place.rules, now)
        holds.add(connection, ("contact", place.key_of("a")), "legal", "lawsuit", now)
    return place


def tell(place: Place, batch: list[Any]) -> TakenEvents:
    """Tell a batch of events."""
    return take_events(place.scene(), read_events(batch), place.installation.moment())


def held(place: Place) -> Iterator[Any]:
    """Give all that is held and known: state, items, instants, restrictions, holds, changes and events, in order."""
    tables = place.store.tables
    with place.store.database.reading() as connection:
        records = tables.records["contact"]
        yield sorted(tuple(row) for row in connection.execute(select(records)))
        for table in (
            *(one for (owner, _), one in tables.items.items() if owner == "contact"),
            tables.changes["contact"],
        ):
            yield sorted(tuple(row) for row in connection.execute(select(table)))
        for table in (RESTRICTION, HOLD):
            yield sorted(tuple(row)[1:] for row in connection.execute(select(table)))
        changed = connection.execute(select(CHANGE_LOG).order_by(CHANGE_LOG.c.record, CHANGE_LOG.c.seq))
        yield [tuple(row)[1:] for row in changed]
        rows = connection.execute(select(INBOX).order_by(INBOX.c.seq)).all()
        yield [(row.type, row.subject, row.body, row.occurred_at, row.source == OWN or row.event) for row in rows]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches)
def test_r3_batches_come_out_as_their_events_one_by_one(told: list[list[dict[str, Any]]]) -> None:
    """Repeated, refused, merged, deleted and told again: the same is held, known and answered, in the same order."""
    with TemporaryDirectory() as folder:
        together, alone = opened(Path(folder, "together")), opened(Path(folder, "alone"))
        answers = [tell(together, batch) for batch in told]
        single = [tell(alone, [one]) for batch in told for one in batch]

        assert list(held(together)) == list(held(alone))
        for name in ("accepted", "repeated"):
            assert sum(getattr(one, name) for one in answers) == sum(getattr(one, name) for one in single)
        refused, refused_alone = (
            [
                (one.told.id, one.reason, [(fault.pointer[len(one.told.pointer) :], fault.reason) for fault in one.refusals])
                for answer in found
                for one in answer.refused
            ]
            for found in (answers, single)
        )  # fmt: skip
        assert refused == refused_alone
        for place in (together, alone):
            place.store.database.close()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.permutations(range(1, 9)), st.lists(st.integers(1, 8), max_size=6), st.integers(1, 14))
def test_r3_late_repeated_and_reordered_state_converges(order: list[int], again: list[int], size: int) -> None:
    """However versions of a contact are shuffled, repeated and cut into batches, the newest one is what is held."""
    numbers, told = count(), [*order, *again]
    with TemporaryDirectory() as folder:
        place = Place(Path(folder))
        batch = [
            {
                "specversion": "1.0", "source": "/crm", "id": f"{version}-{next(numbers) if version % 2 else 0}",
                "type": "crm.contact.changed", "subject": "1", "data": {"name": f"N{version}", "version": version},
            }
            for version in told
        ]  # fmt: skip
        for start in range(0, len(batch), size):
            tell(place, batch[start : start + size])
        with place.store.database.reading() as connection:
            facts = place.scene().records.facts(connection, "contact", place.key_of("1"))
        place.store.database.close()

        assert facts is not None
        assert facts.values["name"] == "N8"


def test_of_a_batch_that_fits_only_in_part_the_rest_is_taken(tmp_path: Path) -> None:
    """Each event that is refused is listed with its place, its id, why, and a pointer to every fault."""
    place = opened(tmp_path)
    plain = {"specversion": "1.0", "source": "/crm", "subject": "a", "type": "crm.contact.changed"}
    answer = tell(
        place,
        [
            plain | {"id": "1", "data": {"emial": "x", "country": 5}},
            plain | {"id": "2", "data": {"country": "NO"}},
            plain | {"id": "3", "type": "crm.sale.logged", "data": {"amount": "x"}},
            {"specversion": "1.0", "id": 4},
            plain | {"id": "5", "subject": "ghost"},
            "no event",
        ],
    ).as_json()
    listed: Any = answer.pop("refused")

    assert answer == {"accepted": 1, "repeated": 0}
    assert [(one["index"], one["id"], one["reason"]) for one in listed] == [
        (0, "1", "INVALID"), (2, "3", "INVALID"), (3, None, "INVALID"), (4, "5", "ERASED"), (5, None, "INVALID"),
    ]  # fmt: skip
    assert [[fault["pointer"] for fault in one["refusals"]] for one in listed] == [
        ["/0/data/emial", "/0/data/country"],
        ["/2/data/amount"],
        ["/3/source", "/3/id", "/3/type", "/3/subject"],
        ["/4/subject"],
        ["/5"],
    ]


def test_a_hundred_faults_are_listed_and_one_of_each_event(tmp_path: Path) -> None:
    """However much is wrong, the answer stays small, and no event is refused without a word."""
    place = Place(tmp_path)
    plain = {"specversion": "1.0", "source": "/crm", "subject": "a", "type": "crm.contact.changed"}
    wrong = {f"wrong_{number}": 1 for number in range(90)}
    answer = tell(place, [plain | {"id": str(number), "data": wrong} for number in range(5)]).as_json()
    listed: Any = answer["refused"]

    assert [len(one["refusals"]) for one in listed] == [90, 10, 1, 1, 1]
