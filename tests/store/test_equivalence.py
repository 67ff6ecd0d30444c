"""One meaning, several executions: SQL, Python and durable-rules come to the same verdict."""

import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from actions.catalogue import ACTIONS
from engine.evaluate.decision import Decision
from engine.language.load import Loader
from engine.language.rule import Rulebook
from engine.model.facts import Facts
from engine.model.shipped import SHIPPED_MODEL
from engine.model.snapshot import read_snapshot
from engine.service.holiday_calendar import workdays_of
from engine.store import holds
from engine.store.assessment import Assessment
from engine.store.database import Connection, open_database
from engine.store.facts import Records
from engine.store.intake import Intake
from engine.store.outcome import MATCHES, OUTCOME, UNDECIDED
from engine.store.schema import Store, open_store
from engine.store.tables import CASES, HOLD, RULE
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth
from tests.installations import DECIDER
from tests.strategies import conditions, contacts, moments, worlds

ZONES = {name: ZoneInfo(name) for name in ("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe")}
TOLD = Path(__file__).parents[2] / "var"
SOAK = bool(os.environ.get("ANSGAR_SOAK"))
EXAMPLES, MOMENTS, SHARDS, CROWD = (6_000, 6, 2, 12) if SOAK else (250, 2, 1, 0)
COMPARED: Counter[int] = Counter()
TAKEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
_STORES: dict[str, Store] = {}
IS_LEAD = {"field": "category", "is": "Lead"}
AVERAGE = {"average": "sales.amount", "where": {"status": "Lead"}, "since": {"changed": "category"}, "equals": "0"}
SCORE = {"score": [{"if": AVERAGE, "points": 1}], "equals": "0"}
AMONG_OTHERS = {"all": [IS_LEAD, {"any": [IS_LEAD, {"none": [AVERAGE]}]}]}
DEEPEST: dict[str, Any] = AMONG_OTHERS
for _ in range(2):
    DEEPEST = {"all": [IS_LEAD, {"score": [{"if": DEEPEST, "points": 1}, {"if": IS_LEAD, "points": -1}], "is": 0}]}
ONCE: dict[str, Any] = {
    "world": {
        "contacts": [{}],
        "companies": [],
        "later": {},
        "taken_at": datetime(2024, 1, 31, tzinfo=UTC),
        "holds": {},
        "members": {},
    },
    "instants": [datetime(2024, 1, 31, tzinfo=UTC)],
    "zone": "America/Havana",
}


def _drawn(count: int) -> list[dict[str, Any]]:
    """Return contacts that every rule of the long run meets besides its own: drawing rules is what takes time there."""
    found: list[dict[str, Any]] = []

    @settings(max_examples=count, derandomize=True, database=None, phases=[Phase.generate])
    @given(contacts)
    def draw(contact: dict[str, Any]) -> None:
        found.append(contact)

    draw()
    return found


POOL = _drawn(400) if SOAK else []


def _crowded(world: dict[str, Any], offset: int) -> dict[str, Any]:
    """Return a world with some contacts of the pool added."""
    return {**world, "contacts": [*world["contacts"], *(POOL[(offset + n) % len(POOL)] for n in range(CROWD))]}


def _store(zone: str) -> Store:
    if zone not in _STORES:
        _STORES[zone] = open_store(open_database("sqlite://"), SHIPPED_MODEL, ZONES[zone])
    return _STORES[zone]


def _rulebook(criteria: list[Any], source: list[Any], zone: str) -> Rulebook:
    rules = [
        {"rule": "source", "if": source, "then": [{"keep_in_selection": "source"}, {"raise_alert": "seen"}]},
        {"rule": "rule", "if": criteria, "then": [{"keep_in_selection": "chosen"}]},
    ]
    loader = Loader(SHIPPED_MODEL, ACTIONS, ZONES[zone])
    loaded = loader.load_texts({"rules.yaml": json.dumps({"rules": rules}, ensure_ascii=False)})
    assert loaded.rulebook is not None, "\n".join(problem.render() for problem in loaded.problems)
    return loaded.rulebook


def _fill(connection: Connection, store: Store, world: dict[str, Any]) -> None:
    tables = store.tables
    for table in (*tables.items.values(), *tables.changes.values(), *tables.records.values(), HOLD, CASES, RULE):
        connection.execute(delete(table))
    for entity, records, prefix in (("company", world["companies"], "c-"), ("contact", world["contacts"], "p-")):
        _take(connection, store, entity, {f"{prefix}{n}": one for n, one in enumerate(records, 1)}, TAKEN_AT)
    people = [f"p-{n}" for n in range(1, len(world["contacts"]) + 1)]
    later, held, open_ = (
        {person: world[key][n] for n, person in enumerate(people) if n in world[key]}
        for key in ("later", "holds", "members")
    )
    _take(connection, store, "contact", later, world["taken_at"])
    records = store.tables.records["contact"]
    keys = {row.id: row.key for row in connection.execute(select(records.c.id, records.c.key))}
    for person, name in held.items():
        holds.add(connection, ("contact", keys[person]), name, "because", TAKEN_AT)
    rule = {"key": 1, "id": "source", "entity": "contact", "stage": "live", "state": "active", "version": "1"}
    connection.execute(
        insert(RULE).values(definition="{}", known_since=TAKEN_AT, evaluated_version="1", watched=(), **rule)
    )
    for person, opened in open_.items():
        connection.execute(insert(CASES).values(rule=1, record=keys[person], opened_at=opened, undecided=False))


def _take(connection: Connection, store: Store, entity: str, records: dict[str, Any], at: datetime) -> None:
    shape = SHIPPED_MODEL.entity(entity)
    snapshots = [read_snapshot(shape, {"id": name, **record}, store.zone) for name, record in records.items()]
    Intake(store.tables, shape, store.zone).take(connection, snapshots, at)


def _by_sql(connection: Connection, store: Store, rulebook: Rulebook, moment: Moment) -> dict[str, dict[str, Truth]]:
    assessment = Assessment(connection, store.tables, moment)
    assessment.begin({"source": 1})
    truths = {MATCHES: Truth.TRUE, UNDECIDED: Truth.UNKNOWN}
    records = store.tables.records["contact"]
    found: dict[str, dict[str, Truth]] = {}
    for rule in rulebook.rules.values():
        slot = assessment.assess(rule)
        rows = select(records.c.id, OUTCOME.c.state).join(OUTCOME, OUTCOME.c.record == records.c.key)
        states = {row[0]: row[1] for row in connection.execute(rows.where(OUTCOME.c.slot == slot))}
        ids = connection.execute(select(records.c.id)).scalars()
        found[rule.id] = {record: truths.get(states.get(record, 0), Truth.FALSE) for record in ids}
    assessment.end()
    return found


def _facts(connection: Connection, store: Store) -> dict[str, Facts]:
    """Return what is stored of each contact."""
    records = Records(store.tables, store.zone)
    table = store.tables.records["contact"]
    found = {
        row.id: records.facts(connection, "contact", row.key)
        for row in connection.execute(select(table.c.id, table.c.key))
    }
    return {record: facts for record, facts in found.items() if facts is not None}


def _agree(connection: Connection, store: Store, rulebook: Rulebook, known: dict[str, Facts], moment: Moment) -> int:
    """Hold the three executions equal for every record and rule; return how many verdicts were compared."""
    by_sql = _by_sql(connection, store, rulebook, moment)
    assert by_sql["rule"].keys() == known.keys()
    for record, facts in known.items():
        from_source = rulebook.rules["source"].criteria.truth(facts, moment)
        facts.memberships["source"] = from_source  # type: ignore[index]  # the test stands in for the stored verdict
        from_rule = rulebook.rules["rule"].criteria.truth(facts, moment)

        matched = DECIDER.decide(rulebook.rules.values(), facts, moment, record)

        assert (from_source, from_rule) == (by_sql["source"][record], by_sql["rule"][record]), record
        assert {"source": Decision(from_source), "rule": Decision(from_rule)} == matched, record
    return 2 * len(by_sql["rule"])


@pytest.mark.parametrize("shard", range(SHARDS))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    criteria=conditions,
    source=conditions.filter(lambda found: "source" not in str(found)),
    world=worlds,
    instants=st.lists(moments, min_size=1, max_size=MOMENTS),
    zone=st.sampled_from(sorted(ZONES)),
)
# SQL that nested deeper than the parser of SQLite takes.
@example(criteria=[IS_LEAD], source=[IS_LEAD, {"all": [IS_LEAD, SCORE]}], **ONCE)
@example(criteria=[DEEPEST], source=[DEEPEST], **ONCE)
def test_sql_python_and_durable_rules_agree(
    shard: int, criteria: list[Any], source: list[Any], world: dict[str, Any], instants: list[datetime], zone: str
) -> None:
    """For any rule, records and instant, all three executions give one verdict."""
    store, workdays = _store(zone), workdays_of("SE")
    rulebook = _rulebook(criteria, source, zone)
    DECIDER.load(rulebook)
    with store.database.writing() as connection:
        _fill(connection, store, _crowded(world, len(str(criteria))) if CROWD else world)
        known = _facts(connection, store)
        for now in instants:
            COMPARED[shard] += _agree(connection, store, rulebook, known, Moment(now, ZONES[zone], workdays))
    _tell(shard)


def _tell(shard: int) -> None:
    """Keep, in the long run, how many verdicts were compared so far."""
    if SOAK:
        TOLD.mkdir(exist_ok=True)
        (TOLD / f"soak-{shard}.txt").write_text(f"{COMPARED[shard]} verdicts compared\n")


pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
