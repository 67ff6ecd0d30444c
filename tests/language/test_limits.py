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
