"""Pages of runs: what a person asks of them, and what is shown of one: rule by rule, and whom it moved."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from engine.store import runs
from engine.store.records import RecordTables
from engine.store.tables import CASE_MOVE, CASES, RULE, RUN, RUN_RULE

MOVED, FAILED = "moved", "failed"
DID = (MOVED, FAILED)
LIMITED = "LIMIT: %"  # how what is said of a limit that stopped a rule begins


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs are asked for; what is empty does not matter. With a rule, it is that rule that moved or failed."""

    trigger: str = ""
    mode: str = ""
    rule: str = ""
    did: str = ""
    span: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a list."""

    run: int
    started_at: datetime
    now: datetime
    mode: str
    trigger: str
    rules: int
    matched: int
    entered: int
    left: int
    undecided: int
    failed: int
    evaluate_seconds: float
    act_seconds: float

    @property
    def seconds(self) -> float:
        """What it took."""
        return self.evaluate_seconds + self.act_seconds


@dataclass(frozen=True, slots=True)
class RunOfRule:
    """What a run found for one rule."""

    rule: str
    stage: str
    version: str
    matched: int
    entered: int
    left: int
    undecided: int
    candidates: int
    actions: Mapping[str, int]
    error: str | None
    basis: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class ShownRun:
    """One run, with what it found for each rule: those that moved somebody or failed first."""

    head: RunRow
    rulebook: str
    inputs: Mapping[str, str]
    rules: tuple[RunOfRule, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A record that entered or left, by its id; None where it is gone. `seq` is its place in the list."""

    seq: int
    id: str | None


def page(connection: Connection, wanted: Filter, limit: int, before: int | None = None) -> list[RunRow]:
    """Return the newest runs that are asked for; of those before one where it is given."""
    rows = runs.listing(connection, limit, before, *_conditions(wanted), of_rule=wanted.rule or None)
    return [RunRow(**row) for row in rows]


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.trigger:
        found.append(RUN.c.trigger == wanted.trigger)
    if wanted.mode:
        found.append(RUN.c.mode == wanted.mode)
    if wanted.span:
        found += [RUN.c.started_at >= wanted.span[0], RUN.c.started_at < wanted.span[1]]
    of = RUN_RULE if wanted.rule else RUN
    if wanted.did == MOVED:
        found.append(or_(of.c.entered > 0, of.c.left > 0))
    if wanted.did == FAILED:
        # A limit that stops a rule does what it is for; of no error the pattern is unknown, too.
        found.append(RUN_RULE.c.error.not_like(LIMITED) if wanted.rule else RUN.c.failed > 0)
    return found


def shown(connection: Connection, run: int) -> ShownRun | None:
    """Return a run; None where there is none."""
    row = connection.execute(select(RUN).where(RUN.c.key == run)).mappings().one_or_none()
    if row is None:
        return None
    names = [name for name in RunRow.__slots__ if name != "run"]
    head = RunRow(run=run, **{name: row[name] for name in names})
    rows = connection.execute(select(RUN_RULE).where(RUN_RULE.c.run == run)).mappings()
    rules = sorted(map(_of_rule, rows), key=lambda one: (not one.error, not (one.entered or one.left), one.rule))
    return ShownRun(head, row["rulebook"], json.loads(row["inputs"] or "{}"), tuple(rules))


def of_rule(connection: Connection, run: int, rule: str) -> tuple[RunRow, RunOfRule] | None:
    """Return a run and what it found for a rule; None where it did not evaluate that."""
    found = shown(connection, run)
    its = next((one for one in found.rules if one.rule == rule), None) if found else None
    return (found.head, its) if found and its else None


def _of_rule(row: Mapping[Any, Any]) -> RunOfRule:
    names = [name for name in RunOfRule.__slots__ if name != "actions"]
    return RunOfRule(actions=json.loads(row["actions"]), **{name: row[name] for name in names})


def moved(
    connection: Connection, tables: RecordTables, of: tuple[int, str], *, entered: bool, after: int, limit: int
) -> list[Moved]:
    """Return who entered in a run of a rule, `of` both, or left, behind a place in the list."""
    run, rule_id = of
    rule = connection.execute(select(RULE.c.key, RULE.c.entity).where(RULE.c.id == rule_id)).one_or_none()
    records = tables.records.get(rule.entity) if rule else None
    if rule is None or records is None:
        return []
    rows = (
        select(CASE_MOVE.c.seq, records.c.id)
        .select_from(CASE_MOVE.outerjoin(records, records.c.key == CASE_MOVE.c.record))
        .where(CASE_MOVE.c.run == run, CASE_MOVE.c.rule == rule.key)
        .where(CASE_MOVE.c.entered == entered, CASE_MOVE.c.seq > after)
        .order_by(CASE_MOVE.c.seq)
        .limit(limit)
    )
    return [Moved(*row) for row in connection.execute(rows)]


def undecided(connection: Connection, rule_id: str, after: int, limit: int) -> list[int]:
    """Return the keys of the records of which a rule cannot tell now, behind one."""
    key = select(RULE.c.key).where(RULE.c.id == rule_id).scalar_subquery()
    rows = select(CASES.c.record).where(CASES.c.rule == key, CASES.c.undecided, CASES.c.record > after)
    return [int(one) for one in connection.execute(rows.order_by(CASES.c.record).limit(limit)).scalars()]
