"""The feed of a selection: who came and went, in order. Replayed from any cursor it gives the membership, or says anew.

Moves name records by their keys alone. Of a record that was put away the id is known from its deletion. Once it is
erased its moves go as well: whoever has not read beyond them reads the members anew, and nobody reads a wrong list.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, literal, select

from engine.store import keepers, moves_told, positions
from engine.store.columns import Instant
from engine.store.records import RecordTables
from engine.store.tables import DELETION, MEMBER, MEMBER_MOVE, RULE


@dataclass(frozen=True, slots=True)
class Feed:
    """Moves behind a cursor: each with its place, the contact's id, and whether it joined; and where to go on from.

    `is_stale` is True where the cursor lies before a place from which moves were erased, or is of another keeper.
    """

    moves: list[dict[str, Any]]
    cursor: int
    is_stale: bool = False


def read(connection: Connection, tables: RecordTables, selection: str, after: int, limit: int) -> Feed | None:
    """Return the moves of a selection behind a cursor; None where no rule keeps it."""
    its = keepers.is_keeper(connection, selection)
    rule = connection.execute(select(RULE.c.key, RULE.c.entity).where(its)).one_or_none()
    if rule is None or rule.entity not in tables.records:
        return None
    if after < positions.read(connection, _erased(rule.key)) or 0 < after < keepers.began(connection, rule.key):
        return Feed([], newest(connection, rule.key), is_stale=True)
    rows = _moves(tables, rule.key, rule.entity).where(MEMBER_MOVE.c.seq > after).order_by(MEMBER_MOVE.c.seq)
    found = [dict(row) for row in connection.execute(rows.limit(limit)).mappings()]
    if any(one["contact"] is None for one in found):
        return Feed([], newest(connection, rule.key), is_stale=True)
    return Feed(found, found[-1]["seq"] if found else max(after, 0))


def latest(
    connection: Connection, tables: RecordTables, rule: tuple[int, str], before: int | None, limit: int
) -> list[dict[str, Any]]:
    """Return who came to the selection of a rule (key, entity) and left it, the newest first, behind a place.

    Of whom the id is not known any more, the contact is None.
    """
    rows = _moves(tables, *rule)
    if before is not None:
        rows = rows.where(MEMBER_MOVE.c.seq < before)
    return [dict(row) for row in connection.execute(rows.order_by(MEMBER_MOVE.c.seq.desc()).limit(limit)).mappings()]


def _moves(tables: RecordTables, rule: int, entity: str) -> Select[Any]:
    """Return the moves of a rule's selection, each with its place and the id of the contact."""
    records = tables.records[entity]
    put_away = select(func.max(DELETION.c.contact)).where(
        DELETION.c.record == MEMBER_MOVE.c.record,
        DELETION.c.rule.in_(select(RULE.c.key).where(RULE.c.entity == entity)),
    )
    contact = func.coalesce(records.c.id, put_away.scalar_subquery()).label("contact")
    return (
        select(MEMBER_MOVE.c.seq, contact, MEMBER_MOVE.c.joined, MEMBER_MOVE.c.moved_at)
        .select_from(MEMBER_MOVE.outerjoin(records, records.c.key == MEMBER_MOVE.c.record))
        .where(MEMBER_MOVE.c.rule == rule)
    )


def newest(connection: Connection, rule: int) -> int:
    """Return the cursor of a membership as it is now: all moves up to it are in it."""
    last = select(func.max(MEMBER_MOVE.c.seq)).where(MEMBER_MOVE.c.rule == rule)
    told = connection.execute(last).scalar_one_or_none() or 0
    return max(told, positions.read(connection, _erased(rule)), keepers.began(connection, rule))


def rule_of(connection: Connection, selection: str) -> int | None:
    """Return the key of the rule that keeps a selection."""
    its = keepers.is_keeper(connection, selection)
    return connection.execute(select(RULE.c.key).where(its)).scalar_one_or_none()


def leave(connection: Connection, entity: str, record: int, now: datetime) -> None:
    """Let a record that is put away leave all its selections, and tell so."""
    its = (MEMBER.c.record == record, MEMBER.c.rule.in_(select(RULE.c.key).where(RULE.c.entity == entity)))
    leaving = select(MEMBER.c.rule, MEMBER.c.record, literal(False), literal(now, Instant())).where(*its)
    connection.execute(insert(MEMBER_MOVE).from_select(["rule", "record", "joined", "moved_at"], leaving))
    connection.execute(delete(MEMBER).where(*its))
    moves_told.note_members(connection)


def forget(connection: Connection, entity: str, record: int) -> None:
    """Erase the moves of a record, and note up to where the feeds that had them are not whole any more."""
    its = (MEMBER_MOVE.c.record == record, MEMBER_MOVE.c.rule.in_(select(RULE.c.key).where(RULE.c.entity == entity)))
    last = select(MEMBER_MOVE.c.rule, func.max(MEMBER_MOVE.c.seq)).where(*its).group_by(MEMBER_MOVE.c.rule)
    for rule, seq in connection.execute(last).all():
        positions.write(connection, _erased(rule), max(seq, positions.read(connection, _erased(rule))))
    connection.execute(delete(MEMBER_MOVE).where(*its))


def _erased(rule: int) -> str:
    return f"feed {rule} erased"
