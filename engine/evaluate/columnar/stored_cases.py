"""Stored cases beside the records that they are about: what each rule is held to be for each record."""

from dataclasses import dataclass, replace

import polars as pl

from engine.evaluate.columnar.frames import PLACE
from engine.evaluate.columnar.records import Records
from engine.evaluate.columnar.visitor import MATCHES, NEITHER, UNDECIDED, Standing
from engine.model.stored_columns import OPENED, SINCE, UNSETTLED

STATE = "~state"
WAITING = 3  # true, but not for as long as the rule asks (`for_at_least`)


@dataclass(frozen=True, slots=True)
class StoredCases:
    """The cases of one rule, beside all records of its entity."""

    records: Records
    its: pl.DataFrame

    def states(self) -> pl.Series:
        """Return what the rule is held to be for each record."""
        nothing = pl.repeat(NEITHER, self.records.height, dtype=pl.Int8(), eager=True)
        return nothing.scatter(self.its[PLACE], self.its[STATE])

    def opened(self) -> pl.Series:
        """Return since when the case of each record is open."""
        return self.records.spread(self.its[PLACE], self.its[OPENED])

    def since(self) -> pl.Series:
        """Return since when the case of each record waits."""
        return self.records.spread(self.its[PLACE], self.its[SINCE])

    def standing(self) -> Standing:
        """Return what the rules that read this one see: a case that waits is none yet."""
        settled = self.its.filter(pl.col(STATE) != WAITING)
        return Standing(replace(self, its=settled).states(), self.opened())


def with_states(cases: pl.DataFrame) -> pl.DataFrame:
    """Return cases, each with its state."""
    is_undecided, is_open = pl.col(UNSETTLED), pl.col(OPENED).is_not_null()
    state = pl.when(is_undecided).then(UNDECIDED).when(is_open).then(MATCHES).otherwise(WAITING)
    return cases.with_columns(state.cast(pl.Int8).alias(STATE))
