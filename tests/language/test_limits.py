"""What rule text cannot do to the service, and mistakes that once passed in silence."""

from typing import Any

import pytest

from engine.language.template import TemplateError, check_template
from tests.rulebooks import codes, load


def criteria(text: str) -> list[str]:
    """Return the codes of the problems in criteria."""
    return codes(f"rules: [{{rule: a, if: {text}, then: []}}]")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[{}]", "R107"),
        ("{none: [{}]}", "R107"),
        ("[{field: email, is: x}, {}]", "R107"),
        ("[{count: sales, in_last: 3 days, in_next: 3 days, at_least: 1}]", "R105"),
        ("[{count: sales, where: {field: status, is: sold}, at_least: 1}]", "R105"),
        ("[{field: company.a.b.c.d.e, is: x}]", "R103"),
        ("[{average: sales.status, at_least: 1}]", "R103"),
        ("[{score: [], at_least: 1}]", "R106"),
        ("[{count: sales, since: {field: category}, at_least: 1}]", "R105"),
        ("[{field: name, contains: ''}]", "R106"),
        ("[{consent: '', is: given}]", "R004"),
    ],
)
def test_nothing_is_dropped_in_silence(text: str, code: str) -> None:
    """What asks nothing, asks twice, or asks for what is not there, is told by its code."""
    assert [code] == criteria(text)


def test_s1_a_condition_bomb_is_refused_at_once() -> None:
    """Forty conditions, each naming the former twice, would be a million million criteria."""
    lines = ["  c0: [{field: email, is: a}]"]
    lines += [f"  c{n}: [{{condition: c{n - 1}}}, {{condition: c{n - 1}}}]" for n in range(1, 14)]
    text = "conditions:\n" + "\n".join(lines) + "\nrules: [{rule: a, if: [{condition: c13}], then: []}]"

    assert codes(text) == ["R005"]
    chain = "conditions:\n  c0: [{field: email, is: a}]\n" + "".join(
        f"  c{n}: [{{condition: c{n - 1}}}]\n" for n in range(1, 400)
    )
    assert "R109" in codes(chain)


def test_s1_thousands_of_mistakes_stay_short() -> None:
    """Each problem shows a stretch of its line, not all of it."""
    problems = load("rules: [" + "{x: 1}, " * 1_000 + "]").problems

    assert len(problems) >= 3_000
    assert max(len(problem.render()) for problem in problems) < 1_000


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\r"])
def test_s1_text_that_an_editor_shows_as_a_comment_is_never_a_key(separator: str) -> None:
    """Line separators that are none to YAML 1.2 are refused."""
    assert codes(f"rules: [] # note{separator}conditions: {{}}\n") == ["R002"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "1" * 5_000 + " }}",
        "{{ " + "(" * 5_000 + " }}",
        "{{ " + "-" * 5_000 + "1 }}",
        "{{ contact.name" + "|upper" * 3_000 + " }}",
    ],
)
def test_s2_a_template_that_is_too_deep_is_refused(text: str) -> None:
    """Depth and size end in a sentence."""
    names: dict[str, Any] = {"contact": frozenset({"name"})}
    with pytest.raises(TemplateError):
        check_template(text, names)


def test_s1_a_bomb_of_conditions_is_refused_also_where_a_mistake_empties_it() -> None:
    """Eight to the ninth copies of nothing are still too many."""
    lines = ["conditions:", "  c0: [{field: nope, is: NO}]"]
    for level in range(1, 10):
        parts = ", ".join([f"{{condition: c{level - 1}}}"] * 8)
        lines.append(f"  c{level}: {{any: [{parts}]}}")
    text = "\n".join(lines) + "\nrules: [{rule: a, if: [{condition: c9}], then: []}]"

    assert {"R103", "R005"} == set(codes(text))


def test_s1_more_rules_and_conditions_than_anybody_needs_are_refused_at_once() -> None:
    """A list of hundreds of thousands is told in one problem, not in as many."""
    many = ", ".join(["{}"] * 100_000)

    assert codes(f"rules: [{many}]") == ["R005"]
    assert codes("conditions: {" + ", ".join(f"c{n}: [x]" for n in range(3_000)) + "}") == ["R005"]


def test_every_circle_of_rules_is_told() -> None:
    """Two circles that have nothing to do with each other are two problems."""
    rules = "\n".join(
        f"  - {{rule: {one}, if: [{{selection: {other}, is_member: true}}], then: [{{keep_in_selection: {one}}}]}}"
        for one, other in (("a", "b"), ("b", "a"), ("c", "d"), ("d", "c"))
    )

    assert codes(f"rules:\n{rules}") == ["R112", "R112"]


def test_more_dates_than_a_database_compares_are_refused() -> None:
    """`latest_of` takes as many as can be evaluated."""
    dates = ", ".join(["created_on"] * 51)

    assert criteria(f"[{{latest_of: [{dates}], older_than: 1 day}}]") == ["R106"]


def test_every_problem_says_what_would_help() -> None:
    """No mistake is left without a remedy."""
    text = """\
rules:
  - rule: a
    if:
      - {field: created_on, older_than: 3 moons}
      - {field: created_on, before: 2026-02-30}
      - {field: email, matches: '(?=a)b'}
      - {latest_of: [country], older_than: 1 day}
      - {field: category, is: [NO]}
      - hello
    then: []
"""

    assert [problem.code for problem in load(text).problems if not problem.help] == []
