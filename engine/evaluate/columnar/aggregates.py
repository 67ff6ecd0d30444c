"""Aggregates in Polars: the least and greatest that a count, sum or date over the items of each record can be."""

from dataclasses import dataclass

import polars as pl

from engine.evaluate.columnar.bounds import BEYOND
from engine.evaluate.columnar.frames import PLACE, ROW, WHOLE
from engine.model.stored_columns import UNIT, whole
from engine.vocabulary.calendar import FIRST_INSTANT

VALUE, CERTAIN = "~value", "~certain"
Pair = tuple[pl.Series, pl.Series]


@dataclass(frozen=True, slots=True)
class Items:
    """Items with the place of their record, the value that is asked for, and whether they belong (null: they might).

    A count asks for no values; where nothing is asked of items, all belong.
    """

    places: pl.Series
    values: pl.Series | None
    belongs: pl.Series | None

    @property
    def is_certain(self) -> bool:
        """True when it is known of each of them whether it belongs."""
        return self.belongs is None or self.belongs.null_count() == 0

    @property
    def is_plain(self) -> bool:
        """True when that is known, and each of them has its value."""
        return self.is_certain and (self.values is None or self.values.null_count() == 0)

    def rows(self) -> pl.LazyFrame:
        """Return those that belong or might."""
        named = {PLACE: self.places, VALUE: self.values, CERTAIN: self.belongs}
        rows = pl.LazyFrame({name: one for name, one in named.items() if one is not None})
        if self.belongs is None:
            return rows
        if self.is_certain:
            return rows.filter(CERTAIN)
        its, is_sure = pl.col(VALUE) if self.values is not None else pl.lit(None, WHOLE), pl.col(CERTAIN)
        # Named beforehand: a group that filters itself is made row by row.
        beside = {"sure": pl.when(is_sure).then(its), "might": pl.when(is_sure.is_null()).then(its)}
        return rows.filter(is_sure.fill_null(value=True)).with_columns(**beside)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to make of the items of each record, and the bounds that follow; the same expression where they are one."""

    made: dict[str, pl.Expr]
    low: pl.Expr
    high: pl.Expr


def bounds_of(kind: str, items: Items, height: int, now: int) -> Pair:
    """Return the bounds of an aggregate for so many records as of an instant; one series twice where they are one."""
    recipe = _recipe(kind, items, now)
    records = pl.LazyFrame({PLACE: pl.int_range(height, dtype=ROW, eager=True)})
    grouped = items.rows().group_by(PLACE).agg(**recipe.made)
    beside = records.join(grouped, on=PLACE, how="left", maintain_order="left")
    if recipe.low is recipe.high:
        low = beside.select(low=recipe.low.cast(WHOLE)).collect()["low"]
        return low, low
    both = beside.select(low=recipe.low.cast(WHOLE), high=recipe.high.cast(WHOLE)).collect()
    return both["low"], both["high"]


def _recipe(kind: str, items: Items, now: int) -> Recipe:
    if kind == "count":
        return _count(is_certain=items.is_certain)
    if kind == "sum":
        return _sum(is_certain=items.is_certain)
    if items.is_plain:
        return _plain(kind)
    # Where all belong there are no columns of those that do and those that might.
    sure, might = (pl.col(VALUE), pl.lit(None, WHOLE)) if items.is_certain else (pl.col("sure"), pl.col("might"))
    if kind in {"first", "last", "next"}:
        return _date(kind, sure, now)
    belong = pl.len() if items.is_certain else pl.col(CERTAIN).sum()
    return _mean_between(belong, sure, might) if kind == "average" else _extreme(kind, belong, sure)


def _count(*, is_certain: bool) -> Recipe:
    possible = _filled("possible") * UNIT
    if is_certain:
        return Recipe({"possible": pl.len()}, possible, possible)
    return Recipe({"possible": pl.len(), "certain": pl.col(CERTAIN).sum()}, _filled("certain") * UNIT, possible)


def _sum(*, is_certain: bool) -> Recipe:
    is_whole, gaps = _filled("gaps") == 0, pl.col(VALUE).null_count()
    if is_certain:
        total = pl.when(is_whole).then(_filled("total"))
        return Recipe({"total": pl.col(VALUE).sum(), "gaps": gaps}, total, total)
    might = pl.col("might")
    made = {
        "total": pl.col("sure").sum(),
        "less": might.clip(upper_bound=0).sum(),
        "more": might.clip(lower_bound=0).sum(),
        "gaps": gaps,
    }
    low, high = (pl.when(is_whole).then(_filled("total") + _filled(edge)) for edge in ("less", "more"))
    return Recipe(made, low, high)


def _plain(kind: str) -> Recipe:
    value, one = pl.col(VALUE), pl.col("one")
    if kind == "average":
        mean = _mean(pl.col("total"), pl.col("count"))
        return Recipe({"total": value.sum(), "count": pl.len()}, mean, mean)
    return Recipe({"one": value.max() if kind in {"highest", "last"} else value.min()}, one, one)


def _mean(total: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Return the mean, rounded half away from zero; missing over none."""
    many = count.cast(WHOLE)
    size = (2 * total.abs() + many) // (2 * many)
    return pl.when(total < 0).then(-size).otherwise(size)


def _mean_between(belong: pl.Expr, sure: pl.Expr, might: pl.Expr) -> Recipe:
    """Items that might belong pull the mean no further than their own least and greatest number."""
    mean = _mean(pl.col("total"), pl.col("count"))
    made = {"belong": belong, "total": sure.sum(), "count": sure.count(), "least": might.min(), "most": might.max()}
    low, high = pl.min_horizontal(mean, "least"), pl.max_horizontal(mean, "most")
    return _over_some(made, (low, high), (pl.lit(-BEYOND, WHOLE), pl.lit(BEYOND, WHOLE)))


def _extreme(kind: str, belong: pl.Expr, sure: pl.Expr) -> Recipe:
    if kind == "highest":
        near, far = pl.col("near").fill_null(-BEYOND), pl.col("far")
        made = {"belong": belong, "near": sure.max(), "far": pl.col(VALUE).max()}
        return _over_some(made, (near, pl.max_horizontal(near, far)), (near, pl.lit(BEYOND, WHOLE)))
    near, far = pl.col("near").fill_null(BEYOND), pl.col("far")
    made = {"belong": belong, "near": sure.min(), "far": pl.col(VALUE).min()}
    return _over_some(made, (pl.min_horizontal(near, far), near), (pl.lit(-BEYOND, WHOLE), near))


def _over_some(made: dict[str, pl.Expr], edges: tuple[pl.Expr, pl.Expr], beyond: tuple[pl.Expr, pl.Expr]) -> Recipe:
    """Return bounds that are missing over no items, may be missing over none for certain, and reach beyond gaps."""
    has_certain, has_gap = _filled("belong") > 0, _filled("gaps") > 0
    low = pl.when(has_certain).then(pl.when(has_gap).then(beyond[0]).otherwise(edges[0]))
    high = pl.when(has_certain & has_gap).then(beyond[1]).when(has_certain).then(edges[1])
    # Items that might belong and none that does: there may be a number, and it may be any.
    open_end = high.when(pl.col("belong").is_not_null()).then(pl.lit(BEYOND, WHOLE))
    return Recipe(made | {"gaps": pl.col(VALUE).null_count()}, low, open_end)


def _date(kind: str, sure: pl.Expr, now: int) -> Recipe:
    """An item without a date could at most be the newest past, the nearest future, or the very first."""
    far = pl.lit(whole(FIRST_INSTANT) if kind == "first" else now, WHOLE)
    pick = pl.Expr.max if kind == "last" else pl.Expr.min
    made = {"near": pick(sure), "far": pick(pl.col(VALUE)), "gaps": pl.col(VALUE).null_count()}
    near, reach = pl.col("near"), pl.when(_filled("gaps") > 0).then(far).otherwise(pl.col("far"))
    return Recipe(made, near, reach) if kind == "last" else Recipe(made, reach, near)


def _filled(name: str) -> pl.Expr:
    """Return a column over groups, 0 for records that have none."""
    return pl.col(name).fill_null(0).cast(WHOLE)
