"""Turns: one rule's turn in a transaction that brings the service's tables in line with its cases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, true

LookedAt = Callable[[ColumnElement[int]], ColumnElement[bool]]


def everybody(_record: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that holds for every record."""
    return true()


@dataclass(frozen=True, slots=True)
class Turn:
    """The rule's key, the instant, and which records were looked at: a condition on the column of their keys."""

    connection: Connection
    key: int
    now: datetime
    looked_at: LookedAt = everybody
