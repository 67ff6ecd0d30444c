"""Bounds: a value as its least and greatest, in SQL; and how bounds compare and join. Mirrors `Reading`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, false, func, null, or_, true

from engine.language.algebra import OPPOSITE, Comparison
from engine.store.columns import Instant
from engine.store.functions import Greater, Lesser

BEYOND = 2**62  # microseconds and scaled numbers alike stay far below it


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and greatest value; the same expression where the value is exact."""

    low: ColumnElement[Any]
    high: ColumnElement[Any]

    @staticmethod
    def exact(value: ColumnElement[Any]) -> "Bounds":
        """Return the bounds of a value that is just one."""
        return Bounds(value, value)

    @property
    def is_exact(self) -> bool:
        """True when there is one expression for both."""
        return self.low is self.high


def compare(op: Comparison, left: Bounds, limit: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return how bounds compare with a limit: null where it cannot be told."""
    if left.is_exact:
        return _plain(op, left.low, limit)
    if op in {"=", "!="}:
        equal = and_(left.low == limit, left.high == limit)
        apart = or_(left.low > limit, left.high < limit)
        return _decided(left, (equal, op == "="), (apart, op == "!="))
    far, near = (left.high, left.low) if op in {"<", "<="} else (left.low, left.high)
    return _decided(left, (_plain(op, far, limit), True), (_plain(OPPOSITE[op], near, limit), False))


def extreme(kind: Literal["latest", "earliest"], members: Sequence[Bounds], *, strict: bool) -> Bounds:
    """Return the bounds of the latest or earliest of several dates."""
    pick = Greater if kind == "latest" else Lesser
    nothing = -BEYOND if kind == "latest" else BEYOND

    def picked(edges: list[ColumnElement[Any]]) -> ColumnElement[Any]:
        if len(edges) == 1:
            return edges[0]
        return func.nullif(pick(*(func.coalesce(edge, nothing) for edge in edges)), nothing, type_=Instant())

    lows, highs = [one.low for one in members], [one.high for one in members]
    if strict:
        is_missing = or_(*(edge.is_(None) for edge in (*lows, *highs)))
        low, high = (case((is_missing, null()), else_=picked(edges)) for edges in (lows, highs))
        return Bounds(low, high)
    if all(one.is_exact for one in members):
        return Bounds.exact(picked(lows))
    # A member whose far end is open could still move the extreme beyond any bound.
    if kind == "latest":
        is_open = or_(*(and_(one.high.is_(None), one.low.is_not(None)) for one in members))
        return Bounds(picked(lows), case((is_open, null()), else_=picked(highs)))
    is_open = or_(*(and_(one.low.is_(None), one.high.is_not(None)) for one in members))
    return Bounds(case((is_open, null()), else_=picked(lows)), picked(highs))


def _plain(op: Comparison, left: ColumnElement[Any], limit: ColumnElement[Any]) -> ColumnElement[bool]:
    match op:
        case "=":
            return left == limit
        case "!=":
            return left != limit
        case "<":
            return left < limit
        case "<=":
            return left <= limit
        case ">":
            return left > limit
    return left >= limit


def _decided(
    left: Bounds, first: tuple[ColumnElement[bool], bool], second: tuple[ColumnElement[bool], bool]
) -> ColumnElement[bool]:
    truths = {True: true(), False: false()}
    may_be_missing = or_(left.low.is_(None), left.high.is_(None))
    return case((may_be_missing, null()), (first[0], truths[first[1]]), (second[0], truths[second[1]]))
