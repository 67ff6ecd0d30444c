"""Audits: when the stored verdicts were last derived again, and what came of it; kept as runs that change nothing."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from engine.store import runs
from engine.store.difference import Tally
from engine.store.runs import RuleRun, RunHead
from engine.store.tables import RUN, RUN_RULE

AUDIT = "audit"  # the mode of such a run


def newest(connection: Connection) -> datetime | None:
    """Return the instant of the newest audit that was begun."""
    found: datetime | None = connection.execute(select(func.max(RUN.c.now)).where(RUN.c.mode == AUDIT)).scalar_one()
    return found


def begin(connection: Connection, started_at: datetime, now: datetime, rulebook: str) -> int:
    """Note that an audit begins; return the key of its run. One that does not end is not begun again."""
    return runs.begin(connection, RunHead(started_at, now, AUDIT, "schedule", rulebook))


def audited(rule: tuple[str, str, str], compared: int, error: str | None, basis: str) -> RuleRun:
    """Return what a run tells of a rule (id, stage, version) that was audited."""
    return RuleRun(*rule, Tally(0, 0, 0, 0, compared), {}, error, basis=basis)


def finish(connection: Connection, run: int, seconds: tuple[float, float], rules: list[RuleRun]) -> None:
    """Write what an audit found, rule by rule."""
    runs.finish(connection, run, seconds, rules, AUDIT)


def listing(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the newest audits: how many rules and verdicts they compared, and how many rules had differences."""
    of_rules = (
        func.count(RUN_RULE.c.rule).label("rules"),
        func.coalesce(func.sum(RUN_RULE.c.candidates), 0).label("compared"),
        func.count(RUN_RULE.c.error).label("rules_with_differences"),
    )
    found = select(RUN.c.key.label("run"), RUN.c.now, *of_rules).select_from(RUN.outerjoin(RUN_RULE))
    newest_first = found.where(RUN.c.mode == AUDIT).group_by(RUN.c.key).order_by(RUN.c.key.desc()).limit(limit)
    return [dict(row) for row in connection.execute(newest_first).mappings()]
