"""Traces: what names a person outside of its record: deletions, events, inputs, and what people wrote as reasons.

What belongs to the person alone goes. Where a text about something else mentions the person, just the mention goes.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from engine.store import inbox, merges
from engine.store.records import RecordTables
from engine.store.tables import (
    ANSWER,
    APPROVAL_WORD,
    DELETION,
    DELETION_MOVE,
    HOLD,
    INBOX,
    INTENT,
    MOVE_TOLD,
    NOTICE,
    PERMISSION,
    RECIPIENT_TOLD,
    REVIEW,
    RULE,
    RUN,
    RUN_RULE,
)

SHORTEST_WORD = 4  # characters; what is shorter would be found in texts about others
INSTEAD = "[erased]"
_CODE = re.compile(r"[A-Z_]+")  # a reason that the service itself gave
# Free text of people, of the CRM and of failures, which can mention somebody whom it is not about.
WRITTEN = (
    RUN.c.inputs, RUN_RULE.c.error, RULE.c.pause_reason, INTENT.c.inputs, INTENT.c.reason, HOLD.c.name, HOLD.c.reason,
    PERMISSION.c.ground, REVIEW.c.reason, APPROVAL_WORD.c.reason, DELETION.c.reason, DELETION_MOVE.c.reason,
    DELETION_MOVE.c.said, NOTICE.c.reason, RECIPIENT_TOLD.c.reason, MOVE_TOLD.c.reason, ANSWER.c.body,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is erased: the record's kind, key and id, and the texts by which one is recognised."""

    entity: str
    record: int | None
    id: str
    texts: tuple[str, ...] = ()


def person_in(tables: RecordTables, entity: str, record: int | None, state: dict[str, Any]) -> Person:
    """Return who a put-away record is about, by the fields that the model calls personal."""
    personal = [name for name, one in tables.model.entity(entity).fields.items() if one.personal]
    texts = [state[name] for name in personal if isinstance(state.get(name), str)]
    return Person(entity, record, str(state.get("id", "")), tuple(texts))


def deletions_of(person: Person) -> ColumnElement[bool]:
    """Return the condition of all deletions of a person, under whatever key its record was held."""
    is_its = DELETION.c.contact == person.id
    if person.record is not None:
        is_its = or_(is_its, DELETION.c.record == person.record)
    return and_(is_its, DELETION.c.rule.in_(select(RULE.c.key).where(RULE.c.entity == person.entity)))


def forget_deletions(connection: Connection, person: Person) -> None:
    """Take out of all deletions of a person whom they were about, and what was said of them and their approvals."""
    theirs = deletions_of(person)
    keys = [row.key for row in connection.execute(select(DELETION.c.key).where(theirs))]
    approvals = select(DELETION.c.approval).where(DELETION.c.key.in_(keys), DELETION.c.approval.is_not(None))
    connection.execute(update(APPROVAL_WORD).where(APPROVAL_WORD.c.approval.in_(approvals)).values(reason=""))
    for reason, its in ((DELETION_MOVE.c.reason, DELETION_MOVE.c.deletion), (DELETION.c.reason, DELETION.c.key)):
        _forget_words(connection, reason, its.in_(keys))
    connection.execute(update(DELETION_MOVE).where(DELETION_MOVE.c.deletion.in_(keys)).values(said=None))
    nobody = {"contact": None, "record": None, "digest": None}
    connection.execute(update(DELETION).where(DELETION.c.key.in_(keys)).values(nobody))


def _forget_words(connection: Connection, reason: Any, its: ColumnElement[bool]) -> None:
    """Empty what was written as a reason, save codes of the service's own, which prove why and name nobody."""
    given = connection.execute(select(reason).where(its, reason.is_not(None)).distinct()).scalars()
    words = [one for one in given if not _CODE.fullmatch(one)]
    if words:
        connection.execute(update(reason.table).where(its, reason.in_(words)).values({reason: None}))


def follow_record(connection: Connection, entity: str, before: int, after: int) -> None:
    """Let the deletions of a record that came back under another key be found under that one."""
    its = and_(DELETION.c.record == before, DELETION.c.rule.in_(select(RULE.c.key).where(RULE.c.entity == entity)))
    connection.execute(update(DELETION).where(its).values(record=after))


def forget_mentions(connection: Connection, person: Person) -> None:
    """Take the mentions of a person out of what was written about others, events included."""
    without = _without((person.id, *person.texts))
    for column in WRITTEN:
        _change(connection, column, without)
    _change(connection, RULE.c.promotion, lambda text: _in_reason(text, without))
    words = [one for one in (person.id, *person.texts) if len(one) >= SHORTEST_WORD]
    if words:
        mentioning = select(INBOX.c.seq, INBOX.c.body).where(or_(*(_says(one) for one in words)))
        for row in connection.execute(mentioning).all():
            connection.execute(update(INBOX).where(INBOX.c.seq == row.seq).values(body=without(row.body)))


def forget_events(connection: Connection, person: Person) -> None:
    """Remove all events about a person, and those that tell which other ids were merged into its own."""
    inbox.forget(connection, person.entity, person.id)
    merges.forget(connection, person.entity, person.id)


def _says(word: str) -> ColumnElement[bool]:
    inner = json.dumps(word, ensure_ascii=False)[1:-1]
    return INBOX.c.body.icontains(inner, autoescape=True)


def _change(connection: Connection, column: Any, without: Callable[[str], str]) -> None:
    for text in connection.execute(select(column).where(column.is_not(None)).distinct()).scalars().all():
        kept = text if _CODE.fullmatch(text) else without(text)
        if kept != text:
            connection.execute(update(column.table).where(column == text).values({column: kept}))


def _in_reason(promotion: str, without: Callable[[str], str]) -> str:
    """Return what was said for a plan with its reason changed: who said it is not who is erased."""
    said = json.loads(promotion)
    return json.dumps(said | {"reason": without(said["reason"])}, ensure_ascii=False)


def _without(words: Iterable[str]) -> Callable[[str], str]:
    """Return what takes words out of a text, and short ones where they are a whole value in JSON."""
    as_json = {one: json.dumps(one, ensure_ascii=False)[1:-1] for one in words if one.strip()}
    whole = [re.escape(form) for word, form in as_json.items() if len(word) < SHORTEST_WORD]
    inside = {re.escape(form) for word, said in as_json.items() for form in (word, said) if len(word) >= SHORTEST_WORD}
    parts = [rf'(?<=")(?:{"|".join(sorted(whole))})(?=")'] if whole else []
    parts += [rf"(?<!\w)(?:{'|'.join(sorted(inside, key=len, reverse=True))})(?!\w)"] if inside else []
    if not parts:
        return str
    pattern = re.compile("|".join(parts), re.IGNORECASE)
    return lambda text: pattern.sub(INSTEAD, text)
