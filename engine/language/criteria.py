"""Criteria as written: groups of criteria, each a subject with its tests. Their meaning in Python, and their form."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol

from engine.language.algebra import Both, Compare, Constant, Decided, Either, Predicate, Score, Term, negate, simplified
from engine.language.kinds import FieldOperand, Kind
from engine.language.kinds import Literal as LiteralOperand
from engine.language.operators.operator import Context, Operator
from engine.language.speech import Speech
from engine.language.statement import Phrase
from engine.model.facts import Facts, Item
from engine.vocabulary.calendar import Moment
from engine.vocabulary.problem import Place
from engine.vocabulary.reading import Reading
from engine.vocabulary.truth import Truth, all_of, any_of, at_least_of, none_of

Record = Facts | Item


class Subject(Protocol):
    """What a criterion asks about. One file per kind of subject."""

    @property
    def kind(self) -> Kind:
        """What kind of value it has, and so which tests it takes."""
        ...

    def reading(self, record: Record, moment: Moment) -> Reading[Any]:
        """Return what is known of its value for a record at a moment: its meaning."""
        ...

    def term(self) -> Term:
        """Return its form in the algebra."""
        ...

    def words(self, speech: Speech) -> Phrase:
        """Return what sentences call it."""
        ...


@dataclass(frozen=True, slots=True)
class Test:
    """One test with its operand, as written."""

    operator: Operator
    operand: Any
    written: str
    exact: bool = False

    def truth(self, reading: Reading[Any], record: Record, moment: Moment) -> Truth:
        """Return what the test comes to."""
        return self.operator.meaning(reading, resolved(self.operand, record), Context(moment, self.exact))

    def form(self, term: Term) -> Predicate:
        """Return the test's form for a subject's term."""
        return self.operator.form(term, self.operand, self.exact)


@dataclass(frozen=True, slots=True)
class Criterion:
    """A subject and the tests that must all hold; `if_missing` settles what would be unknown."""

    subject: Subject
    tests: tuple[Test, ...]
    written: str
    place: Place
    if_missing: Truth | None = None

    def truth(self, record: Record, moment: Moment) -> Truth:
        """Return what the criterion means for a record at a moment."""
        reading = self.subject.reading(record, moment)
        return all_of(test.truth(reading, record, moment) for test in self.tests).decided(self.if_missing)

    def form(self) -> Predicate:
        """Return the criterion in the algebra."""
        term = self.subject.term()
        whole = Both(tuple(test.form(term) for test in self.tests))
        return whole if self.if_missing is None else Decided(whole, self.if_missing is Truth.TRUE)


@dataclass(frozen=True, slots=True)
class Group:
    """Criteria joined by all, any, none, or at least so many of them.

    `name` is set where it stands for a named condition.
    """

    kind: Literal["all", "any", "none", "at_least_of"]
    parts: tuple["Criterion | Group", ...]
    place: Place
    name: str = ""
    least: int = 0

    def truth(self, record: Record, moment: Moment) -> Truth:
        """Return what the group means for a record at a moment."""
        truths = [part.truth(record, moment) for part in self.parts]
        if self.kind == "at_least_of":
            return at_least_of(self.least, truths)
        return {"all": all_of, "any": any_of, "none": none_of}[self.kind](truths)

    def form(self) -> Predicate:
        """Return the group in the algebra, negation pushed to the leaves."""
        parts = tuple(part.form() for part in self.parts)
        match self.kind:
            case "any":
                return Either(parts)
            case "at_least_of" if self.least == 1:
                return Either(parts)
            case "at_least_of" if self.least < len(parts):
                one = Decimal(1)
                score = Score(tuple((simplified(part), one) for part in parts))
                return Compare(">=", score, Constant(Decimal(self.least)))
            case "none":
                return Both(tuple(map(negate, parts)))
        return Both(parts)


def steps_of(part: Criterion | Group) -> tuple[Criterion | Group, ...]:
    """Return what must all hold, one after another, in the order of the text; one step where it is no such list."""
    if isinstance(part, Criterion) or part.kind != "all":
        return (part,)
    if len(part.parts) == 1:
        return steps_of(part.parts[0])
    return tuple(
        step
        for one in part.parts
        for step in (steps_of(one) if isinstance(one, Group) and one.kind == "all" and not one.name else (one,))
    )


def criteria_of(part: Criterion | Group) -> Iterator[Criterion]:
    """Give every criterion of a group, in the order of the text."""
    if isinstance(part, Criterion):
        yield part
    else:
        for one in part.parts:
            yield from criteria_of(one)


def resolved(operand: Any, record: Record) -> Any:
    """Return an operand with fields replaced by their values; a missing one by None."""
    if isinstance(operand, LiteralOperand):
        return operand.value
    if isinstance(operand, FieldOperand):
        return record.value(operand.path)
    if isinstance(operand, tuple):
        return tuple(resolved(one, record) for one in operand)
    return operand
