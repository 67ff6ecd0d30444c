"""Consents in Polars: the state of each stream of (purpose, legal basis) as of an instant."""

from dataclasses import dataclass

import polars as pl

from engine.evaluate.columnar.frames import PLACE
from engine.evaluate.columnar.records import Records
from engine.language.kinds import BASES
from engine.language.subjects.consent import CONSENTS, EXPIRED, GIVEN, NEVER_GIVEN, UNCLEAR, WITHDRAWN
from engine.model.stored_columns import Source

CONSENT = "consent"
_FOLDED = ("purpose", "legal_basis", "status")
_STREAM = (PLACE, "purpose", "legal_basis")


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of an entity's records that have a row: `PLACE`, purpose, legal basis and `state` now."""

    records: Records
    states: pl.DataFrame

    def state(self, purpose: str) -> pl.Series:
        """Return, for each record, the state of a purpose's consent; missing where there was none."""
        its = self.states.filter(pl.col("purpose") == purpose, pl.col("legal_basis") == CONSENT)
        return self.records.spread(its[PLACE], its["state"])

    def standing(self, purpose: str | None) -> dict[tuple[str, str], pl.Series]:
        """Return, by (basis, state), the records that have such a stream of a purpose, or of any when none is named."""
        its = self.states if purpose is None else self.states.filter(pl.col("purpose") == purpose)
        found = its.partition_by("legal_basis", "state", as_dict=True) if its.height else {}
        nobody = pl.repeat(value=False, n=self.records.height, eager=True)
        return {
            (basis, state): nobody.clone().scatter(rows[PLACE], values=True)
            if (rows := found.get((basis, state))) is not None
            else nobody
            for basis in BASES
            for state in (GIVEN, UNCLEAR)
        }


def told(state: pl.Expr) -> pl.Expr:
    """Return the state of a consent as rules see it; null where it is unclear."""
    return pl.when(state.is_null()).then(pl.lit(NEVER_GIVEN)).when(state != UNCLEAR).then(state)


def streams_at(records: Records, now: int, today: int) -> Streams:
    """Return the streams as of an instant and the start of its local day."""
    rows = records.frames.once((records.entity, CONSENTS), lambda: _in_order(records))
    # A row without a date could be the newest; among those of one instant the most protective comes last.
    undated = rows.filter(pl.col("at").is_null()).select(*_STREAM, state=pl.lit(UNCLEAR)).unique()
    past = rows.filter(pl.col("at") <= now).group_by(*_STREAM).agg(pl.col("status", "expires_on").last())
    is_over = (pl.col("expires_on") < today).fill_null(value=False)
    state = pl.when((pl.col("status") == GIVEN) & is_over).then(pl.lit(EXPIRED)).otherwise("status")
    dated = past.select(*_STREAM, state=state).join(undated, on=list(_STREAM), how="anti")
    return Streams(records, pl.concat([dated, undated]))


def _in_order(records: Records) -> pl.DataFrame:
    """Return the consents of an entity's records, those of each stream in the order in which they count."""
    source = Source(records.entity, CONSENTS)
    folded = [records.frames.column(source, name, folded=True).alias(name) for name in _FOLDED]
    rows = records.frames.frame(source).select(PLACE, "at", "expires_on").with_columns(*folded)
    status = pl.col("status")
    said = pl.when(status.is_in([GIVEN, WITHDRAWN])).then(status).otherwise(pl.lit(UNCLEAR))
    weight = status.replace_strict([GIVEN, UNCLEAR, WITHDRAWN], [0, 1, 2], return_dtype=pl.Int8)
    told = rows.with_columns(status=said, legal_basis=pl.col("legal_basis").fill_null(CONSENT))
    order = [*(pl.col(name) for name in _STREAM), pl.col("at"), weight, -pl.col("expires_on")]
    return told.sort(order, nulls_last=False)
