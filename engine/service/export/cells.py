"""Cells: values as a spreadsheet may hold them, so that nothing in them becomes a formula, in whatever program (S8)."""

import re
import unicodedata
from decimal import Decimal

from engine.model.facts import Value
from engine.model.snapshot import plain

Cell = str | Decimal | bool | None
UNCLEAR = "unclear"  # of a flag that was sent badly: empty would read as not set
GUARD = "'"
# What a formula begins with, also in the full width that some programs take for the same.
TRIGGERS = "=+\\-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
TRIGGERS += "\N{SMALL EQUALS SIGN}\N{SMALL PLUS SIGN}\N{SMALL HYPHEN-MINUS}\N{SMALL COMMERCIAL AT}\N{MINUS SIGN}"
# What programs pass over before it: white space, quotes, and characters that nobody sees.
_INVISIBLE = "\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_SKIPPED = rf"[\s\"'{_INVISIBLE}]*"
# Where a cell begins: at the start, and where a program that takes another separator than ours believes so.
_START = rf"\A(?={_SKIPPED}[{TRIGGERS}\t\r\n])"
_WITHIN = rf"(?<=[;\t\r\n])(?={_SKIPPED}[{TRIGGERS}])"
_UNSAFE = re.compile(f"{_START}|{_WITHIN}")
_GUARDED_START = rf"\A{GUARD}(?={_SKIPPED}[{TRIGGERS}\t\r\n])"
_GUARDED = re.compile(rf"{_GUARDED_START}|(?<=[;\t\r\n]){GUARD}(?={_SKIPPED}[{TRIGGERS}])")
_KEPT = frozenset("\t\r\n")


def cell(value: Value | None, *, is_unclear: bool = False) -> Cell:
    """Return a value as a cell: days and instants as ISO 8601, lists with commas, texts without control characters."""
    if is_unclear:
        return UNCLEAR
    if isinstance(value, tuple):
        return cleaned(", ".join(value))
    if value is None or isinstance(value, bool | Decimal):
        return value
    return cleaned(str(plain(value)))


def cleaned(text: str) -> str:
    """Return text without control characters and what no XML can hold; tabs and line ends stay."""
    if text.isprintable():
        return text
    return "".join(one for one in text if one in _KEPT or not _is_control(one))


def is_unsafe(text: str) -> bool:
    """True where a text, or a part of it, could be taken for a formula."""
    return _UNSAFE.search(text) is not None


def guarded(text: str) -> str:
    """Return text with an apostrophe where it, or what could pass for a cell of its own, begins as formulas do."""
    return _UNSAFE.sub(GUARD, text)


def unguarded(text: str) -> str:
    """Return the text that was guarded."""
    return _GUARDED.sub("", text)


def in_csv(one: Cell) -> str:
    """Return a cell as CSV has it. A number is one, also where it is below nought."""
    match one:
        case None:
            return ""
        case bool():
            return "true" if one else "false"
        case Decimal():
            return f"{one.normalize() + 0:f}"
    return guarded(one)


def _is_control(one: str) -> bool:
    return unicodedata.category(one) in {"Cc", "Cs"} or one in {"\ufffe", "\uffff"}
