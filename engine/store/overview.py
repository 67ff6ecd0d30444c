"""Overview: what lately came of runs, alerts, messages and deletions, and what is late; all found by indexes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from engine.store.approvals import OPEN
from engine.store.intents import DONE, PARKED, WITHHELD
from engine.store.levels import MOST
from engine.store.tables import ALERT, APPROVAL, CASES, INTENT, RECEIPT, REVIEW, RULE, RUN, RUN_RULE

MOST_MARKS = 600  # runs that a drawing of a day shows: those that moved something or failed come first


@dataclass(frozen=True, slots=True)
class Overview:
    """What came of a time: counts up to `levels.MOST`."""

    runs: int
    alerts_raised: int
    messages: Mapping[str, int]
    erased: int
    at_risk: Mapping[str, int]
    late: Mapping[str, int]
    reviews: int
    approvals: int


@dataclass(frozen=True, slots=True)
class RunMark:
    """One run, for a drawing."""

    run: int
    started_at: datetime
    trigger: str
    mode: str
    entered: int
    left: int
    failed: int
    seconds: float


def read(connection: Connection, since: datetime) -> Overview:
    """Return what came of the time since an instant, and what is late now."""
    ended = {
        state: _count(connection, INTENT.c.key, INTENT.c.state == state, INTENT.c.ended_at >= since)
        for state in (DONE, WITHHELD, PARKED)
    }
    return Overview(
        _count(connection, RUN.c.key, RUN.c.started_at >= since),
        _count(connection, ALERT.c.key, ALERT.c.raised_at >= since),
        ended,
        _erased(connection, since),
        _by_rule(connection, CASES.c.at_risk_at.is_not(None), CASES.c.late_at.is_(None)),
        _by_rule(connection, CASES.c.late_at.is_not(None)),
        _count(connection, REVIEW.c.key, REVIEW.c.state == OPEN),
        _count(connection, APPROVAL.c.key, APPROVAL.c.state == OPEN),
    )


def marks(connection: Connection, since: datetime) -> list[RunMark]:
    """Return the runs since an instant, the newest first; of too many those that moved something or failed."""
    names = ("key", "started_at", "trigger", "mode", "entered", "left", "failed")
    took = RUN.c.evaluate_seconds + RUN.c.act_seconds
    found = select(*(RUN.c[name] for name in names), took).where(RUN.c.started_at >= since)
    did = or_(RUN.c.entered > 0, RUN.c.left > 0, RUN.c.failed > 0)
    newest = RUN.c.started_at.desc()
    rows = connection.execute(found.where(did).order_by(newest).limit(MOST_MARKS)).all()
    room = MOST_MARKS - len(rows)
    idle = connection.execute(found.where(~did).order_by(newest).limit(room)).all() if room else []
    return [RunMark(*map(row.__getitem__, range(8))) for row in (*rows, *idle)]


def failing(connection: Connection, since: datetime) -> dict[str, str]:
    """Return the rules that failed in the last run that evaluated them since an instant, with what was said."""
    runs = select(RUN.c.key).where(RUN.c.started_at >= since, RUN.c.failed > 0)
    failed = select(RUN_RULE.c.rule, func.max(RUN_RULE.c.run).label("run"))
    failed = failed.where(RUN_RULE.c.run.in_(runs), RUN_RULE.c.error.is_not(None)).group_by(RUN_RULE.c.rule)
    last = failed.subquery()
    rows = select(RUN_RULE.c.rule, RUN_RULE.c.error).join(
        last, (last.c.rule == RUN_RULE.c.rule) & (last.c.run == RUN_RULE.c.run)
    )
    mended = select(RULE.c.id).join(last, last.c.rule == RULE.c.id).where(RULE.c.evaluated_run > last.c.run)
    well = set(connection.execute(mended).scalars())
    return {row.rule: row.error for row in connection.execute(rows) if row.rule not in well}


def _count(connection: Connection, key: ColumnElement[Any], *conditions: ColumnElement[bool]) -> int:
    some = select(key).where(*conditions).limit(MOST).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def _erased(connection: Connection, since: datetime) -> int:
    """Count the newest receipts, backwards until one that is older: their instants have no index."""
    newest = select(RECEIPT.c.erased_at).order_by(RECEIPT.c.key.desc()).limit(MOST)
    count = 0
    for at in connection.execute(newest).scalars():
        if at < since:
            break
        count += 1
    return count


def _by_rule(connection: Connection, *conditions: ColumnElement[bool]) -> dict[str, int]:
    found = select(CASES.c.rule, func.count().label("many")).where(*conditions, CASES.c.opened_at.is_not(None))
    counted = found.group_by(CASES.c.rule).subquery()
    named = select(RULE.c.id, counted.c.many).join(counted, counted.c.rule == RULE.c.key)
    return {row.id: row.many for row in connection.execute(named)}
