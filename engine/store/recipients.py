"""Recipients: what each of those to whom data was disclosed is to be told about a person, as rows of their own.

A row holds the person's id only for as long as its recipient is still to be told; the keyed hash remains.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, cast, exists, func, insert, literal, not_, or_, select, update

from engine.store.columns import Text
from engine.store.deletion_tables import RESTRICTION as RESTRICTIONS
from engine.store.intents import PARKED, PENDING
from engine.store.proof_tables import RECIPIENT_TOLD
from engine.store.records import RecordTables

# Besides those of intents: told; overtaken by a later word that leaves nothing to be told; settled by a person.
TOLD, OVERTAKEN, SETTLED = "told", "overtaken", "settled"
STATES = (PENDING, TOLD, PARKED, OVERTAKEN, SETTLED)
ERASURE, ANONYMISATION, PARTIAL_ERASURE = "erasure", "anonymisation", "partial_erasure"
RESTRICTION, RESTRICTION_LIFTED, RECTIFICATION = "restriction", "restriction_lifted", "rectification"
GONE, LET_GO = "GONE", "GONE, and others were replayed"
LISTED = (
    "recipient",
    "kind",
    "entity",
    "contact",
    "state",
    "reason",
    "attempts",
    "not_before",
    "created_at",
    "ended_at",
)


@dataclass(frozen=True, slots=True)
class Matter:
    """What recipients are to be told: what became of whose data. Of one kind and cause each of them is told once.

    `record` is the person's key here and `contact` the id that the CRM knows. `details` go to recipients as they are:
    nothing in them is personal.
    """

    kind: str
    entity: str
    record: int
    contact: str
    cause: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Word:
    """A matter as one recipient is to be told."""

    key: int
    recipient: str
    kind: str
    entity: str
    record: int
    contact: str | None
    id_hash: str
    cause: str
    details: Mapping[str, Any]
    attempts: int


def add(connection: Connection, names: Iterable[str], matter: Matter, id_hash: str, now: datetime) -> list[str]:
    """Write down what recipients are to be told; return those for whom it is new."""
    same = (RECIPIENT_TOLD.c.kind == matter.kind, RECIPIENT_TOLD.c.cause == matter.cause)
    known = set(connection.execute(select(RECIPIENT_TOLD.c.recipient).where(*same)).scalars())
    fresh = [name for name in dict.fromkeys(names) if name not in known]
    row = {"kind": matter.kind, "entity": matter.entity, "record": matter.record, "contact": matter.contact}
    row |= {"cause": matter.cause, "details": json.dumps(dict(matter.details)), "id_hash": id_hash, "attempts": 0}
    row |= {"state": PENDING, "not_before": now, "created_at": now}
    if fresh and matter.kind in {ERASURE, ANONYMISATION}:
        its = and_(RECIPIENT_TOLD.c.entity == matter.entity, RECIPIENT_TOLD.c.record == matter.record)
        _overtake(connection, and_(its, RECIPIENT_TOLD.c.recipient.in_(fresh)), now)
    if fresh:
        connection.execute(insert(RECIPIENT_TOLD), [{**row, "recipient": name} for name in fresh])
    return fresh


def restrictions_untold(connection: Connection, tables: RecordTables) -> list[tuple[int, tuple[str, int, str], bool]]:
    """Return the restrictions of which something is to be told: key, whose (entity, key, id), and whether it has ended.

    That it began is told while it lasts; that it has ended, to those who were to be told that it began.
    """
    cause = literal("restriction-", Text()).concat(cast(RESTRICTIONS.c.key, Text()))
    began, ended = (
        exists().where(RECIPIENT_TOLD.c.kind == kind, RECIPIENT_TOLD.c.cause == cause).correlate(RESTRICTIONS)
        for kind in (RESTRICTION, RESTRICTION_LIFTED)
    )
    is_open = RESTRICTIONS.c.lifted_at.is_(None)
    found: list[tuple[int, tuple[str, int, str], bool]] = []
    for entity, records in tables.records.items():
        rows = (
            select(RESTRICTIONS.c.key, RESTRICTIONS.c.record, records.c.id, RESTRICTIONS.c.lifted_at)
            .join(records, records.c.key == RESTRICTIONS.c.record)
            .where(RESTRICTIONS.c.entity == entity, or_(and_(is_open, ~began), and_(~is_open, began, ~ended)))
        )
        found += [
            (row.key, (entity, row.record, row.id), row.lifted_at is not None) for row in connection.execute(rows)
        ]
    return sorted(found)


def due(connection: Connection, recipient: str, now: datetime, limit: int = 500) -> list[Word]:
    """Return what a recipient is to be told now: of one person, what happened first."""
    earlier = RECIPIENT_TOLD.alias("earlier")
    is_first = ~exists().where(
        *(earlier.c[name] == RECIPIENT_TOLD.c[name] for name in ("recipient", "entity", "record")),
        earlier.c.state == PENDING,
        earlier.c.key < RECIPIENT_TOLD.c.key,
    )
    columns = [RECIPIENT_TOLD.c[name] for name in Word.__slots__]
    rows = select(*columns).where(_waits(recipient), RECIPIENT_TOLD.c.not_before <= now, is_first)
    found = connection.execute(rows.order_by(RECIPIENT_TOLD.c.not_before, RECIPIENT_TOLD.c.key).limit(limit)).mappings()
    return [Word(**{**row, "details": json.loads(row["details"])}) for row in found]


def is_gone(connection: Connection, recipient: str) -> bool:
    """True where a recipient takes no more calls, until a person lets something for it begin anew."""
    return connection.execute(select(RECIPIENT_TOLD.c.key).where(_gone(recipient)).limit(1)).first() is not None


def was_told(connection: Connection, word: Word, now: datetime) -> None:
    """Note that a recipient knows, and forget the person's id; what a lifted restriction was is no news any more."""
    its = and_(RECIPIENT_TOLD.c.key == word.key, RECIPIENT_TOLD.c.state == PENDING)
    _end(connection, its, {"state": TOLD, "reason": None, "contact": None, "attempts": word.attempts + 1}, now)
    if word.kind == RESTRICTION_LIFTED:
        began = and_(RECIPIENT_TOLD.c.recipient == word.recipient, RECIPIENT_TOLD.c.kind == RESTRICTION)
        _overtake(connection, and_(began, RECIPIENT_TOLD.c.cause == word.cause), now)


def postpone(connection: Connection, word: Word, reason: str, until: datetime) -> None:
    """Note that an attempt has failed, and when the next one is due."""
    values = {"reason": reason, "not_before": until, "attempts": word.attempts + 1}
    connection.execute(update(RECIPIENT_TOLD).where(RECIPIENT_TOLD.c.key == word.key).values(values))


def delay(connection: Connection, recipient: str, until: datetime) -> None:
    """Let all wait that is for a recipient who is left alone for a while."""
    waiting = update(RECIPIENT_TOLD).where(_waits(recipient), RECIPIENT_TOLD.c.not_before < until)
    connection.execute(waiting.values(not_before=until))


def park(connection: Connection, word: Word, reason: str, now: datetime) -> int:
    """Note that an attempt was the last; return the first that is parked for its recipient."""
    its = and_(RECIPIENT_TOLD.c.key == word.key, RECIPIENT_TOLD.c.state == PENDING)
    _end(connection, its, {"state": PARKED, "reason": reason, "attempts": word.attempts + 1}, now)
    return first_parked(connection, word.recipient)


def park_all(connection: Connection, recipient: str, reason: str, now: datetime) -> int:
    """Park all that waits for a recipient; return the first that is parked for it."""
    _end(connection, _waits(recipient), {"state": PARKED, "reason": reason}, now)
    return first_parked(connection, recipient)


def first_parked(connection: Connection, recipient: str) -> int:
    """Return the first that is parked for a recipient; 0 where nothing is."""
    parked = (RECIPIENT_TOLD.c.recipient == recipient, RECIPIENT_TOLD.c.state == PARKED)
    return int(connection.execute(select(func.min(RECIPIENT_TOLD.c.key)).where(*parked)).scalar_one() or 0)


def strangers(connection: Connection, known: Collection[str]) -> list[str]:
    """Return recipients for whom something waits, and whom the configuration no longer names."""
    waiting = select(RECIPIENT_TOLD.c.recipient).where(RECIPIENT_TOLD.c.state == PENDING).distinct()
    return sorted(set(connection.execute(waiting).scalars()) - set(known))


def replay(connection: Connection, key: int, now: datetime) -> bool:
    """Let something parked begin anew, and a recipient that was gone be called again; False where it is not parked."""
    its = and_(RECIPIENT_TOLD.c.key == key, RECIPIENT_TOLD.c.state == PARKED)
    recipient = connection.execute(select(RECIPIENT_TOLD.c.recipient).where(its)).scalar_one_or_none()
    if recipient is None:
        return False
    anew = {"state": PENDING, "reason": None, "attempts": 0, "not_before": now, "ended_at": None}
    connection.execute(update(RECIPIENT_TOLD).where(its).values(anew))
    connection.execute(update(RECIPIENT_TOLD).where(_gone(recipient)).values(reason=LET_GO))
    return True


def settle(connection: Connection, key: int, reason: str, now: datetime) -> bool:
    """Note that a person has seen to something that waits or is parked otherwise; False where it is neither."""
    its = and_(RECIPIENT_TOLD.c.key == key, RECIPIENT_TOLD.c.state.in_((PENDING, PARKED)))
    return _end(connection, its, {"state": SETTLED, "reason": reason, "contact": None}, now) == 1


def sums(connection: Connection) -> dict[str, dict[str, int]]:
    """Return by recipient how much is in each state."""
    columns = (RECIPIENT_TOLD.c.recipient, RECIPIENT_TOLD.c.state)
    found: dict[str, dict[str, int]] = {}
    for recipient, state, count in connection.execute(select(*columns, func.count()).group_by(*columns)):
        found.setdefault(recipient, {})[state] = count
    return found


def listing(
    connection: Connection,
    *,
    id_hashes: Collection[str] | None = None,
    state: str | None = None,
    limit: int | None = None,
    before: int | None = None,
) -> list[dict[str, Any]]:
    """Return the newest of what recipients were or are to be told, about one person or all, behind an id."""
    rows = select(RECIPIENT_TOLD.c.key.label("id"), *(RECIPIENT_TOLD.c[name] for name in LISTED))
    if id_hashes is not None:
        rows = rows.where(RECIPIENT_TOLD.c.id_hash.in_(id_hashes))
    if state is not None:
        rows = rows.where(RECIPIENT_TOLD.c.state == state)
    if before is not None:
        rows = rows.where(RECIPIENT_TOLD.c.key < before)
    return [dict(row) for row in connection.execute(rows.order_by(RECIPIENT_TOLD.c.key.desc()).limit(limit)).mappings()]


def _waits(recipient: str) -> ColumnElement[bool]:
    return and_(RECIPIENT_TOLD.c.recipient == recipient, RECIPIENT_TOLD.c.state == PENDING)


def _gone(recipient: str) -> ColumnElement[bool]:
    return and_(
        RECIPIENT_TOLD.c.recipient == recipient, RECIPIENT_TOLD.c.state == PARKED, RECIPIENT_TOLD.c.reason == GONE
    )


def _overtake(connection: Connection, which: ColumnElement[bool], now: datetime) -> None:
    open_ = and_(which, RECIPIENT_TOLD.c.state.in_((PENDING, PARKED)))
    _end(connection, and_(open_, not_(RECIPIENT_TOLD.c.kind.in_((ERASURE, ANONYMISATION)))), _OVERTAKEN, now)


_OVERTAKEN = {"state": OVERTAKEN, "contact": None, "reason": None}


def _end(connection: Connection, which: ColumnElement[bool], values: Mapping[str, Any], now: datetime) -> int:
    return connection.execute(update(RECIPIENT_TOLD).where(which).values({**values, "ended_at": now})).rowcount
