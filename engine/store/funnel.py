"""Funnels: how many records each step of a rule's criteria left, counted in one statement and kept.

For each record it is found at which step it was out, and at which one it first could not be told. All counts follow.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, insert, literal, select

from engine.language.algebra import Predicate, simplified
from engine.language.criteria import steps_of
from engine.language.rule import Rule
from engine.store.assessment import Assessment
from engine.store.lowering import Lowering
from engine.store.prepared import Prepared
from engine.store.scores import truths_of
from engine.store.tables import FUNNEL, RUN


@dataclass(frozen=True, slots=True)
class Step:
    """How many records are left after a step: those for which all was true, and those of whom it cannot be told."""

    true: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """The counts of a rule: how many records there were, and what each step of its criteria left of them."""

    records: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """A funnel as it is kept: of a version of a rule, when, and on whose occasion; no run: by itself."""

    rule: str
    version: str
    counted_at: datetime
    run: int | None
    funnel: Funnel


def count(assessment: Assessment, rule: Rule, among: Select[Any] | None = None) -> Funnel:
    """Return the funnel of a rule at the moment of an assessment: of all records, or of those of a selection of keys.

    Rules that it reads are as they are stored.
    """
    steps = [simplified(one.form()) for one in steps_of(rule.criteria)]
    prepared = _lowered(assessment, rule.entity, steps, among)
    bound = prepared.bound(assessment.connection, assessment.moment, {})
    rows = assessment.connection.execute(prepared.statement, bound)
    return _summed([tuple(row) for row in rows], len(steps))


def _lowered(assessment: Assessment, entity: str, steps: Sequence[Predicate], among: Select[Any] | None) -> Prepared:
    table = assessment.tables.records[entity]
    considered = (table.c.key.in_(among),) if among is not None else ()
    lowering = Lowering(assessment.tables, entity, table, str(assessment.moment.zone), assessment, considered)
    wanted = [lowering.predicate(step) for step in steps]
    truths = truths_of(lowering.rows, table.c.key, wanted, considered)
    each = [truths.c[f"p{number}"] for number in range(len(steps))]
    out, doubt = _first([~truth for truth in each]), _first([truth.is_(None) for truth in each])
    found = select(out.label("out"), doubt.label("doubt"), func.count()).select_from(truths).group_by("out", "doubt")
    return Prepared(found, lowering.thresholds, lowering.patterns)


def _first(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    """Return the number of the first condition that is true; how many there are where none is."""
    none = literal(len(conditions))
    return (
        case(*((condition, number) for number, condition in enumerate(conditions)), else_=none) if conditions else none
    )


def _summed(rows: Sequence[tuple[int, int, int]], steps: int) -> Funnel:
    """Return the funnel of (step at which it was out, step at which it could not be told, how many)."""
    left = [
        Step(
            sum(many for out, doubt, many in rows if out > number and doubt > number),
            sum(many for out, doubt, many in rows if out > number >= doubt),
        )
        for number in range(steps)
    ]
    return Funnel(sum(many for _, _, many in rows), tuple(left))


def keep(connection: Connection, counted: Counted) -> None:
    """Keep a funnel."""
    steps = {"records": counted.funnel.records, "steps": [[one.true, one.unknown] for one in counted.funnel.steps]}
    values = {name: getattr(counted, name) for name in ("rule", "version", "counted_at", "run")}
    connection.execute(insert(FUNNEL).values(values | {"steps": json.dumps(steps)}))


def newest(connection: Connection, rule: str, version: str) -> Counted | None:
    """Return the newest funnel of a rule in a version."""
    return _one(connection, _of(rule, version).order_by(FUNNEL.c.counted_at.desc(), FUNNEL.c.key.desc()))


def of_run(connection: Connection, run: int, rule: str, version: str) -> Counted | None:
    """Return the funnel for a run: counted on its occasion, else the newest of before, else the first of after."""
    began = select(RUN.c.started_at).where(RUN.c.key == run).scalar_subquery()
    ours = _of(rule, version)
    newest_first, oldest_first = FUNNEL.c.counted_at.desc(), FUNNEL.c.counted_at
    return (
        _one(connection, ours.where(FUNNEL.c.run == run).order_by(newest_first, FUNNEL.c.key.desc()))
        or _one(connection, ours.where(FUNNEL.c.counted_at <= began).order_by(newest_first, FUNNEL.c.key.desc()))
        or _one(connection, ours.order_by(oldest_first))
    )


def last_counts(connection: Connection) -> Mapping[str, tuple[str, datetime]]:
    """Return of each rule that was ever counted the version and the instant of its newest funnel."""
    last = select(FUNNEL.c.rule, func.max(FUNNEL.c.counted_at).label("at")).group_by(FUNNEL.c.rule).subquery()
    its = (FUNNEL.c.rule == last.c.rule) & (FUNNEL.c.counted_at == last.c.at)
    rows = select(FUNNEL.c.rule, FUNNEL.c.version, FUNNEL.c.counted_at).join(last, its).order_by(FUNNEL.c.key)
    return {row.rule: (row.version, row.counted_at) for row in connection.execute(rows)}


def _of(rule: str, version: str) -> Select[Any]:
    return select(FUNNEL).where(FUNNEL.c.rule == rule, FUNNEL.c.version == version)


def _one(connection: Connection, rows: Select[Any]) -> Counted | None:
    row = connection.execute(rows.limit(1)).mappings().one_or_none()
    if row is None:
        return None
    told = json.loads(row["steps"])
    funnel = Funnel(told["records"], tuple(Step(*one) for one in told["steps"]))
    return Counted(row["rule"], row["version"], row["counted_at"], row["run"], funnel)
