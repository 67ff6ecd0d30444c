"""Runs: the record of each evaluation, rule by rule."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, true, update

from engine.store import days
from engine.store.difference import Tally
from engine.store.tables import FUNNEL, RUN, RUN_CALL, RUN_RULE

DELTA = "delta"
SUMS = ("rules", "matched", "entered", "left", "undecided", "failed")


@dataclass(frozen=True, slots=True)
class RuleRun:
    """What a run found for one rule, and what its actions came to."""

    rule: str
    stage: str
    version: str
    tally: Tally
    actions: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    is_stopped: bool = False
    basis: str = ""  # `delta`, or why all records were looked at
    seconds: float | None = field(default=None, compare=False)  # that the rule alone took, where that is to be told

    def as_json(self) -> dict[str, object]:
        """Return the line of `run --json`."""
        return {
            "rule": self.rule,
            "stage": self.stage,
            "matched": self.tally.matched,
            "entered": self.tally.entered,
            "left": self.tally.left,
            "undecided": self.tally.undecided,
            "candidates": self.tally.candidates,
            "actions": dict(self.actions),
            "error": self.error,
            "basis": self.basis,
        }


@dataclass(frozen=True, slots=True)
class RunHead:
    """What a run is, before it has found anything."""

    started_at: datetime
    now: datetime
    mode: str
    trigger: str
    rulebook: str
    inputs: str | None = None


def begin(connection: Connection, head: RunHead) -> int:
    """Write the start of a run; return its key."""
    values = {name: getattr(head, name) for name in RunHead.__slots__}
    nothing = dict.fromkeys(SUMS, 0)
    statement = insert(RUN).values(evaluate_seconds=0.0, act_seconds=0.0, **nothing, **values).returning(RUN.c.key)
    return int(connection.execute(statement).scalar_one())


def finish(
    connection: Connection,
    run: int,
    seconds: tuple[float, float],
    rules: list[RuleRun],
    mode: str = "delta",
    day: date | None = None,
) -> None:
    """Write what a run found; also in the days of its rules where the local `day` of its instant is given."""
    values = {"evaluate_seconds": seconds[0], "act_seconds": seconds[1], "mode": mode} | _sums(rules)
    connection.execute(update(RUN).where(RUN.c.key == run).values(values))
    rows = [
        one.as_json()
        | {"run": run, "version": one.version, "actions": json.dumps(dict(one.actions)), "seconds": one.seconds}
        for one in rules
    ]
    if rows:
        connection.execute(insert(RUN_RULE), rows)
    if day is not None:
        days.note(connection, day, {one.rule: one.tally for one in rules if not _has_failed(one) and _has_moved(one)})


def _sums(rules: list[RuleRun]) -> dict[str, int]:
    of_tallies = {
        name: sum(getattr(one.tally, name) for one in rules) for name in ("matched", "entered", "left", "undecided")
    }
    return of_tallies | {"rules": len(rules), "failed": sum(_has_failed(one) for one in rules)}


def _has_failed(one: RuleRun) -> bool:
    return one.error is not None and not one.is_stopped  # a limit that stops a rule does what it is for


def _has_moved(one: RuleRun) -> bool:
    return bool(one.tally.entered or one.tally.left) or one.basis != DELTA


def listing(
    connection: Connection,
    limit: int = 50,
    before: int | None = None,
    *conditions: ColumnElement[bool],
    of_rule: str | None = None,
) -> list[dict[str, Any]]:
    """Return the newest runs, each with its sums; of those before one, and that evaluated a rule, where it is given."""
    names = ("now", "started_at", "mode", "trigger", *SUMS)
    found = select(RUN.c.key.label("run"), *(RUN.c[name] for name in names), RUN.c.evaluate_seconds, RUN.c.act_seconds)
    key: ColumnElement[int] = RUN.c.key
    if of_rule is not None:
        # From the runs of the rule to what they are: it can be one in ten thousand.
        key, found = RUN_RULE.c.run, found.join(RUN_RULE, RUN_RULE.c.run == RUN.c.key).where(RUN_RULE.c.rule == of_rule)
    its = key < before if before else true()
    newest_first = found.where(its, *conditions).order_by(key.desc()).limit(limit)
    return [dict(row) for row in connection.execute(newest_first).mappings()]


def of_rule(connection: Connection, rule: str, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """Return what the newest runs that evaluated a rule found for it; of those before one where it is given."""
    names = ("stage", "version", "matched", "entered", "left", "undecided", "error", "basis")
    its = RUN_RULE.c.run < before if before else true()
    found = (
        select(RUN_RULE.c.run, RUN.c.now, RUN.c.trigger, *(RUN_RULE.c[name] for name in names))
        .join(RUN, RUN.c.key == RUN_RULE.c.run)
        .where(RUN_RULE.c.rule == rule, its)
        .order_by(RUN_RULE.c.run.desc())
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(found).mappings()]


def prune(connection: Connection, before: datetime) -> int:
    """Remove runs that began before an instant."""
    old = select(RUN.c.key).where(RUN.c.started_at < before)
    for table in (RUN_RULE, RUN_CALL):
        connection.execute(delete(table).where(table.c.run.in_(old)))
    connection.execute(delete(FUNNEL).where(FUNNEL.c.counted_at < before))
    days.prune(connection, before.date())
    return connection.execute(delete(RUN).where(RUN.c.started_at < before)).rowcount


def read(connection: Connection, run: int) -> dict[str, Any] | None:
    """Return a run as `run --json` prints it, or None where there is none."""
    head = connection.execute(select(RUN).where(RUN.c.key == run)).mappings().one_or_none()
    if head is None:
        return None
    rows = connection.execute(select(RUN_RULE).where(RUN_RULE.c.run == run).order_by(RUN_RULE.c.rule)).mappings()
    names = [column.name for column in RUN_RULE.columns if column.name not in {"run", "version", "seconds"}]
    return {
        "run": run,
        "now": head["now"],
        "mode": head["mode"],
        "trigger": head["trigger"],
        "rulebook": head["rulebook"],
        "seconds": {"evaluate": head["evaluate_seconds"], "act": head["act_seconds"]},
        "rules": [{name: row[name] for name in names} | {"actions": json.loads(row["actions"])} for row in rows],
    }
