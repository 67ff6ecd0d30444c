"""Event patterns as rules write them: the four forms, and what every mistake gets."""

from decimal import Decimal

import pytest

from engine.language.event_pattern import (
    EventKind,
    EventPattern,
    Expected,
    FieldChange,
    Following,
    Repeated,
    Unfollowed,
    fits,
    kinds,
    occasions,
    said,
    watched_fields,
)
from engine.vocabulary.duration import Duration
from engine.vocabulary.problem import Problem
from tests.rulebooks import load

BOUNCED, SENT = EventKind("mailing.bounced"), EventKind("mailing.sent")
RESTRICTED = EventKind(
    "restrict_processing.changed",
    "restrict_processing",
    (Expected("from", frozenset({"false"})), Expected("to", frozenset({"true"}))),
)
ERASURE = EventKind("request.received", None, (Expected("type", frozenset({"erasure"})),))
ANSWERED, WITHDRAWN = EventKind("request.answered"), EventKind("consent.withdrawn")


def read(pattern: str, *, entity: str = "contact", more: str = "") -> tuple[EventPattern | None, tuple[Problem, ...]]:
    """Return the pattern of a rule's `check`, and every problem in it."""
    check = f"    check: {{when_event: {pattern}{more}}}\n"
    rule = f"  - rule: a\n    applies_to: {entity}\n{check}    if: [{{field: country, is: NO}}]\n    then: []\n"
    loaded = load(f"rules:\n{rule}")
    return loaded.rulebook.rules["a"].check.pattern if loaded.rulebook else None, loaded.problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{event: mailing.bounced, times: 3, within: 30 days}", Repeated(BOUNCED, 3, Duration(days=30))),
        (
            "{event: mailing.sent, after: consent.withdrawn, within: 24 hours}",
            Following(SENT, WITHDRAWN, Duration(minutes=1440)),
        ),
        ("{event: restrict_processing.changed, from: false, to: true}", FieldChange(RESTRICTED)),
        (
            "{event: request.received, where: {type: erasure}, not_followed_by: request.answered, within: 20 days}",
            Unfollowed(ERASURE, ANSWERED, Duration(days=20)),
        ),
    ],
)
def test_the_four_forms_are_read(text: str, expected: EventPattern) -> None:
    """Each example of the contract becomes its value, without a warning."""
    assert (expected, ()) == read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{event: country.changed}", {}),
        ("{event: country.changed, to: NO}", {"to": {"no"}}),
        ("{event: email_bounces.changed, from: 3.0, to: 0}", {"from": {"3"}, "to": {"0"}}),
        ("{event: created_on.changed, to: 2026-03-01}", {"to": {"2026-03-01"}}),
        (
            "{event: x.y, where: {a: [NO, 5.0], b: True}, times: 2, within: 1 day}",
            {"a": {"no", "5", "5.0"}, "b": {"true"}},
        ),
    ],
)
def test_values_are_read_as_they_will_compare(text: str, expected: dict[str, set[str]]) -> None:
    """Letters folded, numbers in their shortest form, as text what is compared with text."""
    pattern, problems = read(text)

    assert pattern is not None
    assert problems == ()
    assert {name: frozenset(values) for name, values in expected.items()} == {
        one.field: one.values for one in pattern.event.expected
    }


@pytest.mark.parametrize(
    ("text", "code", "at", "words"),
    [
        ("nonsense", "R004", "nonsense", "is a mapping"),
        ("{times: 2, within: 1 day}", "R102", "{times", "needs `event`"),
        ("{event: mailing.sent, times: 2}", "R102", "{event", "needs `within`"),
        ("{event: mailing.sent, tims: 2, times: 2, within: 1 day}", "R101", "tims", "did you mean `times`"),
        ("{event: mailing.sent}", "R130", "mailing.sent", "alone is no event pattern"),
        ("{event: a.b, times: 2, after: c.d, within: 1 day}", "R130", "after", "`times` and `after`"),
        ("{event: a.b, times: 2, within: 1 day, from: 1}", "R130", "from", "does not go with `times`"),
        ("{event: country.changed, within: 1 day}", "R130", "within", "does not go with `country.changed`"),
        ("{event: a.b, times: 1, within: 1 day}", "R106", "1,", "from 2 to 1000"),
        ("{event: a.b, times: 1001, within: 1 day}", "R106", "1001", "from 2 to 1000"),
        ("{event: a.b, times: 2, within: soon}", "R113", "soon", "a number and a unit"),
        ("{event: a.b, times: 2, within: 0 days}", "R113", "0 days", "a duration of nothing"),
        ("{event: bounced, times: 2, within: 1 day}", "R110", "bounced", "is no name of an event"),
        ("{event: crm.mailing.sent, times: 2, within: 1 day}", "R110", "crm.m", "write `mailing.sent`"),
        ("{event: a.b, after: crm.c.d, within: 1 day}", "R110", "crm.c", "write `c.d`"),
        ("{event: contry.changed}", "R103", "contry", "did you mean `country`"),
        ("{event: company.name.changed}", "R103", "company", "unknown field `company.name`"),
        ("{event: restrict_processing.changed, to: yes}", "R106", "yes", "neither `true` nor `false`"),
        ("{event: country.changed, to: null}", "R106", "null", "without `to` any is taken"),
        ("{event: country.changed, to: {field: category}}", "R106", "{field", "a text was expected"),
        ("{event: created_on.changed, to: 2026-03-01T10:00}", "R106", "2026", "a date was expected"),
        ("{event: tags.changed, to: a}", "R105", "a}", "`tags` is a list"),
        ("{event: a.b, where: {}, times: 2, within: 1 day}", "R004", "{}", "without a field"),
        ("{event: a.b, where: {c: []}, times: 2, within: 1 day}", "R106", "[]", "a value or a list of values"),
        ("{event: a.b, where: {c: {field: d}}, times: 2, within: 1 day}", "R106", "{field", "a value or a list"),
        ("{event: a.b, where: {c: [null]}, times: 2, within: 1 day}", "R106", "null", "a value or a list"),
    ],
)
def test_every_mistake_is_told_with_its_place(text: str, code: str, at: str, words: str) -> None:
    """Code, column and what would be right."""
    pattern, problems = read(text)
    start = len("    check: {when_event: ") + 1

    assert pattern is None
    assert [(code, 4, start + text.index(at))] == [(one.code, one.place.line, one.place.column) for one in problems]
    assert words in problems[0].message + problems[0].help


def test_an_event_that_is_nearly_a_known_one_is_warned_of() -> None:
    """A slip is told, and does not keep the rule from loading; a name of the CRM's own gets no warning."""
    pattern, problems = read("{event: mailing.bounce, times: 2, within: 1 day}")

    assert pattern is not None
    assert [(p.code, p.is_warning, p.help) for p in problems] == [("R131", True, "did you mean `mailing.bounced`?")]
    assert read("{event: invoice.sent, times: 2, within: 1 day}")[1] == ()


def test_a_rule_about_companies_waits_for_changes_of_their_fields_alone() -> None:
    """The CRM's events are about contacts."""
    assert read("{event: country.changed, to: NO}", entity="company")[1] == ()
    assert [one.code for one in read("{event: a.b, times: 2, within: 1 day}", entity="company")[1]] == ["R130"]
    assert [one.code for one in read("{event: email.changed}", entity="company")[1]] == ["R103"]


@pytest.mark.parametrize(
    ("more", "is_sole"), [("", True), (", every: day", False), (", when_changed: [country]", False)]
)
def test_a_pattern_narrows_only_where_it_stands_alone(more: str, is_sole: bool) -> None:
    """With a schedule or a change beside it, it is one more occasion to look."""
    rule = f"rules: [{{rule: a, check: {{when_event: {{event: country.changed}}{more}}}, if: [{{field: country, is: NO}}], then: []}}]"
    loaded = load(rule).rulebook

    assert loaded is not None
    assert is_sole is (loaded.rules["a"].check.sole_pattern is not None)
    assert not loaded.rules["a"].check.always


def test_a_pattern_knows_what_it_waits_for() -> None:
    """What it looks at, whose arrival can make it true, and which fields must be watched."""
    absence = Unfollowed(RESTRICTED, ANSWERED, Duration(days=1))

    assert kinds(absence) == (RESTRICTED, ANSWERED)
    assert occasions(absence) == (RESTRICTED,)
    assert occasions(Following(SENT, WITHDRAWN, Duration(days=1))) == (SENT, WITHDRAWN)
    assert watched_fields(absence) == {"restrict_processing"}
    assert [kind.type for kind in (RESTRICTED, ANSWERED)] == ["restrict_processing.changed", "crm.request.answered"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"),
        (1, "1"),
        (1.0, "1"),
        (-0.0, "0"),
        (1e22, "1" + 22 * "0"),
        (Decimal("1.50"), "1.5"),
        (Decimal("1e999999"), None),
        (float("nan"), None),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        (None, None),
        ([1], None),
        ({}, None),
    ],
)
def test_values_of_data_are_compared_as_text(value: object, expected: str | None) -> None:
    """Plain values have one text each; what is not plain has none, and so is never as expected."""
    assert expected == said(value)
    assert (expected is not None) is fits((Expected("a", frozenset({expected or "None"})),), {"a": value})
