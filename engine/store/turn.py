"""Turns: each rule's turn in a transaction that brings the service's tables in line with its cases.

The statements of a turn are made once and run for many rules: which rule, when and in which run are parameters.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam, select, true

from engine.store.columns import Instant
from engine.store.outcome import OUTCOME

OF_RULE = bindparam("of_rule", type_=BigInteger())
JUST_NOW = bindparam("just_now", type_=Instant())
IN_RUN = bindparam("in_run", type_=BigInteger())


@dataclass(frozen=True, slots=True)
class Turn:
    """The rule's key, the run and its instant; partial where just some records were looked at.

    `is_read`: other rules read its verdicts, so each that moves is told. `planned` counts the effects that it has
    written, by part and call.
    """

    connection: Connection
    key: int
    run: int
    now: datetime
    is_partial: bool = False
    is_read: bool = False
    planned: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def bound(self) -> dict[str, Any]:
        """The parameters of its statements."""
        return {"of_rule": self.key, "just_now": self.now, "in_run": self.run}

    def looked_at(self, record: ColumnElement[int]) -> ColumnElement[bool]:
        """Return the condition that a record, by the column of its key, was looked at in this turn."""
        if not self.is_partial:
            return true()
        return record.in_(select(OUTCOME.c.record).where(OUTCOME.c.slot == self.key))


def looked_at(record: ColumnElement[int], *, is_partial: bool) -> ColumnElement[bool]:
    """Return the condition, with parameters, that a record was looked at in a turn."""
    return record.in_(select(OUTCOME.c.record).where(OUTCOME.c.slot == OF_RULE)) if is_partial else true()
