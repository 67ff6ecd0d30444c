"""Delta: a run that looks at what may have changed alone comes to what a run over everybody comes to."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, literal, select

from actions.catalogue import ACTIONS
from engine.language.load import Loader
from engine.language.rule import Rulebook
from engine.model.shipped import SHIPPED_MODEL
from engine.model.snapshot import read_snapshot
from engine.service.holiday_calendar import workdays_of
from engine.service.runner import assess_in_run, settled_run
from engine.store import deletions, delta, erasure, holds, registry, runs
from engine.store.assessment import Assessment
from engine.store.database import Connection, open_database
from engine.store.intake import Intake
from engine.store.registry import Entry
from engine.store.runs import RunHead
from engine.store.schema import Store, open_store
from engine.store.tables import (
    ALERT,
    CASE_MOVE,
    CASES,
    CHANGE_LOG,
    DELETION,
    HOLD,
    INTENT,
    MEMBER,
    MEMBER_MOVE,
    RULE,
    RUN,
    RUN_RULE,
)
from engine.vocabulary.calendar import Moment
from tests.strategies import DAYS, HOLDS, companies, conditions, contacts, moments

ZONES = {name: ZoneInfo(name) for name in ("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe")}
SOAK = bool(os.environ.get("ANSGAR_SOAK"))
EXAMPLES, STEPS = (20_000, 12) if SOAK else (100, 6)
_STORES: dict[str, Store] = {}
SMALL = st.sampled_from(
    (
        *(timedelta(), timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)),
        *(timedelta(days=30), timedelta(days=365), timedelta(days=-1), timedelta(days=-40)),
    )
)
BOTH, SOURCE, RULE_ALONE = frozenset(("source", "rule")), frozenset(("source",)), frozenset(("rule",))
AWAKE = st.sampled_from((BOTH, BOTH, BOTH, SOURCE, RULE_ALONE))
NOW, HAVANA = datetime(2024, 1, 31, tzinfo=UTC), "America/Havana"
AT_LEADS = [{"field": "company.category", "is": "Lead"}]
SIMPLE: list[Any] = [[{"field": "category", "is": "Lead"}], [{"field": "created_on", "older_than": "30 days"}]]
SELECTS: dict[str, Any] = {"then": [{"keep_in_selection": {"name": "chosen", "purpose": "marketing"}}]}
TASK = {"create_task": {"for": "contact owner", "title": {"en": "Look"}}}
# What a rule does besides: each of it looks at something that its criteria do not.
ACTS: dict[str, dict[str, Any]] = {
    "selects": SELECTS,
    "hurries": {
        **SELECTS,
        "deadline": {
            "within": "30 days",
            "of": "created_on",
            "remind_before": "3 days",
            "if_late": [TASK, {"raise_alert": {"message": {"en": "Late"}}}],
        },
    },
    "repeats": {"then": [TASK], "repeat": "every 30 days", "when_no_longer": [TASK]},
    "deletes": {
        "then": [{"schedule_deletion": {"grace": "14 days"}}],
        "stop_if_more_than": {"contacts": 2},
        "owner": "dpo",
        "legal_basis": "GDPR Art. 5(1)(e)",
    },
}
FLAGGED = st.fixed_dictionaries(
    {"category": st.just("Lead"), "restrict_processing": st.booleans(), "objects_to_marketing": st.booleans()}
)
PLAIN = st.fixed_dictionaries({"category": st.sampled_from(("Lead", "x")), "created_on": st.sampled_from(DAYS)})
MEMBERS = [[{"selection": "source", "is_member": flag}] for flag in (True, False)]
steps = st.one_of(
    st.fixed_dictionaries({"contact": st.integers(1, 5), "as": contacts}),
    st.fixed_dictionaries({"contact": st.integers(1, 2), "as": st.one_of(PLAIN, FLAGGED)}),
    st.fixed_dictionaries({"company": st.integers(1, 2), "as": companies}),
    st.fixed_dictionaries({"erase": st.integers(1, 2)}),
    st.fixed_dictionaries({"leaves": st.integers(1, 2)}),
    st.fixed_dictionaries({"cancels": st.integers(1, 2), "because": st.sampled_from(("STALE", "KEPT_BY_PERSON"))}),
    st.fixed_dictionaries({"hold": st.integers(1, 5), "name": st.sampled_from(HOLDS[1:])}),
    st.fixed_dictionaries({"pass": SMALL}),
    st.fixed_dictionaries({"pass": SMALL}),
    st.fixed_dictionaries({"jump": moments}),
)


def _store(zone: str) -> Store:
    if zone not in _STORES:
        _STORES[zone] = open_store(open_database("sqlite://"), SHIPPED_MODEL, ZONES[zone])
    return _STORES[zone]


def _rulebook(criteria: list[Any], source: list[Any], manner: tuple[str | None, str], zone: str) -> Rulebook:
    """Return a source and a rule that reads it; the manner is how long the rule must be true, and what it does."""
    lasting, acts = manner
    asked: Any = {"all": criteria, "for_at_least": lasting} if lasting else criteria
    rules = [
        {"rule": "source", "if": source, "then": [{"keep_in_selection": "source"}, {"raise_alert": "seen"}]},
        {"rule": "rule", "if": asked, **ACTS[acts]},
    ]
    loaded = Loader(SHIPPED_MODEL, ACTIONS, ZONES[zone]).load_texts({"rules.yaml": json.dumps({"rules": rules})})
    assert loaded.rulebook is not None, "\n".join(problem.render() for problem in loaded.problems)
    return loaded.rulebook


def _take(connection: Connection, store: Store, entity: str, name: str, record: Any, at: datetime) -> None:
    shape = SHIPPED_MODEL.entity(entity)
    Intake(store.tables, shape, store.zone).take(
        connection, [read_snapshot(shape, {"id": name, **record}, store.zone)], at
    )


def _do(connection: Connection, store: Store, step: dict[str, Any], now: datetime) -> datetime:
    """Do a step of a history; return what time it is then."""
    match step:
        case {"contact": number, "as": record}:
            _take(connection, store, "contact", f"p-{number}", record, now)
        case {"company": number, "as": record}:
            _take(connection, store, "company", f"c-{number}", record, now)
        case {"erase": number}:
            records = store.tables.records["company"]
            key = connection.execute(select(records.c.key).where(records.c.id == f"c-{number}")).scalar()
            if key is not None:
                erasure.remove_copy(connection, store.tables, "company", key, now)
        case {"leaves": number} if (key := _key(connection, store, number)) is not None:
            erasure.remove_copy(connection, store.tables, "contact", key, now)
        case {"cancels": number, "because": reason} if (key := _key(connection, store, number)) is not None:
            deletions.cancel(connection, deletions.is_of(key), reason, now)
        case {"hold": number, "name": name} if (key := _key(connection, store, number)) is not None:
            holds.add(connection, ("contact", key), name, "because", now)
        case {"pass": length}:
            now += length
        case {"jump": then}:
            now = then
    return now


def _key(connection: Connection, store: Store, number: int) -> int | None:
    records = store.tables.records["contact"]
    found: int | None = connection.execute(select(records.c.key).where(records.c.id == f"p-{number}")).scalar()
    return found


def _run(
    connection: Connection, store: Store, rulebook: Rulebook, moment: Moment, awake: frozenset[str], *, is_full: bool
) -> None:
    """Evaluate the rules that are awake as a run does, and bring their cases in line."""
    rules = [rule for rule in rulebook.rules.values() if rule.id in awake]
    number = runs.begin(connection, RunHead(moment.now, moment.now, "delta", "test", ""))
    known = registry.registered(connection)
    assessment = Assessment(connection, store.tables, moment)
    assessment.begin({one.id: one.key for one in known.values() if one.evaluated_version is not None})
    plan, seen = delta.begin(assessment, known, rules, is_full=is_full)
    assessed = [assess_in_run(assessment, plan, rule, known[rule.id]) for rule in rules]
    assert not [one.error for one in assessed if one.error]
    settled_run(assessment, store, assessed, (number, seen))
    assessment.end()


def _stands(connection: Connection) -> list[tuple[Any, ...]]:
    """Return how things stand, but for when they came to be so."""
    marks = (CASES.c[name].is_not(None) for name in ("opened_at", "at_risk_at", "late_at"))
    asked = (
        select(literal("case"), CASES.c.rule, CASES.c.record, CASES.c.undecided, *marks, CASES.c.true_since),
        select(literal("member"), MEMBER.c.rule, MEMBER.c.record),
        select(literal("alert"), ALERT.c.rule, ALERT.c.record, ALERT.c.call),
        select(literal("deletion"), *(DELETION.c[name] for name in ("rule", "record", "state", "reason"))),
        select(literal("intent"), *(INTENT.c[name] for name in ("rule", "record", "part", "call", "repetition"))),
        select(literal("rule"), RULE.c.key, RULE.c.paused.is_not(None), RULE.c.matched, RULE.c.undecided),
    )
    return sorted((tuple(row) for query in asked for row in connection.execute(query)), key=repr)


def _counts(connection: Connection) -> list[tuple[int, int, int]]:
    """Return how many cases of each rule are open, and how many undecided, as counted one by one."""
    its = (CASES.c.rule == RULE.c.key,)
    opened = select(func.count()).where(*its, CASES.c.opened_at.is_not(None), ~CASES.c.undecided).scalar_subquery()
    in_doubt = select(func.count()).where(*its, CASES.c.undecided).scalar_subquery()
    return [tuple(row) for row in connection.execute(select(RULE.c.key, opened, in_doubt).order_by(RULE.c.key))]


def _empty(connection: Connection, store: Store, rulebook: Rulebook) -> None:
    tables = store.tables
    fixed = (HOLD, CASE_MOVE, CASES, CHANGE_LOG, RUN_RULE, RUN, MEMBER, MEMBER_MOVE, ALERT, DELETION, INTENT, RULE)
    for table in (*tables.items.values(), *tables.changes.values(), *tables.records.values(), *fixed):
        connection.execute(delete(table))
    entries = [Entry(one.id, one.entity, one.stage, one.version, one.selection, {}) for one in rulebook.rules.values()]
    registry.activate(connection, entries, datetime(2026, 1, 1, tzinfo=UTC))


def _told(*awake: frozenset[str]) -> list[Any]:
    """Return a history of a contact that is there and becomes a lead, with the rules that are awake after each step."""
    writes = [[{"contact": 1, "as": {}}], [{"contact": 1, "as": {"category": "Lead"}}]]
    return [(writes[n] if n < len(writes) else [], timedelta(), one) for n, one in enumerate(awake)]


LEFT_ALONE: list[Any] = [
    ([{"company": 1, "as": {"category": "Lead"}}, {"contact": 1, "as": {"company": "c-1"}}], timedelta(), BOTH),
    ([{"erase": 1}], timedelta(), BOTH),
]


ALONE: dict[str, Any] = {"source": SIMPLE[0], "manner": (None, "selects"), "begin": NOW, "zone": HAVANA}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    criteria=st.one_of(conditions, conditions, st.sampled_from(MEMBERS)),
    source=st.one_of(conditions.filter(lambda found: "source" not in str(found)), st.sampled_from(SIMPLE)),
    manner=st.tuples(
        st.sampled_from((None, None, "1 day", "1 month", "2 working days")), st.sampled_from(sorted(ACTS))
    ),
    begin=moments,
    history=st.lists(st.tuples(st.lists(steps, max_size=3), SMALL, AWAKE), min_size=2, max_size=STEPS),
    zone=st.sampled_from(sorted(ZONES)),
)
# A source that moved in a run of its own, and one that had no verdict before.
@example(**ALONE, criteria=MEMBERS[0], history=_told(BOTH, SOURCE, BOTH))
@example(**ALONE, criteria=MEMBERS[0], history=_told(RULE_ALONE, BOTH))
# A company is erased to which a contact refers.
@example(**ALONE, criteria=AT_LEADS, history=LEFT_ALONE)
def test_delta_is_full(
    criteria: list[Any],
    source: list[Any],
    manner: tuple[str | None, str],
    begin: datetime,
    history: list[tuple[list[dict[str, Any]], timedelta, frozenset[str]]],
    zone: str,
) -> None:
    """After every step of a history of writes and clocks, a run by delta leaves all just as a full one would."""
    store, workdays = _store(zone), workdays_of("SE")
    rulebook = _rulebook(criteria, source, manner, zone)
    now = begin
    with store.database.writing() as connection:
        _empty(connection, store, rulebook)
        for done, passes, awake in history:
            for step in done:
                now = _do(connection, store, step, now)
            now += passes
            moment = Moment(now, ZONES[zone], workdays)
            with connection.begin_nested() as before:
                _run(connection, store, rulebook, moment, awake, is_full=True)
                expected = _stands(connection)
                before.rollback()
            _run(connection, store, rulebook, moment, awake, is_full=False)
            assert _stands(connection) == expected
            counted = select(RULE.c.key, RULE.c.matched, RULE.c.undecided).where(RULE.c.matched.is_not(None))
            assert {*map(tuple, connection.execute(counted))} <= {*_counts(connection)}


pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
