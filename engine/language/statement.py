"""Statements: sentences with what stands below them, and the phrases that they are made of."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, and the sentences that stand indented below it."""

    text: str
    parts: tuple["Statement", ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the statement as JSON prints it."""
        return {"text": self.text} | ({"parts": [one.as_json() for one in self.parts]} if self.parts else {})

    def every_text(self) -> Iterator[str]:
        """Give the text of this statement and of all below it."""
        yield self.text
        for part in self.parts:
            yield from part.every_text()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand within a sentence, and what must be told below it."""

    text: str
    details: tuple[Statement, ...] = ()
