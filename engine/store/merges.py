"""Merges: records that ended in others, known by the CRM's events; and the rows about one that go over to the other."""

import json
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, select, update

from engine.model.facts import HOLDS
from engine.store import changes, restrictions
from engine.store.inbox import OWN
from engine.store.records import RecordTables
from engine.store.reviews import OPEN, VOID
from engine.store.rows import padded
from engine.store.tables import CASES, HOLD, INBOX, PERMISSION, RESTRICTION, REVIEW, RULE

MERGED, INTO = "crm.contact.merged", "into"  # the type of the event, and what of its data is kept


def ended(connection: Connection, tables: RecordTables, entity: str, ids: Collection[str]) -> frozenset[str]:
    """Return those of some ids that have ended in another record, as far as events still tell, and are not held."""
    if not ids:
        return frozenset()
    records = tables.records[entity]
    is_held = exists().where(records.c.id == INBOX.c.subject)
    its = (INBOX.c.entity == entity, INBOX.c.type == MERGED, INBOX.c.subject.in_(padded(ids)), INBOX.c.source != OWN)
    return frozenset(connection.execute(select(INBOX.c.subject).where(*its, ~is_held)).scalars())


def ended_in(connection: Connection, entity: str, record_id: str) -> frozenset[str]:
    """Return the ids that have ended in a record, as far as events still tell."""
    its = (INBOX.c.entity == entity, INBOX.c.type == MERGED, INBOX.c.body == _told(record_id))
    return frozenset(connection.execute(select(INBOX.c.subject).where(*its)).scalars())


def forget(connection: Connection, entity: str, record_id: str) -> None:
    """Remove the events that tell which ids have ended in a record."""
    its = (INBOX.c.entity == entity, INBOX.c.type == MERGED, INBOX.c.body == _told(record_id))
    connection.execute(delete(INBOX).where(*its))


def move_events(connection: Connection, entity: str, before: str, after: str) -> None:
    """Let the CRM's events about an id, and those of what had ended in it, be about another from now on."""
    of = (INBOX.c.entity == entity, INBOX.c.source != OWN)
    its = update(INBOX).where(*of, INBOX.c.subject == before, INBOX.c.type != MERGED)
    connection.execute(its.values(subject=after))
    told = update(INBOX).where(*of, INBOX.c.type == MERGED, INBOX.c.body == _told(before))
    connection.execute(told.values(body=_told(after)))


def move_protection(connection: Connection, entity: str, before: int, after: int, at: datetime) -> None:
    """Let the active holds and the open restriction of a record (key) be those of another, and questions about it."""
    its = (HOLD.c.entity == entity, HOLD.c.record == before, HOLD.c.lifted_at.is_(None))
    if connection.execute(update(HOLD).where(*its).values(record=after)).rowcount:
        changes.note(connection, (entity, after), HOLDS, at)
    _move_restriction(connection, entity, before, after, at)
    _move_questions(connection, entity, before, after)


def _move_restriction(connection: Connection, entity: str, before: int, after: int, at: datetime) -> None:
    """Let a restriction go over with its permissions; where both are restricted, the stricter of either holds."""
    moving, own = (restrictions.open_of(connection, entity, record) for record in (before, after))
    if moving is None:
        return
    of = (PERMISSION.c.entity == entity, PERMISSION.c.withdrawn_at.is_(None))
    if own is None:
        connection.execute(update(RESTRICTION).where(RESTRICTION.c.key == moving.key).values(record=after))
        connection.execute(update(PERMISSION).where(*of, PERMISSION.c.record == before).values(record=after))
    else:
        is_told = moving.told_at is not None and own.told_at is not None
        told = {} if is_told else {"told_at": None, "told_by": None}
        joined = update(RESTRICTION).where(RESTRICTION.c.key == own.key)
        connection.execute(joined.values(since=min(own.since, moving.since), **told))
        allowed = restrictions.permitted(connection, entity, before)
        its = (PERMISSION.c.record == after, PERMISSION.c.use.not_in(allowed))
        connection.execute(update(PERMISSION).where(*of, *its).values(withdrawn_at=at))
    changes.note(connection, (entity, after), restrictions.FLAG, at)


def _move_questions(connection: Connection, entity: str, before: int, after: int) -> None:
    """Let open questions go over to the open case that the same rule has of the other record, unless it has asked.

    Where it has no case yet, it asks anew when one opens. What a deletion waits for ends with that deletion.
    """
    asked = REVIEW.alias("asked")
    same = (asked.c.case == CASES.c.key, asked.c.call == REVIEW.c.call, asked.c.state != VOID)
    is_asked = exists().where(*same).correlate_except(asked)
    is_same = (CASES.c.rule == REVIEW.c.rule, CASES.c.record == after, CASES.c.opened_at.is_not(None))
    case = select(func.max(CASES.c.key)).where(*is_same, ~is_asked).correlate(REVIEW).scalar_subquery()
    rules = select(RULE.c.key).where(RULE.c.entity == entity)
    its = (REVIEW.c.record == before, REVIEW.c.rule.in_(rules), REVIEW.c.state == OPEN, REVIEW.c.deletion.is_(None))
    connection.execute(update(REVIEW).where(*its, case.is_not(None)).values(record=after, case=case))


def _told(record_id: str) -> str:
    """Return what the event of a merge says, as it is kept."""
    return json.dumps({INTO: record_id}, ensure_ascii=False)
