"""The dossier: every row that the store keeps about one record, besides its own state, by what it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, false, or_, select

from engine.store.tables import (
    CASE_MOVE,
    CASES,
    DELETION,
    DELETION_MOVE,
    HOLD,
    INBOX,
    INTENT,
    MEMBER,
    MEMBER_MOVE,
    PERMISSION,
    RECEIPT,
    RECIPIENT_TOLD,
    RECYCLE_BIN,
    RESTRICTION,
    REVIEW,
    RULE,
)

Row = Mapping[str, Any]
IN_BIN = "in_recycle_bin"
# What a rule has decided about a record: the rows of the record whose rules are about its entity. Names of colleagues
# who decided, and the texts of letters, are not among it.
_DECIDED: Mapping[str, tuple[Table, tuple[str, ...]]] = {
    "cases": (CASES, ("opened_at", "undecided", "true_since", "at_risk_at", "late_at")),
    "case_moves": (CASE_MOVE, ("entered", "moved_at")),
    "selections": (MEMBER, ("since",)),
    "selection_moves": (MEMBER_MOVE, ("joined", "moved_at")),
    "messages": (
        INTENT,
        ("key", "call", "part", "state", "reason", "attempts", "not_before", "created_at", "ended_at"),
    ),
    "deletions": (
        DELETION,
        (
            *("key", "state", "reason", "version", "how", "purposes"),
            *("scheduled_at", "due_at", "ordered_at", "bin_until", "ended_at"),
        ),
    ),
    "reviews": (REVIEW, ("key", "state", "answer", "reason", "asked_at", "due_at", "ended_at")),
}
# What is noted about a record whatever the rules.
_NOTED: Mapping[str, tuple[Table, tuple[str, ...]]] = {
    "holds": (HOLD, ("key", "name", "reason", "placed_at", "lifted_at", "review_at")),
    "restrictions": (RESTRICTION, ("since", "told_at", "lifted_at")),
    "permissions": (PERMISSION, ("use", "ground", "said_at", "noted_at", "withdrawn_at")),
    "told": (RECIPIENT_TOLD, ("recipient", "kind", "state", "reason", "created_at", "ended_at")),
}


@dataclass(frozen=True, slots=True)
class Whose:
    """Whom a dossier is about: the record by its id and, as long as anything has it, by its key."""

    entity: str
    id: str
    key: int | None


@dataclass(frozen=True, slots=True)
class Binned:
    """The copy of a record in the recycle bin, and until when it lies there."""

    deletion: int
    record: int | None
    snapshot: Mapping[str, Any]
    until: datetime | None


def read(connection: Connection, whose: Whose) -> dict[str, list[Row]]:
    """Return the rows about a record by their kind, the oldest first; of each rule its id, title and selection."""
    found = {kind: _decided(connection, whose, kind) for kind in _DECIDED}
    found |= {kind: _noted(connection, whose, kind) for kind in _NOTED}
    names = ("type", "source", "occurred_at", "received_at", "body")
    its = (INBOX.c.entity == whose.entity, INBOX.c.subject == whose.id)
    heard = select(*(INBOX.c[name] for name in names)).where(*its).order_by(INBOX.c.seq)
    found["events"] = [_event(row) for row in connection.execute(heard).mappings()]
    keys = [row["key"] for row in found["deletions"]]
    moves = select(DELETION_MOVE).where(DELETION_MOVE.c.deletion.in_(keys)).order_by(DELETION_MOVE.c.seq)
    found["deletion_moves"] = [dict(row) for row in connection.execute(moves).mappings()]
    return found


def is_empty(found: Mapping[str, list[Row]]) -> bool:
    """True when a dossier has no row."""
    return not any(found.values())


def in_bin(connection: Connection, entity: str, record_id: str) -> Binned | None:
    """Return the copy of a record that lies in the recycle bin."""
    columns = (DELETION.c.key, DELETION.c.record, DELETION.c.bin_until, RECYCLE_BIN.c.snapshot)
    put = select(*columns).join(RECYCLE_BIN, RECYCLE_BIN.c.deletion == DELETION.c.key)
    its = (RECYCLE_BIN.c.entity == entity, DELETION.c.contact == record_id, DELETION.c.state == IN_BIN)
    row = connection.execute(put.where(*its).order_by(DELETION.c.key.desc()).limit(1)).one_or_none()
    return None if row is None else Binned(row.key, row.record, json.loads(row.snapshot), row.bin_until)


def receipts(connection: Connection, id_hash: str) -> list[Row]:
    """Return the receipts of an id by its keyed hash, the oldest first, without what only proves who approved."""
    names = ("rule", "version", "legal_basis", "how", "purposes", "scheduled_at", "ordered_at", "erased_at", "by")
    rows = select(*(RECEIPT.c[name] for name in names)).where(RECEIPT.c.id_hash == id_hash).order_by(RECEIPT.c.key)
    return [dict(row) for row in connection.execute(rows).mappings()]


def stages(connection: Connection, entity: str) -> dict[str, str]:
    """Return the stage in which each rule about an entity is, as far as the store knows it."""
    rows = select(RULE.c.id, RULE.c.stage).where(RULE.c.entity == entity, RULE.c.state == "active")
    return {row.id: row.stage for row in connection.execute(rows)}


def _decided(connection: Connection, whose: Whose, kind: str) -> list[Row]:
    table, names = _DECIDED[kind]
    about = (RULE.c.id.label("rule_id"), RULE.c.stage, RULE.c.selection, RULE.c.definition)
    rows = select(*(table.c[name] for name in names), *about).join(RULE, RULE.c.key == table.c.rule)
    rows = rows.where(RULE.c.entity == whose.entity, _is_its(table, whose)).order_by(*table.primary_key.columns)
    return [_titled(row) for row in connection.execute(rows).mappings()]


def _noted(connection: Connection, whose: Whose, kind: str) -> list[Row]:
    table, names = _NOTED[kind]
    rows = select(*(table.c[name] for name in names)).where(table.c.entity == whose.entity, _is_its(table, whose))
    return [dict(row) for row in connection.execute(rows.order_by(table.c.key)).mappings()]


def _is_its(table: Table, whose: Whose) -> ColumnElement[bool]:
    """Return the condition that a row is about a record: by its key, or by its id where that is kept.

    Without a key nothing is asked by it: the rows of all who are erased have none either.
    """
    by_key = false() if whose.key is None else table.c.record == whose.key
    return or_(by_key, table.c.contact == whose.id) if "contact" in table.c else by_key


def _titled(row: Mapping[Any, Any]) -> Row:
    """Return a row with the title of its rule, as texts by language, in place of all that is stored of the rule."""
    given = dict(row)
    return given | {"title": json.loads(given.pop("definition")).get("title", {})}


def _event(row: Mapping[Any, Any]) -> Row:
    given = dict(row)
    return given | {"content": json.loads(given.pop("body"))}
