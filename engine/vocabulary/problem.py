"""Problems: what is wrong in a rule file, where to the column, and what would be right. Values and their rendering."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

SHOWN = 200  # characters of a line that are shown around a problem


@dataclass(frozen=True, slots=True)
class Source:
    """A text that was read: its name as the reader knows it, and its lines."""

    name: str
    lines: tuple[str, ...] = field(repr=False, compare=False, default=())


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one line of a source; line and column count from 1."""

    source: Source
    line: int
    column: int
    width: int = 1

    def __str__(self) -> str:
        """Return `file:line:column`."""
        return f"{self.source.name}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about rule text. Codes are stable and listed in docs/errors.md."""

    code: str
    place: Place
    message: str
    help: str = ""
    is_warning: bool = False

    @property
    def order(self) -> tuple[str, int, int, str]:
        """The key by which problems are sorted."""
        return (self.place.source.name, self.place.line, self.place.column, self.code)

    def render(self) -> str:
        """Return the problem as a reader sees it: place, code, the line with a caret, help."""
        severity = "warning" if self.is_warning else "error"
        text = [f"{self.place}: {severity}[{self.code}]: {self.message}", *self.excerpt()]
        if self.help:
            text.append(f"    = help: {self.help}")
        return "\n".join(text)

    def excerpt(self) -> tuple[str, ...]:
        """Return the line with a caret below it, each behind a gutter; nothing where the source has no such line."""
        lines = self.place.source.lines
        if not 0 < self.place.line <= len(lines):
            return ()
        number = str(self.place.line)
        gutter = " " * len(number)
        start = max(0, self.place.column - 1 - SHOWN // 2) if self.place.column > SHOWN else 0
        shown = lines[self.place.line - 1].replace("\t", " ").rstrip()[start : start + SHOWN]
        caret = " " * (self.place.column - 1 - start) + "^" * max(1, min(self.place.width, SHOWN))
        return f"{gutter} |", f"{number} | {_inert(shown)}", f"{gutter} | {caret}"

    def as_json(self) -> dict[str, object]:
        """Return the problem for `--json`."""
        return {
            "file": self.place.source.name,
            "line": self.place.line,
            "column": self.place.column,
            "code": self.code,
            "severity": "warning" if self.is_warning else "error",
            "message": self.message,
            "help": self.help,
        }


class Problems(Exception):
    """Raised where text cannot be used at all; carries every finding about it."""

    def __init__(self, found: Iterable[Problem]) -> None:
        self.found = tuple(sorted(found, key=lambda problem: problem.order))
        super().__init__("\n".join(problem.render() for problem in self.found))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `did you mean …?` for the likest known word, or an empty text when none is like it."""
    likest = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean `{likest[0]}`?" if likest else ""


def nearest_or_all(word: str, known: Iterable[str]) -> str:
    """Return the likest known word, or the list of all when none is like it."""
    words = sorted(known)
    if not words:
        return "there are none here"
    return nearest(word, words) or f"known here: {', '.join(words)}"


def _inert(line: str) -> str:
    """Return a source line with control characters made visible, so that a terminal is not steered by it."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
