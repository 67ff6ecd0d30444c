"""Flips: found instants are exact against the meaning itself, and what would make a match does."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.evaluate.explain import as_text, explained, trace_of
from engine.evaluate.flips import Outlook, foreseen, nearest
from engine.language.criteria import Criterion, Group
from engine.model.facts import Facts
from engine.model.shipped import CONTACT, SHIPPED_MODEL
from engine.model.snapshot import read_snapshot
from engine.service.holiday_calendar import workdays_of
from engine.vocabulary.calendar import Moment, end_of_day, local_date, start_of_day
from engine.vocabulary.duration import MICROSECOND, read_duration
from engine.vocabulary.truth import Truth, all_of, any_of, at_least_of, none_of
from engine.vocabulary.verdict import Trace
from tests.rulebooks import STOCKHOLM, rule
from tests.strategies import CHANGING, DURATIONS, SHORT, companies, conditions, contacts, criteria, moments

EXAMPLES = 20_000 if os.environ.get("ANSGAR_SOAK") else 150
ZONES = tuple(map(ZoneInfo, ("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe")))
NOW = Moment(datetime.fromisoformat("2026-03-01T08:00:00+01:00"), STOCKHOLM)
own_conditions = conditions.filter(lambda found: "'source'" not in str(found))
TIMELY = (
    "older_than",
    "newer_than",
    "in_last",
    "in_next",
    "anniversary",
    "today",
    "next",
    "consent",
    "legal_basis",
    "changed",
    "score",
)
timely_conditions = st.lists(
    criteria.filter(lambda found: "'source'" not in str(found) and any(word in found for word in TIMELY)),
    min_size=1, max_size=3,
).flatmap(lambda found: st.sampled_from(("all", "any", "none")).map(lambda kind: [{kind: found}]))  # fmt: skip
MANY = 10**6
WHEN = re.compile(r'"(\d{4}-\d\d-\d\d[^"]*)"')


def facts_of(
    contact: dict[str, Any], firm: dict[str, Any] | None, moment: Moment, changed: dict[str, datetime] | None = None
) -> Facts:
    """Return a contact with its company, and the instants at which fields were stored."""
    facts = replace(read_snapshot(CONTACT, {"id": "1", **contact}, moment.zone).as_facts(), changed=changed or {})
    if firm is None:
        return facts
    company = read_snapshot(SHIPPED_MODEL.entity("company"), {"id": "c-1", **firm}, moment.zone).as_facts()
    return replace(facts, references={"company": company})


def foresight(criteria: Group, facts: Facts, moment: Moment) -> tuple[Trace, Outlook]:
    """Return the tree with its flips, and the outlook."""
    return foreseen(criteria, trace_of(criteria, facts, moment), facts, moment)


def leaves(part: Criterion | Group, trace: Trace) -> Iterator[tuple[Criterion, Trace]]:
    """Give each criterion with its node."""
    if isinstance(part, Criterion):
        yield part, trace
    else:
        for one, inner in zip(part.parts, trace.parts, strict=True):
            yield from leaves(one, inner)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    own_conditions | timely_conditions,
    contacts,
    st.none() | companies,
    st.builds(Moment, moments, st.sampled_from(ZONES), st.just(workdays_of("SE"))),
    st.dictionaries(st.sampled_from(CHANGING), moments),
)
def test_nothing_flips_before_it_is_said_to_and_then_it_does(
    written: list[Any],
    contact: dict[str, Any],
    firm: dict[str, Any] | None,
    moment: Moment,
    changed: dict[str, datetime],
) -> None:
    """For any criteria, record and instant: the same until the flip, another at it; for the whole and each criterion."""
    group = rule(json.dumps(written, ensure_ascii=False)).criteria
    facts = facts_of(contact, firm, moment, changed)
    tree, outlook = foresight(group, facts, moment)
    points = telling(json.dumps([written, contact, firm, changed], default=datetime.isoformat), moment)
    for part, node in leaves(group, tree):
        end = node.flip.at if node.flip else outlook.looked_until

        for at in _before(end, moment, points):
            assert node.truth is part.truth(facts, replace(moment, now=at)), (part.written, at)
        if node.flip:
            assert node.truth is not node.flip.truth
            assert node.flip.truth is part.truth(facts, replace(moment, now=node.flip.at.astimezone(UTC)))
    end = outlook.flip.at if outlook.flip else outlook.looked_until
    for at in _before(end, moment, points):
        assert outlook.is_match == (group.truth(facts, replace(moment, now=at)) is Truth.TRUE), at
    if outlook.flip:
        assert outlook.is_match != (outlook.flip.truth is Truth.TRUE)
        assert outlook.flip.truth is group.truth(facts, replace(moment, now=outlook.flip.at.astimezone(UTC)))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    own_conditions | timely_conditions, contacts, st.builds(Moment, moments, st.sampled_from(ZONES)),
    st.sampled_from((3, MANY)),
)  # fmt: skip
def test_the_nearest_flip_is_the_first_at_which_the_truth_changes(
    written: list[Any], contact: dict[str, Any], moment: Moment, most: int
) -> None:
    """Before it the truth is what it is now; none is named only where the criteria stay so, or too much may happen."""
    group = rule(json.dumps(written, ensure_ascii=False)).criteria
    facts = facts_of(contact, None, moment)
    present, found = group.truth(facts, moment), nearest(group, facts, moment, most)
    _, outlook = foresight(group, facts, moment)
    if found is not None:
        assert found.truth is group.truth(facts, replace(moment, now=found.at.astimezone(UTC))) is not present
        for at in _before(found.at, moment, telling(json.dumps([written, contact]), moment)):
            assert present is group.truth(facts, replace(moment, now=at)), at
    elif most == MANY:
        assert outlook.flip is None
    if outlook.flip is not None and found is not None:
        assert found.at <= outlook.flip.at


def telling(text: str, moment: Moment) -> list[datetime]:
    """Return instants at which something may happen, reckoned from each date and duration that is written somewhere."""
    lengths = [read_duration(one) for one in {"0 days", *DURATIONS, *SHORT} if one == "0 days" or f'"{one}"' in text]
    found = set()
    for when in WHEN.findall(text):
        at = datetime.fromisoformat(when)
        at = at if at.tzinfo else at.replace(tzinfo=moment.zone)
        for one in (f(at, moment) for length in lengths for f in (length.after, length.earlier)):
            day = local_date(one, moment.zone)
            found |= {one, start_of_day(day, moment.zone), end_of_day(day, moment.zone)}
    return [one + offset for one in found for offset in (timedelta(0), MICROSECOND, -MICROSECOND)]


def _before(end: datetime, moment: Moment, points: list[datetime]) -> list[datetime]:
    """Return instants from now to the end, that one left out."""
    return [one.astimezone(UTC) for one in (end - MICROSECOND, *points) if moment.now <= one < end]


@pytest.mark.parametrize(
    ("criteria", "contact", "at", "becomes"),
    [
        ("[{field: created_on, older_than: 1 month}]", {"created_on": "2026-02-15"}, "2026-03-15T00:00:00+01:00", "true"),
        ("[{last: sales, older_than: 3 days}]", {"sales": [{"at": "2026-02-27T02:30:00"}]}, "2026-03-02T02:30:00+01:00", "true"),
        ("[{field: created_on, older_than: 5 working days}]", {"created_on": "2026-02-27"}, "2026-03-06T00:00:00+01:00", "true"),
        ("[{field: created_on, in_last: 90 days}]", {"created_on": "2026-02-01"}, "2026-05-02T00:00:00+02:00", "false"),
        ("[{field: created_on, in_next: 1 month}]", {"created_on": "2026-05-31"}, "2026-05-01T00:00:00+02:00", "true"),
        ("[{field: birth_date, anniversary_in_next: 7 days}]", {"birth_date": "1980-02-29"}, "2027-02-21T00:00:00+01:00", "true"),
        ("[{field: birth_date, today: true}]", {"birth_date": "2026-03-01"}, "2026-03-02T00:00:00+01:00", "false"),
        ("[{consent: marketing, is: given}]", {"consents": [{"purpose": "marketing", "status": "given", "at": "2025-01-01", "expires_on": "2026-03-31"}]}, "2026-04-01T00:00:00+02:00", "false"),
        ("[{count: sales, where: {status: sold}, in_last: 1 year, equals: 0}]", {"sales": [{"status": "sold", "at": "2025-07-01"}, {"status": "open", "at": "2026-02-01"}]}, "2026-07-01T00:00:00+02:00", "true"),
        ("[{next: sales, in_next: 1 day}]", {"sales": [{"at": "2026-04-01T12:00:00"}]}, "2026-03-31T12:00:00+02:00", "true"),
        ("[{next: sales, today: true}]", {"sales": [{"at": "2026-04-01T12:00:00"}]}, "2026-04-01T00:00:00+02:00", "true"),
        ("[{last: sales, in_last: 1 day}]", {"sales": [{"at": "2026-03-05T12:00:00"}]}, "2026-03-05T12:00:00+01:00", "true"),
        ("[{last: sales, on: 2026-03-05T12:00:00}]", {"sales": [{"at": "2026-01-01"}, {"amount": 1}]}, "2026-03-05T00:00:00+01:00", "unknown"),
        ("[{last: sales, after: 2026-03-05T12:00:00}]", {"sales": [{"at": "2026-01-01"}, {"amount": 1}]}, "2026-03-05T12:00:00.000001+01:00", "unknown"),
    ],
)  # fmt: skip
def test_the_very_instant_of_a_flip_is_found(criteria: str, contact: dict[str, Any], at: str, becomes: str) -> None:
    """Each kind of test of time has its date, in the zone."""
    asked = rule(criteria).criteria
    tree, outlook = foresight(asked, facts_of(contact, None, NOW), NOW)
    flip = tree.parts[0].flip

    assert flip is not None
    assert (at, becomes) == (flip.at.isoformat(), flip.truth.value)
    assert outlook.flip == (None if becomes == "unknown" else flip)


def test_a_flip_within_a_doubled_hour_is_told_from_its_twin() -> None:
    """An hour after the first 02:30 it is 02:30 again."""
    moment = replace(NOW, now=datetime(2025, 10, 25, 12, tzinfo=UTC))
    facts = facts_of({"sales": [{"at": "2025-10-26T02:30:00+02:00"}]}, None, moment)
    outlook = foresight(rule("[{last: sales, older_than: 1 hour}]").criteria, facts, moment)[1]

    assert outlook.flip is not None
    assert outlook.flip.at.isoformat() == "2025-10-26T02:30:00+01:00"


@pytest.mark.parametrize(
    ("criteria", "needed"),
    [
        ("[{field: country, is: NO}, {field: owner, is: eva}]", ["field country is NO"]),
        ("[{field: country, is: NO}, {field: name, is: Ann}]", ["field country is NO", "field name is Ann"]),
        ("{any: [{all: [{field: country, is: NO}, {field: name, is: Ann}]}, {field: category, is: Lead}]}", ["field category is Lead"]),
        ("{none: [{field: owner, is: eva}, {field: country, is: SE}, {field: country, is: NO}]}", ["not: field owner is eva", "not: field country is SE"]),
        ("{none: [{all: [{field: owner, is: eva}, {field: country, is: SE}]}]}", ["not: field owner is eva"]),
        ("{all: [{none: [{any: [{field: owner, is: eva}, {field: country, is: SE}]}]}]}", ["not: field owner is eva", "not: field country is SE"]),
        ("[{field: created_on, older_than: 1 day}]", ["field created_on is older than 1 day"]),
        ("{at_least_of: {count: 2, of: [{field: country, is: NO}, {field: owner, is: eva}, {field: name, is: Ann}]}}", ["field country is NO"]),
        ("{none: [{at_least_of: {count: 2, of: [{field: country, is: SE}, {field: owner, is: eva}, {field: name, is: Ann}]}}]}", ["not: field country is SE", "not: field owner is eva"]),
    ],
)  # fmt: skip
def test_the_fewest_criteria_that_keep_from_a_match_are_named(criteria: str, needed: list[str]) -> None:
    """All that fail, of alternatives the shortest, and what must not be true; a missing value fails, too."""
    facts = facts_of({"country": "SE", "owner": "eva"}, None, NOW)

    assert needed == list(foresight(rule(criteria).criteria, facts, NOW)[1].needed)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(own_conditions, min_size=1, max_size=2), contacts, moments)
def test_what_is_said_to_make_a_match_does(written: list[Any], contact: dict[str, Any], now: datetime) -> None:
    """With the named criteria as they are wanted and all others as they are, the rule is true."""
    moment = Moment(now, STOCKHOLM)
    groups = [{"any": group} for group in written]
    criteria, facts = rule(json.dumps(groups, ensure_ascii=False)).criteria, facts_of(contact, None, moment)
    tree, outlook = foresight(criteria, facts, moment)
    wanted, asked = set(outlook.needed), [node.words for _, node in leaves(criteria, tree)]

    assert (tree.truth is Truth.TRUE) == (not wanted)
    if len(asked) == len(set(asked)):  # else it cannot be told which of two is meant
        assert _as_wanted(criteria, tree, wanted) is Truth.TRUE


def _as_wanted(part: Criterion | Group, trace: Trace, wanted: set[str]) -> Truth:
    if isinstance(part, Criterion):
        if trace.truth is not Truth.TRUE and trace.words in wanted:
            return Truth.TRUE
        return Truth.FALSE if f"not: {trace.words}" in wanted else trace.truth
    parts = [_as_wanted(one, inner, wanted) for one, inner in zip(part.parts, trace.parts, strict=True)]
    if part.kind == "at_least_of":
        return at_least_of(part.least, parts)
    return {"all": all_of, "any": any_of, "none": none_of}[part.kind](parts)


def test_a_match_says_when_it_ends_and_as_what() -> None:
    """A consent row of an unclear status that lies ahead makes the verdict undecided from its date."""
    rows = [
        {"id": "a", "purpose": "marketing", "status": "given", "at": "2025-01-01"},
        {"id": "b", "purpose": "marketing", "status": "pending", "at": "2026-06-01"},
    ]
    asked, facts = rule("[{consent: marketing, is: given}]"), facts_of({"consents": rows}, None, NOW)
    verdict, trace = explained(asked, facts, NOW)
    tree, outlook = foreseen(asked.criteria, trace, facts, NOW)

    assert verdict.value == "match"
    assert list(outlook.as_text()) == ["ends by itself on 2026-06-01: undecided then"]
    assert outlook.as_json()["ends_at"] == "2026-06-01T00:00:00+02:00"
    assert outlook.as_json()["ends_as"] == "undecided"
    assert list(as_text(tree))[1].endswith("[unknown from 2026-06-01]")


def test_what_time_alone_never_changes_says_how_far_was_looked() -> None:
    """Ten years, or as far as so many items allow; and nothing is promised beyond."""
    asked = rule("[{field: country, is: NO}]").criteria
    outlook = foresight(asked, facts_of({"country": "SE"}, None, NOW), NOW)[1]

    assert (outlook.flip, outlook.looked_until.isoformat()) == (None, "2036-03-01T00:00:00+01:00")
    assert list(outlook.as_text()) == [
        "time alone makes no match until 2036-03-01",
        "would match now if:",
        "  field country is NO",
    ]


def test_a_contact_with_many_items_is_looked_ahead_for_less_far() -> None:
    """The search is bounded by what there is to look at, and says where it ended."""
    start = datetime(2026, 2, 1, tzinfo=UTC)
    items = [{"id": str(n), "at": (start + timedelta(hours=n)).isoformat()} for n in range(200)]
    asked = rule("[{count: activities, in_last: 365 days, at_least: 201}]").criteria
    facts = facts_of({"activities": items}, None, NOW)
    outlook = foreseen(asked, trace_of(asked, facts, NOW), facts, NOW, most_items=1)[1]

    assert outlook.flip is None
    assert outlook.looked_until == start + timedelta(days=365, hours=99)


pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
