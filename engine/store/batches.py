"""Batches: sets of deletions that wait for an approval, read so that ten thousand are looked at a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, and_, case, cast, exists, func, or_, select

from engine.store import approvals, deletion_queue
from engine.store.approvals import IS_WAITING, OPEN, UNANSWERED
from engine.store.deletions import Deletion
from engine.store.records import RecordTables
from engine.store.tables import APPROVAL, APPROVAL_WORD, DELETION, RULE

Place = tuple[str, datetime | int, int]  # where a page of batches ended: state, instant of the answer, key
COLUMNS = ("key", "call", "version", "state", "asked_at", "answer_by", "ended_at")


@dataclass(frozen=True, slots=True)
class Batch:
    """An approval that was asked for, and how many deletions wait for it now, up to a number that the reader chose."""

    key: int
    rule: str
    entity: str
    call: int
    version: str
    state: str
    asked_at: datetime
    answer_by: datetime
    ended_at: datetime | None
    count: int


@dataclass(frozen=True, slots=True)
class Exactly:
    """The exact set that waits now: each deletion's key with the state of its record, and the digest of all.

    `later` are how many of them came to be due after the approval was asked for.
    """

    states: Mapping[int, str]
    digest: str
    later: int


@dataclass(frozen=True, slots=True)
class Said:
    """A word that somebody said about a set."""

    person: str
    reason: str
    said_at: datetime
    digest: str


def waiting(connection: Connection, limit: int, most: int, behind: Place | None = None) -> list[Batch]:
    """Return batches for which something waits: the open ones by when an answer is due, then those without one."""
    its = [APPROVAL.c.state.in_((OPEN, UNANSWERED)), exists().where(DELETION.c.approval == APPROVAL.c.key, IS_WAITING)]
    if behind is not None:
        state, at, key = behind
        later = or_(APPROVAL.c.answer_by > at, and_(APPROVAL.c.answer_by == at, APPROVAL.c.key > key))
        its.append(or_(APPROVAL.c.state > state, and_(APPROVAL.c.state == state, later)))
    rows = _rows().where(*its).order_by(APPROVAL.c.state, APPROVAL.c.answer_by, APPROVAL.c.key).limit(limit)
    return [_batch(connection, row, most) for row in connection.execute(rows).mappings().all()]


def read(connection: Connection, key: int, most: int) -> Batch | None:
    """Return one batch, also where nothing waits for it any more."""
    row = connection.execute(_rows().where(APPROVAL.c.key == key)).mappings().one_or_none()
    return None if row is None else _batch(connection, row, most)


def exactly(connection: Connection, one: Batch) -> Exactly:
    """Return the exact set of a batch. The database puts it into one text, so that one row is read."""
    later = func.count(case((DELETION.c.due_at > one.asked_at, 1)))
    member = cast(DELETION.c.key, String) + ":" + func.coalesce(DELETION.c.digest, "None")
    together = select(func.aggregate_strings(member, ","), later).where(DELETION.c.approval == one.key, IS_WAITING)
    text, count = connection.execute(together).one()
    pairs = (part.partition(":") for part in text.split(",")) if text else ()
    states = {int(key): state for key, _, state in pairs}
    in_order = dict(sorted(states.items()))
    return Exactly(in_order, approvals.digest_of(in_order.items()), count)


def page(connection: Connection, tables: RecordTables, one: Batch, limit: int, behind: int = 0) -> list[Deletion]:
    """Return the deletions of a batch behind a key, so many at most."""
    its = (DELETION.c.approval == one.key, DELETION.c.key > behind, IS_WAITING)
    keys = connection.execute(select(DELETION.c.key).where(*its).order_by(DELETION.c.key).limit(limit)).scalars()
    return list(deletion_queue.named(connection, tables, keys).values())


def left(connection: Connection, tables: RecordTables, one: Batch, limit: int) -> list[Deletion]:
    """Return deletions that were in a batch and do not wait for it any more, so many at most."""
    return deletion_queue.left_batch(connection, tables, one.key, IS_WAITING, limit)


def words(connection: Connection, one: Batch) -> list[Said]:
    """Return all words that were said about a batch, the oldest first."""
    columns = (APPROVAL_WORD.c[name] for name in Said.__slots__)
    rows = select(*columns).where(APPROVAL_WORD.c.approval == one.key).order_by(APPROVAL_WORD.c.said_at)
    return [Said(*row) for row in connection.execute(rows)]


def _rows() -> Any:
    columns = [APPROVAL.c[name] for name in COLUMNS]
    return select(*columns, RULE.c.id.label("rule"), RULE.c.entity).join(RULE, RULE.c.key == APPROVAL.c.rule)


def _batch(connection: Connection, row: Any, most: int) -> Batch:
    some = select(DELETION.c.key).where(DELETION.c.approval == row["key"], IS_WAITING).limit(most).subquery()
    return Batch(**row, count=int(connection.execute(select(func.count()).select_from(some)).scalar_one()))
