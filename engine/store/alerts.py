"""Alerts: raised while a case is open. Only what and since when is stored; what they say is rendered when asked."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Insert,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from engine.store import moves_told
from engine.store.moves_told import of_alerts
from engine.store.records import RecordTables
from engine.store.tables import ALERT, CASES, RULE
from engine.store.turn import JUST_NOW, OF_RULE, Turn, looked_at
from engine.store.whose import with_ids

SETTINGS = ("severity", "priority", "blocks")


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert as stored, with what its rule says of alerts."""

    key: int
    rule: str
    entity: str
    record_key: int
    record: str
    call: int
    severity: str
    priority: int
    blocks: tuple[str, ...]
    since: datetime
    lowered_at: datetime | None
    definition: Mapping[str, Any]

    @property
    def position(self) -> tuple[int, str, str, int]:
        """Where it stands among all: the most urgent first."""
        return self.priority, self.rule, self.record, self.call


@dataclass(frozen=True, slots=True)
class Raising:
    """Which alert of a rule: the number of its call and its settings; blocked uses are joined by commas."""

    turn: Turn
    call: int
    severity: str
    priority: int
    blocks: str

    @property
    def bound(self) -> dict[str, Any]:
        """The parameters of its statements."""
        settings = {f"its_{name}": getattr(self, name) for name in ("call", *SETTINGS)}
        return self.turn.bound | settings


def follow(raising: Sequence[Raising], *, late: bool) -> None:
    """Raise the alerts of rules' calls for open cases, let them fall for closed ones, and keep their settings current.

    With `late`, only for cases whose deadline is over. The turns are all partial, or none is.
    """
    if not raising:
        return
    connection = raising[0].turn.connection
    is_told = moves_told.is_told(connection, moves_told.ALERTS)
    for statement in _steps(raising[0].turn.is_partial, late, is_told):
        connection.execute(statement, [one.bound for one in raising])
    if is_told:
        moves_told.note_raised(connection)


@cache
def _steps(is_partial: bool, late: bool, is_told: bool) -> tuple[Insert | Update | Delete, ...]:
    """Return the statements in their order; what the CRM is told of is told before it is made."""
    settings = {name: bindparam(f"its_{name}", type_=ALERT.c[name].type) for name in ("call", *SETTINGS)}
    its = (
        ALERT.c.rule == OF_RULE,
        ALERT.c.call == settings.pop("call"),
        looked_at(ALERT.c.record, is_partial=is_partial),
    )
    is_late = (CASES.c.late_at.is_not(None),) if late else ()
    is_looked_at = looked_at(CASES.c.record, is_partial=is_partial)
    is_meant = (CASES.c.rule == OF_RULE, CASES.c.opened_at.is_not(None), is_looked_at, *is_late)
    is_open = exists().where(*is_meant, CASES.c.record == ALERT.c.record)
    differs = or_(*(ALERT.c[name] != value for name, value in settings.items()))
    is_raised = exists().where(*its, ALERT.c.record == CASES.c.record)
    call = bindparam("its_call", type_=Integer())
    severity, blocks = settings["severity"], settings["blocks"]
    says_else = and_(*its, is_open, or_(ALERT.c.severity != severity, ALERT.c.blocks != blocks))
    told = (
        of_alerts(and_(*its, ~is_open), came=False, at=JUST_NOW),
        of_alerts(says_else, came=True, at=JUST_NOW, severity=severity, blocks=blocks),
    )
    opened = select(OF_RULE, CASES.c.record, call, *settings.values(), JUST_NOW).where(*is_meant, ~is_raised)
    return (
        *(told if is_told else ()),
        delete(ALERT).where(*its, ~is_open),
        update(ALERT).where(*its, differs).values(settings),
        insert(ALERT).from_select(["rule", "record", "call", *settings, "raised_at"], opened),
    )


def raised(
    connection: Connection, tables: RecordTables, *, record: tuple[str, int] | None = None, with_lowered: bool = False
) -> list[Raised]:
    """Return raised alerts, the most urgent first; of one record (entity, key) where it is given."""
    which = [] if with_lowered else [ALERT.c.lowered_at.is_(None)]
    if record is None:
        return _raised_in(connection, tables, tables.records, *which)
    return _raised_in(connection, tables, [record[0]], *which, ALERT.c.record == record[1])


def raised_on(connection: Connection, tables: RecordTables, entity: str, record: int) -> list[Raised]:
    """Return the raised alerts of a record, the most urgent first, by a statement that is made once."""
    which = (ALERT.c.lowered_at.is_(None), ALERT.c.record == bindparam("its_record"))
    rows = tables.shelf.get((), ("alerts", entity), lambda: _selecting(tables, entity, *which))
    return [_raised(entity, row) for row in connection.execute(rows, {"its_record": record}).mappings()]


def raised_after(
    connection: Connection, tables: RecordTables, position: tuple[str | int, ...] | None, limit: int
) -> list[Raised]:
    """Return raised alerts behind a position (see `Raised.position`), the most urgent first, so many at most."""
    return _raised_in(connection, tables, tables.records, ALERT.c.lowered_at.is_(None), after=position, limit=limit)


def urgent(
    connection: Connection,
    tables: RecordTables,
    its: tuple[Sequence[str], str],
    after: tuple[int, int] | None,
    limit: int,
) -> list[Raised]:
    """Return raised alerts of some severities and a rule, or of any where that is empty, the most urgent first.

    Those of one priority stand in the order in which they were raised. `after` is (priority, key) of the last of the
    page before. Each severity is read by itself, which an index has in order.
    """
    severities, rule = its
    joined, contact = with_ids(ALERT.join(RULE), tables, RULE.c.entity, ALERT.c.record)
    columns = (*ALERT.c, *(RULE.c[name] for name in ("entity", "definition")), RULE.c.id.label("rule_id"))
    rows = select(*columns, contact.label("record_id")).select_from(joined)
    rows = rows.where(ALERT.c.lowered_at.is_(None), contact.is_not(None))
    if rule:
        rows = rows.where(ALERT.c.rule == select(RULE.c.key).where(RULE.c.id == rule).scalar_subquery())
    if after is not None:
        rows = rows.where(tuple_(ALERT.c.priority, ALERT.c.key) > tuple_(*map(literal, after)))
    found: list[Raised] = []
    for severity in severities:
        first = rows.where(ALERT.c.severity == severity).order_by(ALERT.c.priority, ALERT.c.key).limit(limit)
        found += [_raised(row["entity"], row) for row in connection.execute(first).mappings()]
    return sorted(found, key=lambda one: (one.priority, one.key))[:limit]


def _raised_in(
    connection: Connection,
    tables: RecordTables,
    entities: Iterable[str],
    *which: ColumnElement[bool],
    after: tuple[str | int, ...] | None = None,
    limit: int | None = None,
) -> list[Raised]:
    found = []
    for entity in entities:
        behind = [tuple_(*_order(tables, entity)) > tuple_(*map(literal, after))] if after is not None else []
        rows = _selecting(tables, entity, *which, *behind).limit(limit)
        found += [_raised(entity, row) for row in connection.execute(rows).mappings()]
    return sorted(found, key=lambda one: one.position)[:limit]


def _selecting(tables: RecordTables, entity: str, *which: ColumnElement[bool]) -> Select[Any]:
    records = tables.records[entity]
    columns = (ALERT, RULE.c.id.label("rule_id"), RULE.c.definition, records.c.id.label("record_id"))
    its = ALERT.join(RULE).join(records, records.c.key == ALERT.c.record)
    rows = select(*columns).select_from(its).where(RULE.c.entity == entity, *which)
    return rows.order_by(*_order(tables, entity))


def _order(tables: RecordTables, entity: str) -> tuple[ColumnElement[Any], ...]:
    return ALERT.c.priority, RULE.c.id, tables.records[entity].c.id, ALERT.c.call


def lower(connection: Connection, key: int, now: datetime) -> bool:
    """Lower an alert by hand; it stays down until its case closes. False where no such alert is raised."""
    moves_told.note_lowered(connection, ALERT.c.key == key, now)
    changed = connection.execute(
        update(ALERT).where(ALERT.c.key == key, ALERT.c.lowered_at.is_(None)).values(lowered_at=now)
    )
    return changed.rowcount == 1


def subject_of(connection: Connection, key: int) -> tuple[str, int, str, str] | None:
    """Return what an alert is about: entity and key of the record, id and version of the rule."""
    its = select(RULE.c.entity, ALERT.c.record, RULE.c.id, RULE.c.version).select_from(ALERT.join(RULE))
    found = connection.execute(its.where(ALERT.c.key == key)).one_or_none()
    return None if found is None else (found.entity, found.record, found.id, found.version)


def _raised(entity: str, row: Mapping[Any, Any]) -> Raised:
    blocks = tuple(row["blocks"].split(",")) if row["blocks"] else ()
    return Raised(
        row["key"], row["rule_id"], entity, row["record"], row["record_id"], row["call"], row["severity"],
        row["priority"], blocks, row["raised_at"], row["lowered_at"], json.loads(row["definition"]),
    )  # fmt: skip
