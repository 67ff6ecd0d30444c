"""One meaning, several executions: SQL, Python and durable-rules come to the same verdict."""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from engine.evaluate.decision import Decision
from engine.language.rule import Rulebook
from engine.model.facts import Facts
from engine.service.holiday_calendar import workdays_of
from engine.store.assessment import Assessment
from engine.store.database import Connection
from engine.store.outcome import MATCHES, OUTCOME, UNDECIDED
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth
from tests.installations import DECIDER
from tests.stores import KINDS, POSTGRESQL, SQLITE, STORES
from tests.strategies import conditions, moments, worlds
from tests.worlds import ZONES, drawn, facts_of, fill, store_in, two_rules

TOLD = Path(__file__).parents[2] / "var"
SOAK = bool(os.environ.get("ANSGAR_SOAK"))
EXAMPLES = dict.fromkeys(KINDS, 6_000) if SOAK else {SQLITE: 250, POSTGRESQL: 60}
MOMENTS, SHARDS, CROWD = (6, 2, 12) if SOAK else (2, 1, 0)
COMPARED: Counter[int] = Counter()
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


POOL = drawn(400) if SOAK else []


def _crowded(world: dict[str, Any], offset: int) -> dict[str, Any]:
    """Return a world with some contacts of the pool added."""
    return {**world, "contacts": [*world["contacts"], *(POOL[(offset + n) % len(POOL)] for n in range(CROWD))]}


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
def test_sql_python_and_durable_rules_agree(shard: int) -> None:
    """For any rule, records and instant, all three executions give one verdict."""

    @settings(max_examples=EXAMPLES[STORES.kind], deadline=None, suppress_health_check=list(HealthCheck))
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
    def holds(
        criteria: list[Any], source: list[Any], world: dict[str, Any], instants: list[datetime], zone: str
    ) -> None:
        store, workdays = store_in(zone, __name__), workdays_of("SE")
        rulebook = two_rules(criteria, source, zone)
        DECIDER.load(rulebook)
        with store.database.writing() as connection:
            fill(connection, store, _crowded(world, len(str(criteria))) if CROWD else world)
            known = facts_of(connection, store)
            for now in instants:
                COMPARED[shard] += _agree(connection, store, rulebook, known, Moment(now, ZONES[zone], workdays))
        _tell(shard)

    holds()


def _tell(shard: int) -> None:
    """Keep, in the long run, how many verdicts were compared so far."""
    if SOAK:
        TOLD.mkdir(exist_ok=True)
        (TOLD / f"soak-{shard}.txt").write_text(f"{COMPARED[shard]} verdicts compared\n")


pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
