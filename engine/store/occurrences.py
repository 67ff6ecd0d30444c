"""Occurrences: a unique row per rule and due instant decides that it runs once, whoever looks."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from engine.store.tables import OCCURRENCE

DUE, DONE, SKIPPED = "due", "done", "skipped"


def newest(connection: Connection, rule: int) -> datetime | None:
    """Return the newest occurrence of a rule that was written, or None."""
    found: datetime | None = connection.execute(
        select(func.max(OCCURRENCE.c.due_at)).where(OCCURRENCE.c.rule == rule)
    ).scalar_one()
    return found


def claim(connection: Connection, rule: int, due_at: datetime, state: str = DUE, reason: str | None = None) -> bool:
    """Write an occurrence; False where it was written before."""
    same = select(OCCURRENCE.c.rule).where(OCCURRENCE.c.rule == rule, OCCURRENCE.c.due_at == due_at)
    if connection.execute(same).first() is not None:
        return False
    connection.execute(insert(OCCURRENCE).values(rule=rule, due_at=due_at, state=state, reason=reason))
    return True


def unfinished(connection: Connection) -> list[tuple[int, datetime]]:
    """Return the occurrences that are due and not done, so that a crash between costs none."""
    rows = connection.execute(select(OCCURRENCE.c.rule, OCCURRENCE.c.due_at).where(OCCURRENCE.c.state == DUE))
    return [(row.rule, row.due_at) for row in rows]


def finish(connection: Connection, rule: int, run: int) -> None:
    """Note the run that carried out what was due of a rule."""
    due = (OCCURRENCE.c.rule == rule, OCCURRENCE.c.state == DUE)
    connection.execute(update(OCCURRENCE).where(*due).values(state=DONE, run=run))
