"""Selections: members follow open cases; whoever is restricted or objects is hidden; every move is in the feed."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Insert,
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

from engine.store import moves_told, restrictions
from engine.store.keepers import is_keeper
from engine.store.records import UNCLEAR, RecordTables, is_set
from engine.store.tables import CASES, MEMBER, MEMBER_MOVE, RULE
from engine.store.turn import JUST_NOW, OF_RULE, Turn, looked_at


def follow(turns: Sequence[Turn], records: Table, hiding: frozenset[str]) -> None:
    """Bring the members of rules' selections in line with their open cases; who has one of the flags set is hidden.

    The turns are all partial, or none is.
    """
    for statement in _steps(records, hiding, turns[0].is_partial) if turns else ():
        turns[0].connection.execute(statement, [turn.bound for turn in turns])
    if turns:
        moves_told.note_members(turns[0].connection)


@lru_cache(maxsize=64)
def _steps(records: Table, hiding: frozenset[str], is_partial: bool) -> tuple[Insert | Delete, ...]:
    """Return the statements in their order: each move is told before it is made."""
    wanted = (
        select(CASES.c.record, CASES.c.opened_at)
        .join(records, records.c.key == CASES.c.record)
        .where(CASES.c.rule == OF_RULE, CASES.c.opened_at.is_not(None))
        .where(looked_at(CASES.c.record, is_partial=is_partial), _is_visible(records, hiding))
    ).subquery()
    moves = ["rule", "record", "joined", "moved_at"]
    stays = exists(select(wanted.c.record).where(wanted.c.record == MEMBER.c.record))
    leaving = and_(MEMBER.c.rule == OF_RULE, looked_at(MEMBER.c.record, is_partial=is_partial), ~stays)
    is_member = exists().where(MEMBER.c.rule == OF_RULE, MEMBER.c.record == wanted.c.record)
    told: Select[Any] = select(OF_RULE, MEMBER.c.record, literal(False), JUST_NOW).where(leaving)
    joining: Select[Any] = select(OF_RULE, wanted.c.record, literal(True), JUST_NOW).where(~is_member)
    since: Select[Any] = select(OF_RULE, wanted.c.record, wanted.c.opened_at).where(~is_member)
    return (
        insert(MEMBER_MOVE).from_select(moves, told),
        delete(MEMBER).where(leaving),
        insert(MEMBER_MOVE).from_select(moves, joining),
        insert(MEMBER).from_select(["rule", "record", "since"], since),
    )


def members(
    connection: Connection, tables: RecordTables, selection: str, after: str = "", limit: int | None = None
) -> list[str] | None:
    """Return the ids of a selection's members in order, those behind an id; or None where no rule keeps it."""
    rule = connection.execute(select(RULE.c.key, RULE.c.entity).where(is_keeper(connection, selection))).one_or_none()
    if rule is None or rule.entity not in tables.records:
        return None
    records = tables.records[rule.entity]
    ids = select(records.c.id).join(MEMBER, MEMBER.c.record == records.c.key).where(MEMBER.c.rule == rule.key)
    behind = ids.where(records.c.id > after).order_by(records.c.id).limit(limit)
    return list(connection.execute(behind).scalars())


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
        .order_by(RULE.c.selection, RULE.c.state.desc(), RULE.c.key)  # the one in force is the last of its name
    )
    names = ("selection", "rule", "entity", "stage", "state", "members", "as_of")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _is_visible(records: Table, hiding: Iterable[str]) -> ColumnElement[bool]:
    flags = [name for name in sorted(hiding) if name + UNCLEAR in records.c]
    return and_(true(), *(not_(_hides(records, name)) for name in flags))


def _hides(records: Table, flag: str) -> ColumnElement[bool]:
    """Return whether a flag hides a record; a restriction does so for longer than its flag, and can be overruled."""
    if flag != restrictions.FLAG:
        return is_set(records, flag)
    return restrictions.stands_against(records.info["entity"], records, restrictions.SELECTION)
