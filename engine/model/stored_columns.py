"""Stored columns: what the store holds of all records, column by column, as plain numbers and texts.

Instants are microseconds since 1970, numbers are scaled to whole ones, a list is one text; None is missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.model.values import SCALE

UNIT = 10**SCALE
KEY, ID, OWNER, STORED = "~key", "~id", "~owner", "~stored"  # no field can have these names
UNCLEAR = "~unclear"  # stands behind the name of a flag: whether it was sent so badly that it cannot be told
CHANGED, HELD = "~changed", "~held"
FIELD, AT, NAME = "~field", "~at", "~name"
RULE, UNSETTLED, OPENED, SINCE = "~rule", "~undecided", "~opened", "~since"  # of cases
SEQ, ENTITY, MASK, IS_NEW = "~seq", "~entity", "~mask", "~new"  # of the change log

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

Chunk = Mapping[str, Sequence[Any]]
Chunks = Iterator[Chunk]


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where columns stand: those of an entity's records, of the items of a collection, of its changes or its holds.

    Records have `KEY`, `ID` and `STORED` besides their fields. The others name the record as `OWNER`; changes have
    `FIELD` and `AT`, holds have `NAME`.
    """

    entity: str
    part: str = ""


Wanted = Mapping[Source, frozenset[str]]  # the fields that are asked for, besides what every row has


def whole(instant: datetime) -> int:
    """Return an instant as microseconds since 1970, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(microseconds: int) -> datetime:
    """Return the instant that stands as microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


def scaled(number: Decimal) -> int:
    """Return an exact decimal as the whole number that stands for it."""
    return int(number * UNIT)
