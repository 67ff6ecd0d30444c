"""What a test is: its name, what it applies to, its meaning in Python, and its form in the algebra.

Meaning and form are written independently of each other, so that holding them equal is a real test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.language.algebra import Predicate
from engine.language.kinds import Kind, OperandKind
from engine.vocabulary.calendar import Moment
from engine.vocabulary.reading import Reading
from engine.vocabulary.truth import Truth
from engine.vocabulary.wording import Wording


@dataclass(frozen=True, slots=True)
class Context:
    """What a meaning may know besides value and operand: the moment, and whether case counts."""

    moment: Moment
    exact: bool = False


# A reading of the kind's Python type, the operand with fields replaced by their values (None: missing), the context.
Meaning = Callable[[Reading[Any], Any, Context], Truth]
# The subject's term, the operand as written, whether case counts.
Form = Callable[[Any, Any, bool], Predicate]


@dataclass(frozen=True, slots=True)
class Operator:
    """One test that rules can write.

    `words` are what sentences and traces call it, with `{}` for the operand and `{record}` for the record; `unless` is
    for the operand `false`.
    """

    name: str
    kinds: frozenset[Kind]
    operand: OperandKind
    meaning: Meaning
    form: Form
    words: Wording
    unless: Wording | None = None

    def said(self, language: str, operand: str, *, record: str, negated: bool = False) -> str:
        """Return the test in words; `operand` is its operand in words, `record` what it is asked of."""
        chosen = self.unless if negated and self.unless is not None else self.words
        return chosen.in_language(language).format(operand, record=record)


def folded(text: str, *, exact: bool) -> str:
    """Return the text as it is compared: case-folded (Unicode) unless case counts."""
    return text if exact else text.casefold()
