"""Sameness and order, for each kind: what `is` means, and what everything that follows from it means."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.language.algebra import (
    Both,
    Calendar,
    Column,
    Compare,
    Comparison,
    Constant,
    Either,
    Predicate,
    Term,
    Threshold,
    negate,
)
from engine.language.kinds import FieldOperand, Kind, Operand
from engine.language.operators.operator import Context, folded
from engine.model.entity import FieldType
from engine.vocabulary.calendar import end_of_day, start_of_day
from engine.vocabulary.reading import Reading
from engine.vocabulary.truth import Truth, all_of, any_of


def same(kind: Kind, reading: Reading[Any], operand: Any, context: Context) -> Truth:
    """Return whether a value is the operand; unknown where the operand is missing."""
    if operand is None:
        return Truth.UNKNOWN
    if kind is Kind.DATE:
        return all_of((before(reading, operand, context).negated(), after(reading, operand, context).negated()))
    if kind is Kind.NUMBER:
        return all_of((reading.holds(lambda value: value >= operand), reading.holds(lambda value: value <= operand)))
    if kind is Kind.TEXT:
        wanted = folded(operand, exact=context.exact)
        return reading.exactly(lambda value: folded(value, exact=context.exact) == wanted)
    return reading.exactly(lambda value: bool(value == operand))


def same_form(kind: Kind, term: Term, operand: Operand, exact: bool) -> Predicate:
    """Return the form of `is`."""
    if kind is Kind.DATE:
        return Both((negate(before_form(term, operand)), negate(after_form(term, operand))))
    if kind is Kind.TEXT:
        return Compare("=", text_term(term, exact=exact), text_operand(operand, exact=exact))
    return Compare("=", term, plain_operand(operand))


def one_of(kind: Kind, reading: Reading[Any], operands: tuple[Any, ...], context: Context) -> Truth:
    """Return whether a value is one of the operands."""
    return any_of(same(kind, reading, operand, context) for operand in operands)


def one_of_form(kind: Kind, term: Term, operands: tuple[Operand, ...], exact: bool) -> Predicate:
    """Return the form of `one_of`."""
    return Either(tuple(same_form(kind, term, operand, exact) for operand in operands))


def before(reading: Reading[datetime], operand: date | datetime | None, context: Context) -> Truth:
    """Return whether a date lies before the operand; before its day when it is a day."""
    if operand is None:
        return Truth.UNKNOWN
    start = operand if isinstance(operand, datetime) else start_of_day(operand, context.moment.zone)
    return reading.holds(lambda value: value < start)


def after(reading: Reading[datetime], operand: date | datetime | None, context: Context) -> Truth:
    """Return whether a date lies after the operand; after its day when it is a day."""
    if operand is None:
        return Truth.UNKNOWN
    if isinstance(operand, datetime):
        return reading.holds(lambda value: value > operand)
    end = end_of_day(operand, context.moment.zone)
    return reading.holds(lambda value: value >= end)


def before_form(term: Term, operand: Operand) -> Predicate:
    """Return the form of `before`."""
    return Compare("<", term, date_operand(operand))


def after_form(term: Term, operand: Operand) -> Predicate:
    """Return the form of `after`."""
    if isinstance(operand, FieldOperand):
        column = Column(operand.path)
        if operand.type is FieldType.DATETIME:
            return Compare(">", term, column)
        return Compare(">=", term, Calendar("day_end", column))
    if isinstance(operand.value, datetime):
        return Compare(">", term, Constant(operand.value))
    return Compare(">=", term, Threshold("day_end", day=_day(operand.value)))


def date_operand(operand: Operand) -> Term:
    """Return the term of the first instant of a day, or of the instant, that an operand names."""
    if isinstance(operand, FieldOperand):
        return Column(operand.path)
    if isinstance(operand.value, datetime):
        return Constant(operand.value)
    return Threshold("day_start", day=_day(operand.value))


def ordered(comparison: Comparison, reading: Reading[Decimal], operand: Decimal | None) -> Truth:
    """Return how a number compares with an operand."""
    if operand is None:
        return Truth.UNKNOWN
    tests = {
        "<": lambda value: value < operand,
        "<=": lambda value: value <= operand,
        ">": lambda value: value > operand,
        ">=": lambda value: value >= operand,
    }
    return reading.holds(tests[comparison])


def plain_operand(operand: Operand) -> Term:
    """Return the term of an operand that is neither text nor date."""
    if isinstance(operand, FieldOperand):
        return Column(operand.path)
    if isinstance(operand.value, date) and not isinstance(operand.value, datetime):
        raise AssertionError("a day is no plain operand")
    return Constant(operand.value)


def text_operand(operand: Operand, *, exact: bool) -> Term:
    """Return the term of a text operand, folded unless case counts."""
    if isinstance(operand, FieldOperand):
        return Column(operand.path, folded=not exact)
    return Constant(folded(str(operand.value), exact=exact))


def text_term(term: Term, *, exact: bool) -> Term:
    """Return the term of a text subject, folded unless case counts."""
    return replace(term, folded=not exact) if isinstance(term, Column) else term


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise AssertionError("a date operand is a day or an instant")
    return value
