"""Aggregates in SQL: the least and greatest that a count, sum or date over related items can be."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    true,
    type_coerce,
)

from engine.language.algebra import Aggregate
from engine.store.bounds import BEYOND, Bounds
from engine.store.columns import UNIT, Exact, Instant
from engine.store.functions import Greater, Lesser
from engine.vocabulary.calendar import FIRST_INSTANT

BELONGS = "$belongs"  # no field can have that name


def within(
    at: ColumnElement[Any], after: ColumnElement[Any] | None, before: ColumnElement[Any] | None
) -> list[ColumnElement[bool]]:
    """Return the conditions of a window [after, before); null for an item without a date."""
    return [*([at >= after] if after is not None else []), *([at < before] if before is not None else [])]


def aggregate_bounds(
    term: Aggregate, items: FromClause, now: Callable[[], ColumnElement[Any]], *, is_exact: bool
) -> Bounds:
    """Return the bounds of an aggregate over items that say whether they belong: true, false, or null for maybe."""
    certain = items.c[BELONGS]
    possible = true() if is_exact else certain.is_not(false())
    match term.kind:
        case "count":
            return _count(certain, possible, is_exact=is_exact)
        case "sum":
            return _sum(items.c[term.field], certain, possible)
        case "average":
            return _average(items.c[term.field], certain, possible)
        case "highest" | "lowest":
            return _extreme(term.kind, items.c[term.field], certain, possible)
    return _date(term.kind, items.c[term.field], certain, possible, now)


def _count(certain: ColumnElement[bool], possible: ColumnElement[bool], *, is_exact: bool) -> Bounds:
    if is_exact:
        return Bounds.exact(_scaled(func.count()))
    return Bounds(_scaled(func.count().filter(certain)), _scaled(func.count().filter(possible)))


def _scaled(count: ColumnElement[Any]) -> ColumnElement[Any]:
    # Counts are compared with exact decimals, which are stored scaled.
    return type_coerce(count * UNIT, Exact())


def _sum(value: ColumnElement[Any], certain: ColumnElement[bool], possible: ColumnElement[bool]) -> Bounds:
    is_unbounded = func.count().filter(and_(possible, value.is_(None))) > 0
    might = and_(possible, certain.is_(None))
    sure = func.coalesce(_total(value, certain), 0)
    least = sure + func.coalesce(_total(case((value < 0, value), else_=0), might), 0)
    greatest = sure + func.coalesce(_total(case((value > 0, value), else_=0), might), 0)
    low, high = (case((is_unbounded, null()), else_=type_coerce(edge, Exact())) for edge in (least, greatest))
    return Bounds(low, high)


def _total(value: ColumnElement[Any], belongs: ColumnElement[bool]) -> ColumnElement[int]:
    # PostgreSQL adds up to another type, which divides otherwise.
    return cast(func.sum(value).filter(belongs), BigInteger)


def _average(value: ColumnElement[Any], certain: ColumnElement[bool], possible: ColumnElement[bool]) -> Bounds:
    total, count = _total(value, certain), func.count().filter(certain)
    # Rounded half away from zero: integer division truncates in every database.
    size = (2 * func.abs(total) + count) // (2 * count)
    mean = case((total < 0, -size), else_=size)
    might = and_(possible, certain.is_(None))
    low = Lesser(mean, func.coalesce(func.min(value).filter(might), mean))
    high = Greater(mean, func.coalesce(func.max(value).filter(might), mean))
    return _over_some(value, certain, possible, (low, high), (literal(-BEYOND), literal(BEYOND)))


def _extreme(
    kind: str, value: ColumnElement[Any], certain: ColumnElement[bool], possible: ColumnElement[bool]
) -> Bounds:
    pick, end = (func.max, -BEYOND) if kind == "highest" else (func.min, BEYOND)
    near = func.coalesce(pick(value).filter(certain), end)
    far = func.coalesce(pick(value).filter(possible), end)
    edges = (near, far) if kind == "highest" else (far, near)
    beyond = (near, literal(BEYOND)) if kind == "highest" else (literal(-BEYOND), near)
    return _over_some(value, certain, possible, edges, beyond)


def _over_some(
    value: ColumnElement[Any],
    certain: ColumnElement[bool],
    possible: ColumnElement[bool],
    edges: tuple[ColumnElement[Any], ColumnElement[Any]],
    beyond: tuple[ColumnElement[Any], ColumnElement[Any]],
) -> Bounds:
    """Return bounds that are missing over no items, may be missing over none for certain, and reach beyond gaps."""
    has_certain = func.count().filter(certain) > 0
    has_possible = func.count().filter(possible) > 0
    has_gap = func.count().filter(and_(possible, value.is_(None))) > 0
    low = case((~has_certain, null()), (has_gap, beyond[0]), else_=edges[0])
    high = case((has_certain & ~has_gap, edges[1]), (has_certain, beyond[1]), (has_possible, literal(BEYOND)))
    return Bounds(type_coerce(low, Exact()), type_coerce(high, Exact()))


def _date(
    kind: str,
    at: ColumnElement[Any],
    certain: ColumnElement[bool],
    possible: ColumnElement[bool],
    now: Callable[[], ColumnElement[Any]],
) -> Bounds:
    has_undated = func.count().filter(and_(possible, at.is_(None))) > 0
    sure = and_(certain, at.is_not(None))
    if kind == "last":
        newest = case((has_undated, now()), else_=func.max(at).filter(possible))
        return Bounds(func.max(at).filter(sure), newest)
    far = literal(FIRST_INSTANT, Instant()) if kind == "first" else now()
    oldest = case((has_undated, far), else_=func.min(at).filter(possible))
    return Bounds(oldest, func.min(at).filter(sure))
