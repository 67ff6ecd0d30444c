"""Records: what is stored of all records, or of all items of a collection, as criteria ask for it."""

from dataclasses import dataclass

import polars as pl

from engine.evaluate.columnar.frames import PLACE, Frames
from engine.model.stored_columns import AT, CHANGED, FIELD, HELD, NAME, STORED, UNCLEAR, Source


@dataclass(frozen=True, slots=True)
class Records:
    """The records of an entity, or the items of one of its collections where one is named."""

    frames: Frames
    entity: str
    collection: str = ""

    @property
    def height(self) -> int:
        """How many there are."""
        return self.frames.frame(Source(self.entity, self.collection)).height

    def stored(self, path: tuple[str, ...], *, folded: bool = False) -> pl.Series:
        """Return the values at a path."""
        if self.collection:
            return self.frames.column(Source(self.entity, self.collection), path[0], folded=folded)
        return self.frames.along(self.entity, path, folded=folded)

    def guards(self, path: tuple[str, ...]) -> bool:
        """True when a path leads to a flag that keeps whether it was sent badly."""
        if self.collection:
            return False
        entity = self.frames.model.entity(self.entity)
        for step in path[:-1]:
            entity = self.frames.model.entity(entity.fields[step].references or "")
        return entity.fields[path[-1]].guards

    def unclear(self, path: tuple[str, ...]) -> pl.Series:
        """Return which of the flags at a path were sent badly; null counts as not."""
        return self.frames.along(self.entity, path, beside=UNCLEAR)

    def held(self, name: str | None) -> pl.Series:
        """Return which records a hold of a name keeps, or any hold where none is named."""
        holds = self.frames.frame(Source(self.entity, HELD))
        its = holds if name is None else holds.filter(pl.col(NAME) == name)
        return pl.repeat(value=False, n=self.height, eager=True).scatter(its[PLACE], values=True)

    def changed_at(self, name: str) -> pl.Series:
        """Return when a field got its value: what is noted, else the first instant of a record that has one."""
        stamps = self.frames.frame(Source(self.entity, CHANGED)).filter(pl.col(FIELD) == name)
        later = self.spread(stamps[PLACE], stamps[AT])
        has_one = self.stored((name,)).is_not_null()
        if self.guards((name,)):
            has_one |= self.unclear((name,)).fill_null(value=False)
        first = self.frames.column(Source(self.entity), STORED)
        return pl.select(pl.lit(later).fill_null(pl.when(has_one).then(first))).to_series()

    def spread(self, places: pl.Series, values: pl.Series) -> pl.Series:
        """Return values, each of which belongs to the record at a place, beside all records; missing elsewhere."""
        return pl.repeat(None, self.height, dtype=values.dtype, eager=True).scatter(places, values)
