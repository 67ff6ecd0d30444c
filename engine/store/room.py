"""Room: how much of what may be deleted in a day, over all rules and processes, is taken, and by which deletions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select, true, update

from engine.store.deletions import BEFORE_ORDER, DAY
from engine.store.tables import DELETION


def taken(connection: Connection, now: datetime) -> int:
    """Return how much of the daily limit is taken, over all rules: by what was ordered, or cleared to be."""
    is_cleared = and_(DELETION.c.cleared_at > now - DAY, DELETION.c.state.in_(BEFORE_ORDER))
    is_taken = or_(DELETION.c.ordered_at > now - DAY, is_cleared)
    return int(connection.execute(select(func.count()).select_from(DELETION).where(is_taken)).scalar_one())


def lacking(connection: Connection, keys: Sequence[int], now: datetime) -> list[int]:
    """Return which deletions, not ordered yet, have no room under the daily limit by now, whoever took it for them."""
    is_cleared = DELETION.c.cleared_at > now - DAY
    waiting = select(DELETION.c.key).where(DELETION.c.state.in_(BEFORE_ORDER), func.coalesce(~is_cleared, true()))
    found: set[int] = set()
    for start in range(0, len(keys), 500):
        chosen = waiting.where(DELETION.c.key.in_(keys[start : start + 500]))
        found.update(connection.execute(chosen).scalars())
    return [key for key in keys if key in found]


def take(connection: Connection, keys: Sequence[int], now: datetime) -> None:
    """Let deletions take up room under the daily limit, whoever orders them."""
    for start in range(0, len(keys), 500):
        chosen = DELETION.c.key.in_(keys[start : start + 500])
        connection.execute(update(DELETION).where(chosen).values(cleared_at=now))
