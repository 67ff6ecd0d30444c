"""Stored cases beside the records that they are about: what each rule is held to be for each record."""

from dataclasses import dataclass

import polars as pl

from engine.evaluate.columnar.frames import PLACE
from engine.evaluate.columnar.records import Records
from engine.evaluate.columnar.visitor import MATCHES, NEITHER, UNDECIDED, Standing
from engine.model.stored_columns import OPENED, SINCE, UNSETTLED

WAITING = 3  # true, but not for as long as the rule asks (`for_at_least`)


@dataclass(frozen=True, slots=True)
class StoredCases:
    """The cases of one rule, beside all records of its entity."""

    state: pl.Series
    opened: pl.Series
    since: pl.Series

    @property
    def standing(self) -> Standing:
        """What the rules that read this one see: a case that waits is none yet."""
        seen = pl.select(pl.when(self.state == WAITING).then(NEITHER).otherwise(self.state).cast(pl.Int8)).to_series()
        return Standing(seen, self.opened)


def stored_cases(records: Records, cases: pl.DataFrame) -> StoredCases:
    """Return the cases of one rule beside the records that are there."""
    its = records.frames.placed(cases, records.entity)
    return StoredCases(
        records.spread(its[PLACE], state_of(its)).fill_null(NEITHER),
        records.spread(its[PLACE], its[OPENED]),
        records.spread(its[PLACE], its[SINCE]),
    )


def state_of(cases: pl.DataFrame) -> pl.Series:
    """Return the state of each case."""
    is_undecided, is_open = pl.col(UNSETTLED), pl.col(OPENED).is_not_null()
    states = pl.when(is_undecided).then(UNDECIDED).when(is_open).then(MATCHES).otherwise(WAITING)
    return cases.select(states.cast(pl.Int8)).to_series()
