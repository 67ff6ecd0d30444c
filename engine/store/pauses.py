"""Pauses by a person: nothing of a rule reaches outside until it is released; the clocks of its deletions stand still.

The other kind, with which a tripped limit stops a rule, is `paused` in the registry and is released for its very set.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, and_, case, literal, select, type_coerce, update

from engine.store.columns import Instant, to_microseconds
from engine.store.deletions import BEFORE_ORDER
from engine.store.intents import PENDING
from engine.store.tables import DELETION, INTENT, RULE


def pause(connection: Connection, key: int, reason: str, now: datetime) -> bool:
    """Pause a rule; False where a person has paused it already."""
    running = (RULE.c.key == key, RULE.c.paused_at.is_(None))
    return connection.execute(update(RULE).where(*running).values(paused_at=now, pause_reason=reason)).rowcount == 1


def is_paused(connection: Connection, rule_id: str) -> bool:
    """True while a person keeps a rule from acting."""
    found = select(RULE.c.key).where(RULE.c.id == rule_id, RULE.c.paused_at.is_not(None))
    return connection.execute(found).first() is not None


def release(connection: Connection, key: int, now: datetime) -> int:
    """Let a rule act again; return how many of its deletions were waiting.

    Their grace, and the warnings before them, go on where the pause found them: nobody is deleted because time passed
    while the rule stood still, and a warning still comes so long before as it says.
    """
    since = connection.execute(select(RULE.c.paused_at).where(RULE.c.key == key)).scalar_one()
    waiting = and_(DELETION.c.rule == key, DELETION.c.state.in_(BEFORE_ORDER))
    announced = and_(INTENT.c.rule == key, INTENT.c.state == PENDING, INTENT.c.deletion != 0)
    due_at = _later(DELETION.c.due_at, DELETION.c.scheduled_at, since, now)
    not_before = _later(INTENT.c.not_before, INTENT.c.created_at, since, now)
    connection.execute(update(INTENT).where(announced).values(not_before=not_before))
    connection.execute(update(RULE).where(RULE.c.key == key).values(paused_at=None, pause_reason=None))
    return connection.execute(update(DELETION).where(waiting).values(due_at=due_at)).rowcount


def _later(instant: Any, began: Any, since: datetime, now: datetime) -> Any:
    """Return an instant moved by the part of a pause in which what it belongs to existed."""
    start = case((began > since, type_coerce(began, BigInteger)), else_=to_microseconds(since))
    stood = to_microseconds(now) - start
    moved = type_coerce(instant, BigInteger) + case((stood > 0, stood), else_=literal(0))
    return type_coerce(moved, Instant())
