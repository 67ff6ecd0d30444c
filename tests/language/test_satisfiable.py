"""What can never be true, always is, or can be true together: in a table, and against the meaning in Python."""

import json
import os
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import combinations
from time import process_time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.catalogue import ACTIONS
from engine.language.algebra import Both, Column, Compare, Constant, Either, Predicate, negate
from engine.language.load import Loader
from engine.language.newborn import of_newborn
from engine.language.rule import Rule
from engine.language.satisfiable import always, never, overlap
from engine.model.facts import Facts
from engine.model.shipped import COMPANY, CONTACT, SHIPPED_MODEL
from engine.model.snapshot import read_snapshot
from engine.service.holiday_calendar import workdays_of
from engine.vocabulary.calendar import Moment, start_of_day
from engine.vocabulary.truth import Truth
from tests.rulebooks import rule
from tests.strategies import CHANGING, HOLDS, companies, conditions, contacts, crowds, moments

ZONES = tuple(map(ZoneInfo, ("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe")))
at_work = st.builds(Moment, moments, st.sampled_from(ZONES), st.just(workdays_of("SE")))
people = st.deferred(lambda: st.lists(contacts, min_size=2, max_size=5))
wide_or_crowded: st.SearchStrategy[Any] = st.deferred(lambda: st.one_of(conditions, crowds))
EXAMPLES = 20_000 if os.environ.get("ANSGAR_SOAK") else 100

NEVER = (
    "[{field: category, is: Lead}, {field: category, is: Customer}]",
    "[{field: category, one_of: [Lead, Customer]}, {field: category, none_of: [LEAD, customer]}]",
    "[{field: category, is: Lead, case: exact}, {field: category, is: LEAD, case: exact}]",
    "[{field: category, is: Lead, case: exact}, {field: category, is: Customer}]",
    "[{field: category, is: Lead}, {field: category, contains: cust}]",
    "[{field: category, is: Lead, case: exact}, {field: category, matches: '^[a-z]+$', case: exact}]",
    "[{field: category, contains: a}, {none: [{field: category, contains: A}]}]",
    "[{field: category, is: Lead}, {field: category, is_missing: true}]",
    "[{field: category, is_missing: false}, {field: category, is_missing: true}]",
    "[{field: category, is: Lead, if_missing: match}, {field: category, is: Customer}]",
    "[{field: email_bounces, more_than: 3}, {field: email_bounces, at_most: 3}]",
    "[{field: email_bounces, equals: 3}, {field: email_bounces, is_not: 3}]",
    "[{field: email_bounces, between: [1, 5]}, {field: email_bounces, more_than: 5}]",
    "[{count: sales, less_than: 0}]",
    "[{count: sales, more_than: 1, less_than: 2}]",
    "[{count: sales, equals: 0.5}]",
    "[{count: sales, between: [1, 2], none_of: [1, 2]}]",
    "[{count: sales, is_missing: true}]",
    "[{count: sales, where: {status: sold}, at_least: 2}, {count: sales, at_most: 1}]",
    "[{last: sales, where: {status: sold}, older_than: 1 year}, {count: sales, equals: 0}]",
    "[{count: sales, where: [{field: status, is: a}, {field: status, is: b}], at_least: 1}]",
    "[{last: sales, where: [{field: status, is: a}, {field: status, is: b}], older_than: 1 day}]",
    "[{last: sales, in_next: 1 year}]",
    "[{next: sales, older_than: 1 day}]",
    "[{field: deceased, is: true}, {field: deceased, is: false}]",
    "[{field: deceased, is_not: true}, {field: deceased, is_not: false}]",
    "[{field: tags, is_empty: true}, {field: tags, has: vip}]",
    "[{field: tags, has: vip}, {field: tags, has_none: [VIP, x]}]",
    "[{field: created_on, older_than: 2 years, newer_than: 1 year}]",
    "[{field: created_on, older_than: 13 months, in_last: 12 months}]",
    "[{field: created_on, older_than: 3 days, in_last: 2 days}]",
    "[{field: created_on, older_than: 1 year, in_next: 1 year}]",
    "[{field: created_on, older_than: 90 minutes, newer_than: 1 hour}]",
    "[{field: created_on, today: true, older_than: 1 day}]",
    "[{field: created_on, before: 2020-01-01, after: 2021-01-01}]",
    "[{field: created_on, on: 2020-01-01}, {field: created_on, on: 2020-01-02}]",
    "[{field: created_on, before: {field: birth_date}}, {field: created_on, after: {field: birth_date}}]",
    "[{field: created_on, before: {field: birth_date}}, {field: birth_date, is_missing: true}]",
    "[{field: created_on, before: {field: created_on}}]",
    "[{latest_of: [created_on, {last: sales}], older_than: 2 years}, {field: created_on, newer_than: 1 year}]",
    "[{earliest_of: [created_on, birth_date], newer_than: 1 year}, {field: birth_date, older_than: 2 years}]",
    "[{latest_of: [created_on, birth_date], newer_than: 1 year}, {field: created_on, older_than: 2 years}, {field: birth_date, older_than: 2 years}]",
    "[{consent: marketing, is: given}, {consent: marketing, is: withdrawn}]",
    "[{consent: marketing, is: given}, {legal_basis: any, is: none}]",
    "[{consent: marketing, is: withdrawn}, {legal_basis: marketing, is: consent}]",
    "[{legal_basis: storage, is: contract}, {legal_basis: any, is_not: contract}]",
    "[{field: created_on, older_than: 10 working days, newer_than: 1 week}]",
    "[{field: created_on, older_than: 10 working days, newer_than: 9 working days}]",
    "[{hold: lawsuit, is_active: true}, {hold: any, is_active: false}]",
    "[{changed: category, older_than: 1 year}, {changed: category, in_last: 1 month}]",
    "[{highest: sales.amount, more_than: 5, less_than: 5}]",
    "[{score: [{if: {field: category, is: a}, points: 2}, {if: {field: category, is: b}, points: 3}], at_least: 6}]",
    "[{score: [{if: {field: category, is: a}, points: 2}, {if: {field: country, is: NO}, points: 3}], at_least: 3}, {field: country, is: SE}]",
    "{at_least_of: {count: 2, of: [{field: category, is: a}, {field: country, is: NO}, {field: owner, is: x}]}, all: [{field: category, is: b}, {field: country, is: SE}]}",
    "{any: [{field: category, is: a}, {field: category, is: b}], none: [{field: category, one_of: [a, b]}]}",
    "{all: [{any: [{field: category, is: a}, {field: country, is: NO}]}, {any: [{field: category, is: b}, {field: country, is: SE}]}, {field: category, is: c}, {field: country, is: DK}]}",
)
POSSIBLE = (
    "[{field: category, is: Lead}, {field: category, one_of: [Customer, LEAD]}]",
    "[{field: category, is: Lead, case: exact}, {field: category, is: LEAD}]",
    "[{field: name, contains: STRASSE}, {field: name, contains: straße}]",
    "[{field: category, is: Lead, if_missing: match}, {field: category, is: Customer, if_missing: match}]",
    "[{field: email_bounces, at_least: 3}, {field: email_bounces, at_most: 3}]",
    "[{field: email_bounces, more_than: 1, less_than: 2}]",
    "[{sum: sales.amount, less_than: 0}]",
    "[{count: sales, where: {status: sold}, at_least: 1}, {count: sales, in_last: 1 year, equals: 0}]",
    "[{count: sales, where: [{field: status, is: a}, {field: status, is: b}], equals: 0}]",
    "[{count: sales, where: {status: sold}, at_least: 5, if_missing: match}, {count: sales, where: {status: sold}, at_most: 2, if_missing: match}]",
    "[{field: created_on, older_than: 30 days, newer_than: 1 month}]",
    "[{field: created_on, older_than: 1 month, newer_than: 31 days}]",
    "[{field: created_on, older_than: 24 hours, newer_than: 1 day}]",
    "[{field: created_on, before: 2020-01-01, on: 2019-12-31}]",
    "[{field: created_on, before: 2020-01-01, in_last: 1 month}]",
    "[{field: created_on, today: true, older_than: 1 hour}]",
    "[{latest_of: [created_on, last_activity_on], older_than: 2 years}, {field: created_on, is_missing: true}]",
    "[{consent: marketing, is: withdrawn}, {legal_basis: marketing, is: contract}]",
    "{any: [{field: category, is: a}, {field: category, is_not: a}]}",
    "[{selection: chosen-before, is_member: true}]",
    "[{selection: chosen-before, is_member: true}, {selection: chosen-before, for_at_least: 1 day, is_member: false}]",
    "[{hold: any, is_active: true}, {hold: lawsuit, is_active: false}]",
    "[{field: created_on, older_than: 5 working days, newer_than: 8 days}]",
    "[{score: [{if: {field: category, is: a}, points: 2}, {if: {field: category, is: b}, points: -3}], at_least: 2}]",
    "[{count: sales, since: {field: created_on}, equals: 0}]",
)
ALWAYS = (
    "[{count: sales, at_least: 0}]",
    "[{count: sales, where: {status: sold}, in_last: 1 year, more_than: -1}]",
    "[{count: sales, is_missing: false}]",
    "{none: [{count: sales, less_than: 0}]}",
    "{any: [{count: sales, equals: 0}, {count: sales, at_least: 1}]}",
    "{any: [{field: category, is: Lead, if_missing: match}, {field: category, is_not: Lead}]}",
)
SOURCE = "  - {rule: source, if: [{field: email, is_missing: true}], then: [{keep_in_selection: chosen-before}]}\n"


def _said_of(predicate: Predicate) -> str:
    is_never, is_always = never(predicate), always(predicate)
    assert not (is_never and is_always)
    return "never" if is_never else "always" if is_always else "possible"


@pytest.mark.parametrize("criteria", NEVER)
def test_what_excludes_itself_can_never_be_true(criteria: str) -> None:
    """Each line asks of one thing what cannot be together."""
    found = rule(criteria).predicate

    assert _said_of(found) == "never"


@pytest.mark.parametrize("criteria", POSSIBLE)
def test_what_some_contact_could_be_is_left_alone(criteria: str) -> None:
    """Each line is true of somebody at some moment, and undecided or false of others."""
    found = rule(criteria, more=SOURCE).predicate

    assert _said_of(found) == "possible"


@pytest.mark.parametrize("criteria", ALWAYS)
def test_what_asks_nothing_is_always_true(criteria: str) -> None:
    """Each line is true of everybody; what is unknown for a missing value is not counted in."""
    found = rule(criteria).predicate

    assert _said_of(found) == "always"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("[{field: category, is: Lead}]", "[{field: category, is: Former customer}]", False),
        ("[{field: category, is: Lead}]", "[{field: country, is: NO}]", True),
        ("[{field: created_on, older_than: 2 years}]", "[{field: created_on, older_than: 1 year}]", True),
        ("[{field: created_on, older_than: 2 years}]", "[{field: created_on, newer_than: 1 year}]", False),
        ("[{count: sales, equals: 0}]", "[{count: sales, where: {status: sold}, at_least: 1}]", False),
        ("[{legal_basis: any, is: none}]", "[{consent: storage, is: given}]", False),
        ("[{legal_basis: any, is: none}]", "[{consent: storage, is: withdrawn}]", True),
    ],
)
def test_which_criteria_one_contact_can_meet_together(one: str, other: str, expected: bool) -> None:
    """Two rules overlap unless something that both look at tells them apart."""
    assert expected is overlap(rule(one).predicate, rule(other).predicate)
    assert expected is overlap(rule(other).predicate, rule(one).predicate)


def _read(criteria: Any, zone: ZoneInfo) -> Rule:
    acts = [{"keep_in_selection": "source"}, {"raise_alert": "Look!"}]
    source = {"rule": "source", "if": [{"field": "country", "is": "NO"}], "then": acts}
    text = {"rules": [source, {"rule": "the-rule", "if": criteria, "then": [{"keep_in_selection": "chosen"}]}]}
    loaded = Loader(SHIPPED_MODEL, ACTIONS, zone).load_texts({"rules.yaml": json.dumps(text)})
    assert loaded.rulebook is not None
    return loaded.rulebook.rules["the-rule"]


def _facts(person: dict[str, Any], firm: dict[str, Any], moment: Moment, more: dict[str, Any]) -> Facts:
    facts = read_snapshot(CONTACT, {"id": "1", **person}, moment.zone).as_facts()
    company = read_snapshot(COMPANY, {"id": "c-1", **firm}, moment.zone).as_facts()
    references = {"company": company} if facts.value(("company",)) == "c-1" else {}
    return replace(facts, references=references, **more)


def _more(instants: st.SearchStrategy[datetime]) -> st.SearchStrategy[dict[str, Any]]:
    """Give what else there can be about a contact: another rule's verdict, holds, and when fields were stored."""
    return st.fixed_dictionaries(
        {
            "memberships": st.fixed_dictionaries({"source": st.sampled_from(Truth)}),
            "member_since": st.fixed_dictionaries({}, optional={"source": instants}),
            "changed": st.dictionaries(st.sampled_from(CHANGING), instants, max_size=3),
            "holds": st.sets(st.sampled_from(HOLDS[1:])).map(frozenset),
        }
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(wide_or_crowded, wide_or_crowded, people, companies, at_work, _more(moments))
def test_no_contact_contradicts_what_is_said_of_criteria(
    criteria: Any, others: Any, people: list[Any], firm: Any, moment: Moment, more: dict[str, Any]
) -> None:
    """What is said never to be true, always to be, or never to be together is so of every contact at every moment."""
    one, other = _read(criteria, moment.zone), _read(others, moment.zone)
    is_never, is_always = never(one.predicate), always(one.predicate)
    can_share = overlap(one.predicate, other.predicate)
    for person in people:
        facts = _facts(person, firm, moment, more)
        truth = one.criteria.truth(facts, moment)

        assert not (is_never and truth is Truth.TRUE)
        assert truth is Truth.TRUE or not is_always
        assert can_share or truth is not Truth.TRUE or other.criteria.truth(facts, moment) is not Truth.TRUE


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(wide_or_crowded, people, companies, at_work, st.data())
def test_no_newborn_contradicts_what_is_said_of_newborns(
    criteria: Any, people: list[Any], firm: Any, moment: Moment, data: st.DataObject
) -> None:
    """What is said not to match a contact that was created today and has no items does not, at any moment of that day."""
    one = _read(criteria, moment.zone)
    is_safe = never(of_newborn(one.predicate, CONTACT, moment.today))
    earlier_today = st.sampled_from((start_of_day(moment.today, moment.zone), moment.now))
    for person in people:
        newborn = {name: value for name, value in person.items() if name not in {"sales", "consents"}}
        created = {"created_on": moment.today.isoformat()}
        facts = _facts(newborn | created, firm, moment, data.draw(_more(earlier_today)))

        assert not (is_safe and one.criteria.truth(facts, moment) is Truth.TRUE)


def test_a_newborn_is_not_older_than_the_day_on_which_the_rules_are_read() -> None:
    """Without the day, a rule about old contacts could have matched one that was new then."""
    predicate = rule("[{field: created_on, before: 2020-01-01}]").predicate

    assert not never(of_newborn(predicate, CONTACT, None))
    assert never(of_newborn(predicate, CONTACT, date(2026, 3, 1)))


@dataclass(frozen=True, slots=True)
class Unheard:
    """A leaf of a later version."""

    what: str
    negated: bool = False
    verb: ClassVar[str] = ""


def test_what_is_not_known_can_be_anything_but_its_opposite() -> None:
    """A leaf that the analysis has never heard of neither fails nor excludes anything else."""
    leaf: Any = Unheard("a")
    term: Any = Unheard("score")

    assert not never(leaf)
    assert not always(leaf)
    assert not never(Both((leaf, Unheard("b", negated=True))))  # type: ignore[arg-type]  # of a later version
    assert never(Both((leaf, negate(leaf))))
    assert not never(Compare(">", term, Constant(True)))


def test_a_tangle_of_choices_is_given_up_within_a_moment() -> None:
    """That nine pigeons do not fit into eight holes takes long to find out; what takes long is taken to be possible."""
    pigeons, holes = range(9), range(8)
    sits = {(one, hole): Compare("=", Column((f"{one}_{hole}",)), Constant(True)) for one in pigeons for hole in holes}
    homes = [Either(tuple(sits[one, hole] for hole in holes)) for one in pigeons]
    alone = [
        Either((negate(sits[one, hole]), negate(sits[other, hole])))
        for one, other in combinations(pigeons, 2)
        for hole in holes
    ]
    started = process_time()

    assert not never(Both((*homes, *alone)))
    assert process_time() - started < 1


pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
