"""Funnels: the counts are those that come of looking at every record, one by one, step by step."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.language.criteria import steps_of
from engine.language.rule import Rule
from engine.model.facts import Facts
from engine.service.holiday_calendar import workdays_of
from engine.store import funnel
from engine.store.assessment import Assessment
from engine.store.funnel import Counted, Funnel, Step
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth, all_of
from tests.installations import NOON, Place
from tests.stores import POSTGRESQL, SQLITE, STORES
from tests.strategies import conditions, moments, worlds
from tests.worlds import ZONES, facts_of, fill, store_in, two_rules

EXAMPLES = {SQLITE: 120, POSTGRESQL: 30}
STEPS = """
rules:
  - rule: steps
    if:
      - {field: category, is: Lead}
      - all: [{field: country, is: NO}, {any: [{field: name, is: Oslo}, {field: name, is_missing: true}]}]
      - {field: created_on, older_than: 1 year}
    then: []
"""


def by_looking(rule: Rule, known: dict[str, Facts], moment: Moment) -> Funnel:
    """Return the funnel of a rule by looking at every record."""
    steps = steps_of(rule.criteria)
    found = []
    for number in range(len(steps)):
        truths = [all_of(one.truth(facts, moment) for one in steps[: number + 1]) for facts in known.values()]
        found.append(Step(truths.count(Truth.TRUE), truths.count(Truth.UNKNOWN)))
    return Funnel(len(known), tuple(found))


def test_a_funnel_has_the_counts_of_looking_at_every_record() -> None:
    """For any criteria, records and instant; the last step is whom the rule matches, and of whom it cannot tell."""

    @settings(max_examples=EXAMPLES[STORES.kind], deadline=None, suppress_health_check=list(HealthCheck))
    @given(criteria=conditions, world=worlds, now=moments, zone=st.sampled_from(sorted(ZONES)))
    def holds(criteria: list[Any], world: dict[str, Any], now: datetime, zone: str) -> None:
        store, moment = store_in(zone, __name__), Moment(now, ZONES[zone], workdays_of("SE"))
        rule = two_rules(criteria, [{"field": "category", "is": "Lead"}], zone).rules["rule"]
        with store.database.writing() as connection:
            fill(connection, store, world)
            known = facts_of(connection, store)
            assessment = Assessment(connection, store.tables, moment)
            assessment.begin({"source": 1})
            found = funnel.count(assessment, rule)
            assessment.end()
        whole = [rule.criteria.truth(facts, moment) for facts in known.values()]

        assert found == by_looking(rule, known, moment)
        assert found.steps[-1] == Step(whole.count(Truth.TRUE), whole.count(Truth.UNKNOWN))

    holds()


pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


@pytest.fixture
def place(tmp_path: Any) -> Place:
    """Give a place with contacts that stay in at each step, that fall out at each, and that leave one open."""
    made = Place(tmp_path, STEPS)
    lead = {"category": "Lead", "country": "NO", "name": "Oslo", "created_on": "2020-01-01"}
    made.take(
        {"id": "stays", **lead},
        {"id": "no-lead", **lead, "category": "Customer"},
        {"id": "swede", **lead, "country": "SE"},
        {"id": "bergen", **lead, "name": "Bergen"},
        {"id": "young", **lead, "created_on": "2026-02-01"},
        {"id": "open", "country": "NO", "created_on": "2020-01-01"},
    )
    return made


def test_steps_are_what_must_hold_in_the_order_of_the_text(place: Place) -> None:
    """A list within a list is the same list; of an `any` it is told as a whole; unknown is kept apart from true."""
    rule = place.rules.rules["steps"]
    with place.store.database.writing() as connection:
        assessment = Assessment(connection, place.store.tables, place.installation.moment())
        assessment.begin({})
        found = funnel.count(assessment, rule)
        assessment.end()

    assert len(steps_of(rule.criteria)) == 4
    assert found == Funnel(6, (Step(4, 1), Step(3, 1), Step(2, 1), Step(1, 1)))


def test_of_several_counts_that_of_a_run_is_shown_else_the_newest_of_before(place: Place) -> None:
    """What was counted for another version is not for this run; without one of before there is the first of after."""
    later, much_later = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)
    place.run()
    place.clock.move(later - NOON)
    place.run()
    empty = Funnel(0, ())
    with place.store.database.writing() as connection:
        assert funnel.of_run(connection, 1, "steps", "a") is None
        funnel.keep(connection, Counted("steps", "b", NOON, None, empty))
        funnel.keep(connection, Counted("steps", "a", much_later, None, empty))
        after = funnel.of_run(connection, 1, "steps", "a")
        funnel.keep(connection, Counted("steps", "a", NOON, None, empty))
        before = funnel.of_run(connection, 2, "steps", "a")
        funnel.keep(connection, Counted("steps", "a", much_later, 2, Funnel(7, ())))
        asked = funnel.of_run(connection, 2, "steps", "a")
        last = funnel.last_counts(connection)

    assert after is not None
    assert after.counted_at == much_later
    assert before is not None
    assert before.counted_at == NOON
    assert asked is not None
    assert (asked.run, asked.funnel.records) == (2, 7)
    assert last == {"steps": ("a", much_later)}
