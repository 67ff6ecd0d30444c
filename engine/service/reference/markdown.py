"""Markdown as the reference uses it: tables, and words of the language in code style."""

from collections.abc import Iterable, Iterator, Mapping


def code(word: str) -> str:
    """Return a word as it is written in a rule."""
    return f"`{word}`"


def codes(words: Iterable[str]) -> str:
    """Return words as they are written in a rule, in their order."""
    return " ".join(map(code, words))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Give the lines of a table."""
    yield _row(head)
    yield _row(("---",) * len(head))
    yield from map(_row, rows)


def words_table(head: tuple[str, str], words: Mapping[str, str]) -> Iterator[str]:
    """Give the lines of a table of words and what each says."""
    yield from table(head, ((code(word), says) for word, says in words.items()))


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
