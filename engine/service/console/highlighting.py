"""Highlighting: the text of a rule file line by line, each in pieces of which the kind is known."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Tried in this order where a piece begins. What none of them takes is plain.
_PIECES = re.compile(
    r"""(?P<note>(?<!\S)\#.*)
    | (?P<key>(?<![\w.\-])(?:[^\W\d][\w.\-]*|"(?:\\.|[^"\\])*"|'[^']*')(?=[ ]?:(?:\s|$)))
    | (?P<text>(?<![\w.\-])(?:"(?:\\.|[^"\\])*"?|'(?:[^']|'')*'?))
    | (?P<number>(?<![\w.\-:])[\-+]?\d+(?:\.\d+)?(?![\w.\-:]))""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some signs of a line; their kind is the class that a style sheet knows, or empty."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a source, with its number; `marked` where something is wrong with it."""

    number: int
    pieces: tuple[Piece, ...]
    marked: bool = False


def lines_of(text: Sequence[str], first: int = 1, marked: frozenset[int] = frozenset()) -> tuple[Line, ...]:
    """Return lines in pieces, of which the first has a number; those that are `marked` are so by number."""
    return tuple(Line(number, tuple(_pieces(line)), number in marked) for number, line in enumerate(text, first))


def _pieces(line: str) -> Iterator[Piece]:
    position = 0
    for found in _PIECES.finditer(line):
        if found.start() > position:
            yield Piece("", line[position : found.start()])
        yield Piece(found.lastgroup or "", found[0])
        position = found.end()
    if position < len(line):
        yield Piece("", line[position:])
