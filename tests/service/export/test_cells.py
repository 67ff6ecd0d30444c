"""Cells: whatever a text holds, no program takes it for a formula, and what it was can be got back."""

import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.service.export.cells import cell, cleaned, guarded, in_csv, is_unsafe, unguarded

PIECES = (
    "=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n", " ", "\xa0", "\u200b", "\ufeff", '"', "'", ";", ",", "|",
    "cmd|' /C calc'!A0", "HYPERLINK(", "DDE", "a", "Å", "1", "\x00", "\x1b[31m", "\u2028", "\x85",
)  # fmt: skip
NASTY = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=30)
# What stands before a cell for programs: white space and quotes; and what they take for the beginning of a formula.
FORMULA = re.compile(r"[\s\"\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
SEPARATORS = re.compile(r"[;\t\r\n]")


@given(NASTY)
@example("=1+1")
@example("'=1+1")
@example("''=1+1")
@example("a;=1+1")
@example('a;"=1+1')
@example(" \t\uff1d1")
@example("\r\n-1")
def test_s8_no_text_is_a_formula_in_a_file_and_all_can_be_got_back(text: str) -> None:
    """Neither the cell begins as one, nor what another separator than the comma would make of it."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerow(["id", in_csv(cell(text))])
    ((_, read),) = csv.reader(io.StringIO(stream.getvalue(), newline=""), strict=True)
    line = stream.getvalue().removeprefix("id,")

    assert not FORMULA.match(read)
    assert read[:1] not in ("\t", "\r", "\n")
    assert [part for part in SEPARATORS.split(line) if FORMULA.match(part)] == []
    assert unguarded(read) == cleaned(text)
    assert not any(c < " " and c not in "\t\r\n" for c in read)


@given(NASTY)
def test_a_harmless_text_is_left_as_it_is(text: str) -> None:
    """Only what is unsafe gets an apostrophe, and what has one is safe."""
    assert (guarded(text) == text) == (not is_unsafe(text))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("  @SUM(A1)", "'  @SUM(A1)"),
        ("\uff1d1", "'\uff1d1"),
        ("\tx", "'\tx"),
        ("+46 70 123", "'+46 70 123"),
        ("O'Hara", "O'Hara"),
        ("a-b, +c = d", "a-b, +c = d"),
        ("two\r\nlines", "two\r\nlines"),
        ("\x1b[31mred\x00", "[31mred"),
        (Decimal("-5.5000"), "-5.5"),
        (Decimal("1E+3"), "1000"),
        (True, "true"),
        (None, ""),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 8, tzinfo=UTC), "2026-03-01T08:00:00+00:00"),
        (("=a", "b"), "'=a, b"),
    ],
)
def test_values_as_csv_has_them(value: object, expected: str) -> None:
    """Numbers stay numbers, dates are ISO 8601, and texts that begin as formulas are marked as texts."""
    assert in_csv(cell(value)) == expected  # type: ignore[arg-type]


def test_an_unclear_flag_is_told_as_one() -> None:
    """Empty would read as not set."""
    assert in_csv(cell(None, is_unclear=True)) == "unclear"
