"""Frames: stored columns as Polars series, those of items and of what records refer to brought beside each other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import polars as pl

from engine.evaluate.columnar.distinct import mapped
from engine.model.entity import FieldType, Model
from engine.model.stored_columns import (
    AT,
    CHANGED,
    ENTITY,
    FIELD,
    HELD,
    ID,
    IS_NEW,
    KEY,
    MASK,
    NAME,
    OPENED,
    OWNER,
    RULE,
    SEQ,
    SINCE,
    STORED,
    UNCLEAR,
    UNSETTLED,
    Chunk,
    Source,
)

Frame = pl.DataFrame  # for those who only pass it on
Schema = dict[str, pl.DataType]
WHOLE, TEXT, FLAG, ROW = pl.Int64(), pl.String(), pl.Boolean(), pl.UInt32()
Made = TypeVar("Made", pl.Series, pl.DataFrame)
PLACE = "~row"  # where in the frame of its entity the record of a row stands
CASE_SCHEMA: Schema = {RULE: WHOLE, OWNER: WHOLE, UNSETTLED: FLAG, OPENED: WHOLE, SINCE: WHOLE}
CHANGE_SCHEMA: Schema = {SEQ: WHOLE, ENTITY: TEXT, OWNER: WHOLE, MASK: WHOLE, IS_NEW: FLAG}
_TYPES: dict[FieldType, pl.DataType] = {
    FieldType.TEXT: TEXT,
    FieldType.LIST: TEXT,
    FieldType.NUMBER: WHOLE,
    FieldType.MONEY: WHOLE,
    FieldType.FLAG: FLAG,
    FieldType.DATE: WHOLE,
    FieldType.DATETIME: WHOLE,
}


@dataclass(slots=True)
class Frames:
    """The columns of a model's tables. What follows from them alone, whatever the instant, is worked out once."""

    model: Model
    _frames: dict[Source, pl.DataFrame] = field(default_factory=dict)
    _derived: dict[object, Any] = field(default_factory=dict)

    def put(self, source: Source, names: Iterable[str], chunks: Iterable[Chunk]) -> None:
        """Take the columns of a source in; those of records before those of what belongs to them."""
        frame = framed(self._schema(source, names), chunks)
        self._frames[source] = self.placed(frame, source.entity) if source.part else frame

    def placed(self, frame: pl.DataFrame, entity: str, how: Literal["inner", "left"] = "inner") -> pl.DataFrame:
        """Return rows with the place of the record that owns them; `left` keeps those of records that are not there."""
        places = pl.int_range(pl.len(), dtype=ROW).alias(PLACE)
        records = self._frames[Source(entity)].select(pl.col(KEY).alias(OWNER), places)
        found = frame.join(records, on=OWNER, how=how, maintain_order="left")
        is_sorted = how == "inner" and frame[OWNER].is_sorted()
        return found.with_columns(pl.col(PLACE).set_sorted()) if is_sorted else found

    def frame(self, source: Source) -> pl.DataFrame:
        """Return the rows of a source, which was asked for before."""
        return self._frames[source]

    def column(self, source: Source, name: str, *, folded: bool = False) -> pl.Series:
        """Return a column as it is stored, or as it is compared without case."""
        plain = self._frames[source][name]
        return self.once((source, name), lambda: mapped(plain, str.casefold, TEXT)) if folded else plain

    def along(self, entity: str, path: tuple[str, ...], *, folded: bool = False, beside: str = "") -> pl.Series:
        """Return, for each record, the value at a path; missing where it, or a record on the way to it, is."""
        if len(path) == 1:
            return self.column(Source(entity), path[0] + beside, folded=folded)
        target = self.model.entity(entity).fields[path[0]].references or ""
        return self.along(target, path[1:], folded=folded, beside=beside).gather(self.referred(entity, path[0]))

    def referred(self, entity: str, name: str) -> pl.Series:
        """Return, for each record, the place of the record that a field refers to; null where there is none."""
        target = self.model.entity(entity).fields[name].references or ""

        def found() -> pl.Series:
            ids = self._frames[Source(target)].select(
                pl.col(ID).alias(name), pl.int_range(pl.len(), dtype=ROW).alias(PLACE)
            )
            own = self._frames[Source(entity)].select(name)
            return own.join(ids, on=name, how="left", maintain_order="left")[PLACE]

        return self.once((entity, name, PLACE), found)

    def once(self, key: object, found: Callable[[], Made]) -> Made:
        """Return what is worked out once, by a key that says what it is."""
        if key not in self._derived:
            self._derived[key] = found()
        known: Made = self._derived[key]
        return known

    def _schema(self, source: Source, names: Iterable[str]) -> Schema:
        entity = self.model.entity(source.entity)
        if source.part == CHANGED:
            return {OWNER: WHOLE, FIELD: TEXT, AT: WHOLE}
        if source.part == HELD:
            return {OWNER: WHOLE, NAME: TEXT}
        fields = entity.collections[source.part].fields if source.part else entity.fields
        own: Schema = {OWNER: WHOLE} if source.part else {KEY: WHOLE, ID: TEXT, STORED: WHOLE}
        for one in (fields[name] for name in sorted(names)):
            own[one.name] = _TYPES[one.type]
            if one.guards:
                own[one.name + UNCLEAR] = FLAG
        return own


def framed(schema: Schema, chunks: Iterable[Chunk]) -> pl.DataFrame:
    """Return chunks of columns as one frame; it has its columns also where there are no rows."""
    frames = [pl.DataFrame([_series(name, chunk[name], kind) for name, kind in schema.items()]) for chunk in chunks]
    return pl.concat(frames, rechunk=True) if frames else pl.DataFrame(schema=schema)


def _series(name: str, values: Iterable[Any], kind: pl.DataType) -> pl.Series:
    # A database without flags of its own has numbers for them.
    return (
        pl.Series(name, values, dtype=pl.Int8(), strict=False).cast(FLAG)
        if kind == FLAG
        else pl.Series(name, values, dtype=kind)
    )
