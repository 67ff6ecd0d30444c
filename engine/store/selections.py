"""Selections: members follow open cases; whoever is restricted or objects is hidden; every move is in the feed."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    select,
    true,
)

from engine.store.columns import Instant
from engine.store.records import UNCLEAR, RecordTables
from engine.store.tables import CASES, MEMBER, MEMBER_MOVE, RULE
from engine.store.turn import Turn


def follow(turn: Turn, records: Table, *, hiding: Iterable[str]) -> None:
    """Bring the members of a rule's selection in line with its open cases; who has one of the flags set is hidden."""
    connection, key, looked_at = turn.connection, turn.key, turn.looked_at
    wanted = (
        select(CASES.c.record, CASES.c.opened_at)
        .join(records, records.c.key == CASES.c.record)
        .where(CASES.c.rule == key, CASES.c.opened_at.is_not(None), looked_at(CASES.c.record))
        .where(_is_visible(records, hiding))
    ).subquery()
    moves, at = ["rule", "record", "joined", "moved_at"], literal(turn.now, Instant())
    stays = exists(select(wanted.c.record).where(wanted.c.record == MEMBER.c.record))
    leaving = and_(MEMBER.c.rule == key, looked_at(MEMBER.c.record), ~stays)
    told = select(literal(key), MEMBER.c.record, literal(False), at).where(leaving)
    connection.execute(insert(MEMBER_MOVE).from_select(moves, told))
    connection.execute(delete(MEMBER).where(leaving))
    is_member = exists().where(MEMBER.c.rule == key, MEMBER.c.record == wanted.c.record)
    joining: Select[Any] = select(literal(key), wanted.c.record, literal(True), at).where(~is_member)
    connection.execute(insert(MEMBER_MOVE).from_select(moves, joining))
    since = select(literal(key), wanted.c.record, wanted.c.opened_at).where(~is_member)
    connection.execute(insert(MEMBER).from_select(["rule", "record", "since"], since))


def members(connection: Connection, tables: RecordTables, selection: str) -> list[str] | None:
    """Return the ids of a selection's members in order, or None where no rule keeps it."""
    rule = connection.execute(
        select(RULE.c.key, RULE.c.entity).where(RULE.c.selection == selection, RULE.c.state != "retired")
    ).one_or_none()
    if rule is None or rule.entity not in tables.records:
        return None
    records = tables.records[rule.entity]
    ids = select(records.c.id).join(MEMBER, MEMBER.c.record == records.c.key).where(MEMBER.c.rule == rule.key)
    return sorted(connection.execute(ids).scalars())


def of_record(connection: Connection, entity: str, record: int) -> list[str]:
    """Return the selections that a record is a member of."""
    its = (MEMBER.c.record == record, RULE.c.entity == entity, RULE.c.selection.is_not(None))
    found = select(RULE.c.selection).join(MEMBER, MEMBER.c.rule == RULE.c.key).where(*its)
    return sorted(str(name) for name in connection.execute(found).scalars())


def listing(connection: Connection) -> list[dict[str, object]]:
    """Return every selection with its rule and size."""
    size = select(func.count()).where(MEMBER.c.rule == RULE.c.key).scalar_subquery()
    rows = connection.execute(
        select(RULE.c.selection, RULE.c.id, RULE.c.entity, RULE.c.stage, RULE.c.state, size, RULE.c.evaluated_at)
        .where(RULE.c.selection.is_not(None), RULE.c.state != "retired")
        .order_by(RULE.c.selection)
    )
    names = ("selection", "rule", "entity", "stage", "state", "members", "as_of")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _is_visible(records: Table, hiding: Iterable[str]) -> ColumnElement[bool]:
    flags = [name for name in sorted(hiding) if name + UNCLEAR in records.c]
    return and_(true(), *(not_(is_set(records, name)) for name in flags))


def is_set(records: Table, flag: str) -> ColumnElement[bool]:
    """Return whether a guarding flag counts as set: true, or sent so badly that it cannot be told."""
    return func.coalesce(records.c[flag], literal(False)) | func.coalesce(records.c[flag + UNCLEAR], literal(False))
