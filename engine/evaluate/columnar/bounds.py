"""Bounds: a value as its least and greatest, in Polars; and how bounds compare and join. Mirrors `Reading`."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Literal

import polars as pl

from engine.language.algebra import OPPOSITE, Comparison

BEYOND = 2**62  # microseconds and scaled numbers alike stay far below it
_PLAIN = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and greatest value; the same expression where the value is exact."""

    low: pl.Expr
    high: pl.Expr

    @staticmethod
    def exact(value: pl.Expr) -> "Bounds":
        """Return the bounds of a value that is just one."""
        return Bounds(value, value)

    @property
    def is_exact(self) -> bool:
        """True when there is one expression for both."""
        return self.low is self.high

    @property
    def certain(self) -> pl.Expr:
        """The value where it is just one; missing elsewhere."""
        return self.low if self.is_exact else pl.when(self.low == self.high).then(self.low)

    def is_missing(self) -> pl.Expr:
        """Return whether there is no value; null where there may be none."""
        if self.is_exact:
            return self.low.is_null()
        no_low, no_high = self.low.is_null(), self.high.is_null()
        return pl.when(no_low == no_high).then(no_low)


def compare(op: Comparison, left: Bounds, limit: pl.Expr) -> pl.Expr:
    """Return how bounds compare with a limit: null where it cannot be told."""
    if left.is_exact:
        return plain(op, left.low, limit)
    if op in {"=", "!="}:
        equal = (left.low == limit) & (left.high == limit)
        apart = (left.low > limit) | (left.high < limit)
        told = pl.when(equal).then(op == "=").when(apart).then(op == "!=")
    else:
        far, near = (left.high, left.low) if op in {"<", "<="} else (left.low, left.high)
        # The least favourable value passes, so all do; or the most favourable one fails, so none does.
        told = pl.when(plain(op, far, limit)).then(True).when(plain(OPPOSITE[op], near, limit)).then(False)
    is_whole = left.low.is_not_null() & left.high.is_not_null()
    return pl.when(is_whole).then(told.otherwise(None))


def extreme(kind: Literal["latest", "earliest"], members: Sequence[Bounds], *, strict: bool) -> Bounds:
    """Return the bounds of the latest or earliest of several dates."""
    pick = pl.max_horizontal if kind == "latest" else pl.min_horizontal  # both skip what is missing
    low, high = pick(*(one.low for one in members)), pick(*(one.high for one in members))
    is_exact = all(one.is_exact for one in members)
    if strict:
        gaps = [edge.is_null() for one in members for edge in ((one.low,) if one.is_exact else (one.low, one.high))]
        low, high = (pl.when(~pl.any_horizontal(gaps)).then(edge) for edge in (low, high))
        return Bounds.exact(low) if is_exact else Bounds(low, high)
    if is_exact:
        return Bounds.exact(low)
    # A member whose far end is open could still move the extreme beyond any bound.
    if kind == "latest":
        is_open = pl.any_horizontal([one.high.is_null() & one.low.is_not_null() for one in members])
        return Bounds(low, pl.when(~is_open).then(high))
    is_open = pl.any_horizontal([one.low.is_null() & one.high.is_not_null() for one in members])
    return Bounds(pl.when(~is_open).then(low), high)


def plain(op: Comparison, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """Return how two values compare: null where one is missing."""
    compared: pl.Expr = _PLAIN[op](left, right)
    return compared
