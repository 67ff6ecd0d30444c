"""Scores in SQL: whether each criterion is true is worked out once a record, and added up from there."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import CTE, BigInteger, ColumnElement, FromClause, case, literal, select, type_coerce

from engine.store.bounds import Bounds
from engine.store.columns import UNIT, Exact


def truths_of(
    rows: FromClause,
    key: ColumnElement[int],
    truths: Sequence[ColumnElement[bool]],
    among: Sequence[ColumnElement[bool]],
) -> CTE:
    """Return a table of the truths of each record that is considered: `key`, `p0`, `p1`, ….

    It stands before the statement: written where they are used, the truths of a score within a score would be there
    sixteen times, and be evaluated as often.
    """
    named = [truth.label(f"p{number}") for number, truth in enumerate(truths)]
    found = select(key.label("key"), *named).select_from(rows).where(*among)
    return found.cte().prefix_with("MATERIALIZED")


def added_up(truths: FromClause, points: Sequence[Decimal]) -> Bounds:
    """Return the least and greatest sum of the points; an unknown truth leaves open whether its points count."""
    counted = [(truths.c[f"p{number}"], int(each * UNIT)) for number, each in enumerate(points)]
    low, high = (
        sum(
            (case((truth, _big(size)), (truth.is_(None), _big(pick(size, 0))), else_=0) for truth, size in counted),
            literal(0),
        )
        for pick in (min, max)
    )
    return Bounds(type_coerce(low, Exact()), type_coerce(high, Exact()))


def _big(number: int) -> ColumnElement[int]:
    return literal(number, BigInteger())  # the sum of small ones can be beyond them
