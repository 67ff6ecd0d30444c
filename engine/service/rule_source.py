"""The source of a rule: the lines of its file in which it stands, as it was read."""

from collections.abc import Sequence

from engine.language.rule import Rule

MOST_LINES = 2_000


def stretch_of(rule: Rule) -> tuple[int, tuple[str, ...]]:
    """Return the number of the first line of a rule, and its lines; of a very long one only the first ones."""
    lines, at = rule.place.source.lines, rule.place.line - 1
    if not 0 <= at < len(lines):
        return rule.place.line, ()
    first = _beginning(lines, at, rule.place.column - 1)
    margin = _margin(lines[first])
    last = first + 1
    while last < len(lines) and last - first < MOST_LINES and _goes_on(lines[last], margin):
        last += 1
    while last > first + 1 and _is_aside(lines[last - 1]):  # what stands before the next rule is about that one
        last -= 1
    return first + 1, lines[first:last]


def _beginning(lines: Sequence[str], at: int, column: int) -> int:
    """Return the line in which a rule begins, of which the key `rule` stands in a line and column."""
    while at > 0 and (_is_aside(lines[at]) or _margin(lines[at]) >= column):
        at -= 1
    return at


def _goes_on(line: str, margin: int) -> bool:
    return _is_aside(line) or _margin(line) > margin


def _is_aside(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())
