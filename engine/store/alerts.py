"""Alerts: raised while a case is open. Only what and since when is stored; what they say is rendered when asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, literal, or_, select, update

from engine.store.columns import Instant
from engine.store.records import RecordTables
from engine.store.tables import ALERT, CASES, RULE
from engine.store.turn import Turn


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


def follow(turn: Turn, call: int, settings: Mapping[str, Any], *, late: bool = False) -> None:
    """Raise the alert of a rule's call for open cases, let it fall for closed ones, and keep its settings current.

    Settings are severity, priority, and the blocked uses joined by commas. With `late`, only for cases whose deadline
    is over.
    """
    connection, key, looked_at = turn.connection, turn.key, turn.looked_at
    its = (ALERT.c.rule == key, ALERT.c.call == call, looked_at(ALERT.c.record))
    is_late = (CASES.c.late_at.is_not(None),) if late else ()
    is_meant = (CASES.c.rule == key, CASES.c.opened_at.is_not(None), looked_at(CASES.c.record), *is_late)
    is_open = exists().where(*is_meant, CASES.c.record == ALERT.c.record)
    connection.execute(delete(ALERT).where(*its, ~is_open))
    differs = or_(*(ALERT.c[name] != value for name, value in settings.items()))
    connection.execute(update(ALERT).where(*its, differs).values(settings))
    is_raised = exists().where(*its, ALERT.c.record == CASES.c.record)
    columns = ["rule", "record", "call", *settings, "raised_at"]
    said = [literal(call), *map(literal, settings.values()), literal(turn.now, Instant())]
    opened = select(literal(key), CASES.c.record, *said).where(*is_meant, ~is_raised)
    connection.execute(insert(ALERT).from_select(columns, opened))


def raised(
    connection: Connection, tables: RecordTables, *, record: tuple[str, int] | None = None, with_lowered: bool = False
) -> list[Raised]:
    """Return raised alerts, the most urgent first; of one record (entity, key) where it is given."""
    found = []
    for entity, records in tables.records.items():
        rows = (
            select(ALERT, RULE.c.id.label("rule_id"), RULE.c.definition, records.c.id.label("record_id"))
            .select_from(ALERT.join(RULE).join(records, records.c.key == ALERT.c.record))
            .where(RULE.c.entity == entity)
        )
        if record is not None:
            rows = rows.where(ALERT.c.record == record[1]) if record[0] == entity else rows.where(literal(False))
        if not with_lowered:
            rows = rows.where(ALERT.c.lowered_at.is_(None))
        found += [_raised(entity, row) for row in connection.execute(rows).mappings()]
    return sorted(found, key=lambda one: (one.priority, one.rule, one.record, one.call))


def lower(connection: Connection, key: int, now: datetime) -> bool:
    """Lower an alert by hand; it stays down until its case closes. False where no such alert is raised."""
    changed = connection.execute(
        update(ALERT).where(ALERT.c.key == key, ALERT.c.lowered_at.is_(None)).values(lowered_at=now)
    )
    return changed.rowcount == 1


def _raised(entity: str, row: Mapping[Any, Any]) -> Raised:
    blocks = tuple(row["blocks"].split(",")) if row["blocks"] else ()
    return Raised(
        row["key"], row["rule_id"], entity, row["record"], row["record_id"], row["call"], row["severity"],
        row["priority"], blocks, row["raised_at"], row["lowered_at"], json.loads(row["definition"]),
    )  # fmt: skip
