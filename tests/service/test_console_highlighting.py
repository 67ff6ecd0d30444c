"""Highlighting: every sign of a line stands in exactly one piece, and keys, texts, numbers and notes are told apart."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.language.rule import Rule
from engine.service.console.highlighting import lines_of
from engine.service.rule_source import stretch_of
from tests.rulebooks import rulebook

FILE = """\
rules:
  # about the first
  - rule: first
    if: [{field: category, is: Lead}]

    # within it
    then: [{keep_in_selection: first}]

  # about the second
  - title: Second
    if:
      - {field: category, is: Lead}
    rule: second
    then: [{keep_in_selection: second}]
messages: {}
"""
FLOW = """\
rules: [
  {rule: flowing, if: [{field: category, is: Lead}],
   then: [{keep_in_selection: flowing}]},
]
"""


def kinds(line: str) -> list[tuple[str, str]]:
    """Return what of a line is of a kind."""
    return [(piece.kind, piece.text) for piece in lines_of([line])[0].pieces if piece.kind]


@given(st.text(alphabet=st.characters(exclude_characters="\n")))
def test_nothing_of_a_line_is_lost_or_doubled(line: str) -> None:
    """The pieces together are the line."""
    assert "".join(piece.text for piece in lines_of([line])[0].pieces) == line


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("  - rule: old-leads", [("key", "rule")]),
        (
            "    if: [{field: age, at_least: 18}]",
            [("key", "if"), ("key", "field"), ("key", "at_least"), ("number", "18")],
        ),
        ("  note: it's 5 o'clock # five", [("key", "note"), ("number", "5"), ("note", "# five")]),
        ('  "a b": "x # y: 1"', [("key", '"a b"'), ("text", '"x # y: 1"')]),
        ("  t: 'it''s' ", [("key", "t"), ("text", "'it''s'")]),
        ("# all of it: 1", [("note", "# all of it: 1")]),
        ("  at: 12:30, 2026-03-01, v2.1", [("key", "at")]),
        ("  half: -2.5", [("key", "half"), ("number", "-2.5")]),
        ("  öppen: ja", [("key", "öppen")]),
    ],
)
def test_keys_texts_numbers_and_notes_are_told_apart(line: str, found: list[tuple[str, str]]) -> None:
    """As YAML reads them on one line."""
    assert kinds(line) == found


@pytest.mark.parametrize(
    "line", ["a" * 200_000, '"' * 200_000, "'" * 200_001, "a " * 100_000, "1" * 200_000, "# " * 100_000]
)
def test_a_long_line_takes_no_long_time(line: str) -> None:
    """Time grows with the length, and no faster."""
    began = perf_counter()
    lines_of([line])

    assert perf_counter() - began < 2


def stretch(rule: Rule) -> tuple[int, str]:
    """Return the first line and the text of a rule."""
    number, lines = stretch_of(rule)
    return number, "\n".join(lines)


def test_the_lines_of_a_rule_are_those_in_which_it_stands() -> None:
    """Notes and empty lines within it belong to it; those before the next rule are about that one."""
    rules = rulebook(FILE).rules
    first, second = stretch(rules["first"]), stretch(rules["second"])
    assert (first[0], first[1].count("\n"), "about the second" in first[1]) == (3, 4, False)
    assert "within it" in first[1]
    assert (second[0], second[1].split("\n")[0]) == (10, "  - title: Second")
    assert second[1].endswith("keep_in_selection: second}]")


def test_the_lines_of_a_rule_in_flow_style_are_found() -> None:
    """From the line in which it begins to the last that is further in."""
    assert stretch(rulebook(FLOW).rules["flowing"])[1] == "\n".join(FLOW.split("\n")[1:3])
