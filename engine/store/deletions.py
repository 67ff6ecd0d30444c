"""Deletions: the life of each, from scheduled to erased or out of it, as rows; which moves are lawful."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, and_, exists, func, insert, literal, or_, select, update

from engine.model.facts import ENDED
from engine.store import changes, intents
from engine.store.columns import Instant, Text, TextList
from engine.store.records import RecordTables
from engine.store.tables import CASES, DELETION, DELETION_MOVE, RULE
from engine.store.turn import Turn

# Before an order a deletion can still be cancelled, kept or held; after it the outcome decides.
BEFORE_ORDER = ("scheduled", "warned", "due", "approved", "kept", "held")
MOVES: Mapping[str, frozenset[str]] = {
    "scheduled": frozenset({"warned", "due", "cancelled", "kept", "held"}),
    "warned": frozenset({"due", "cancelled", "kept", "held"}),
    "due": frozenset({"approved", "ordered", "cancelled", "kept", "held"}),
    "approved": frozenset({"ordered", "due", "cancelled", "kept", "held"}),  # due again: it is not what was approved
    "kept": frozenset({"due", "cancelled", "held"}),
    "held": frozenset({"due", "cancelled", "kept"}),
    "ordered": frozenset({"confirmed", "refused", "failed", "due"}),  # due again: the order was void
    "confirmed": frozenset({"in_recycle_bin"}),
    "in_recycle_bin": frozenset({"erased", "restored"}),
    "cancelled": frozenset(),
    "refused": frozenset(),
    "restored": frozenset(),
    "failed": frozenset(),
    "erased": frozenset(),
}
ENDS = frozenset(state for state, moves in MOVES.items() if not moves)
# Reasons that pass: where the case is still open and the rule true, the deletion is scheduled anew, grace and all.
CAN_BEGIN_ANEW = ("UNDECIDED", "NEW_VERSION", "NO_LONGER_TRUE", "STALE", "RULE_GONE")
DAY = timedelta(days=1)


class IllegalMove(Exception):
    """A deletion was asked to go where its life does not lead."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deletion as stored."""

    key: int
    rule: str
    rule_key: int
    entity: str
    record: int | None
    contact: str | None
    case: int
    call: int
    state: str
    reason: str | None
    version: str
    digest: str | None
    scheduled_at: datetime
    due_at: datetime
    released_at: datetime | None
    ordered_at: datetime | None
    bin_until: datetime | None
    attempts: int
    how: str | None
    purposes: tuple[str, ...] | None  # only these go, and the record stays; None: everything
    cleared_at: datetime | None
    approval: int | None
    expires_at: datetime | None
    orders: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule asks for: by which call, in which version, how, for which purposes only (none: all), in which run."""

    call: int
    version: str
    how: str = "erase"
    purposes: tuple[str, ...] = ()
    run: int | None = None


Chosen = Select[Any]  # of cases: key, record
Word = tuple[str | None, str | None]  # who said something, and what


def candidates(turn: Turn) -> Chosen:
    """Select the cases that are to be scheduled: just opened, or open and cancelled for a reason that has passed."""
    again = exists().where(DELETION.c.case == CASES.c.key, DELETION.c.reason.in_(CAN_BEGIN_ANEW))
    is_time = or_(CASES.c.opened_at == turn.now, again)
    return all_candidates(turn.key).where(turn.looked_at(CASES.c.record), is_time)


def all_candidates(rule: int) -> Chosen:
    """Select the cases that are to be scheduled once a rule is released, also those that opened while it was paused."""
    active = exists().where(DELETION.c.case == CASES.c.key, DELETION.c.state != "cancelled")
    final = and_(
        DELETION.c.case == CASES.c.key, DELETION.c.state == "cancelled", DELETION.c.reason.not_in(CAN_BEGIN_ANEW)
    )
    is_open = and_(CASES.c.rule == rule, CASES.c.opened_at.is_not(None), ~CASES.c.undecided)
    return select(CASES.c.key, CASES.c.record).where(is_open, ~active, ~exists().where(final))


def set_digest(connection: Connection, chosen: Chosen) -> tuple[int, str]:
    """Return the size of a set of candidates and a digest that stands for exactly that set."""
    keys = sorted(row.key for row in connection.execute(chosen))
    return len(keys), hashlib.sha256(",".join(map(str, keys)).encode()).hexdigest()[:16]


def scheduled_lately(connection: Connection, rule: int, now: datetime) -> int:
    """Return how many deletions of a rule were scheduled in the last 24 hours."""
    recent = select(func.count()).where(
        DELETION.c.rule == rule, DELETION.c.scheduled_at > now - DAY, DELETION.c.scheduled_at <= now
    )
    return int(connection.execute(recent).scalar_one())


def schedule(
    connection: Connection, rule: int, asked: Asked, chosen: Chosen, at: tuple[datetime, datetime]
) -> list[Any]:
    """Schedule the deletion of each candidate, at (now, due); return (deletion, record, case) of each."""
    now, due = (literal(one, Instant()) for one in at)
    names = ["rule", "record", "case", "call", "state", "version", "scheduled_at", "due_at", "attempts"]
    names += ["how", "purposes", "run"]
    found = chosen.subquery()
    values = [
        literal(rule),
        found.c.record,
        found.c.key,
        literal(asked.call),
        literal("scheduled"),
        literal(asked.version),
        now,
        due,
        literal(0),
        literal(asked.how, Text()),
        literal(asked.purposes or None, TextList()),
        literal(asked.run, BigInteger()),
    ]
    written = insert(DELETION).from_select(names, select(*values))
    rows = list(connection.execute(written.returning(DELETION.c.key, DELETION.c.record, DELETION.c.case)))
    _tell_history(connection, [row.key for row in rows], ("scheduled", None), at[0])
    return rows


def cancel(
    connection: Connection, which: Any, reason: str, now: datetime, by: str | None = None, said: str | None = None
) -> int:
    """Cancel the deletions of a condition that are not ordered yet, and what was still to be said of them."""
    condition = and_(which, DELETION.c.state.in_(BEFORE_ORDER))
    keys = [row.key for row in connection.execute(select(DELETION.c.key).where(condition))]
    if reason in CAN_BEGIN_ANEW:
        _note(connection, condition, now)
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        values = {"state": "cancelled", "reason": reason, "ended_at": now}
        connection.execute(update(DELETION).where(DELETION.c.key.in_(part)).values(values))
        intents.drop_of_deletions(connection, part, "CANCELLED", now)
    _tell_history(connection, keys, ("cancelled", reason), now, (by, said))
    return len(keys)


def _tell_history(
    connection: Connection,
    keys: Sequence[int],
    came_to: tuple[str, str | None],
    at: datetime,
    word: Word = (None, None),
) -> None:
    """Write down that deletions came to a state, for a reason, by somebody's word (who, what they said) or none."""
    told = {"state": came_to[0], "reason": came_to[1] or None, "moved_at": at, "by": word[0], "said": word[1] or None}
    if keys:
        connection.execute(insert(DELETION_MOVE), [{"deletion": key, **told} for key in keys])


def history(connection: Connection, deletion: int) -> list[dict[str, Any]]:
    """Return every state that a deletion came to, with the reason, when, and by whose word."""
    names = ("state", "reason", "moved_at", "by")
    rows = select(*(DELETION_MOVE.c[name] for name in names)).where(DELETION_MOVE.c.deletion == deletion)
    return [dict(row) for row in connection.execute(rows.order_by(DELETION_MOVE.c.seq)).mappings()]


def _note(connection: Connection, condition: Any, now: datetime) -> None:
    """Note for the records of deletions that these have ended, so that their rules look at them again."""
    records = select(RULE.c.entity, DELETION.c.record).join(RULE, RULE.c.key == DELETION.c.rule).where(condition)
    for row in connection.execute(records.distinct()).all():
        if row.record is not None:
            changes.note(connection, (row.entity, row.record), ENDED, now)


def cancel_closed(turn: Turn) -> int:
    """Cancel the deletions of a rule whose cases have closed: what is no longer true deletes nobody."""
    is_open = exists().where(CASES.c.key == DELETION.c.case, CASES.c.opened_at.is_not(None))
    its = and_(DELETION.c.rule == turn.key, turn.looked_at(DELETION.c.record), ~is_open)
    return cancel(turn.connection, its, "NO_LONGER_TRUE", turn.now)


def cancel_other_versions(connection: Connection, rule: int, version: str, now: datetime) -> int:
    """Cancel the deletions of a rule's former versions; their grace starts anew under the new one."""
    return cancel(connection, and_(DELETION.c.rule == rule, DELETION.c.version != version), "NEW_VERSION", now)


def move(
    connection: Connection,
    deletion: Deletion,
    state: str,
    *,
    at: datetime,
    by: str | None = None,
    said: str | None = None,
    **values: Any,
) -> None:
    """Move a deletion on, at an instant; raises IllegalMove where its life does not lead there, or it has moved.

    What it comes to is written down, with the reason among the values, by whose word it was and what they said.
    """
    if state != deletion.state and state not in MOVES[deletion.state]:
        raise IllegalMove(f"a deletion that is {deletion.state} cannot become {state}")
    here = (DELETION.c.key == deletion.key, DELETION.c.state == deletion.state)
    if connection.execute(update(DELETION).where(*here).values(state=state, **values)).rowcount != 1:
        raise IllegalMove("the deletion has moved meanwhile")
    if state != deletion.state or values.get("reason", deletion.reason) != deletion.reason:
        _tell_history(connection, [deletion.key], (state, values.get("reason")), at, (by, said))


def read(connection: Connection, tables: RecordTables, *conditions: Any) -> list[Deletion]:
    """Return deletions with the ids of their contacts, in the order in which they are due."""
    found: list[Deletion] = []
    for entity, records in tables.records.items():
        names = [name for name in Deletion.__slots__ if name not in {"rule", "rule_key", "entity", "contact"}]
        columns = [DELETION.c[name] for name in names]
        held = func.coalesce(DELETION.c.contact, records.c.id).label("contact")
        rows = (
            select(*columns, RULE.c.id.label("rule"), RULE.c.key.label("rule_key"), RULE.c.entity, held)
            .select_from(DELETION.join(RULE).outerjoin(records, records.c.key == DELETION.c.record))
            .where(RULE.c.entity == entity, *conditions)
        )
        found += [Deletion(**row) for row in connection.execute(rows).mappings()]
    return sorted(found, key=lambda one: (one.due_at, one.key))


def by_key(connection: Connection, tables: RecordTables, key: int) -> Deletion | None:
    """Return one deletion."""
    return next(iter(read(connection, tables, DELETION.c.key == key)), None)


def due(connection: Connection, tables: RecordTables, now: datetime) -> list[Deletion]:
    """Return the deletions for which something may be done at an instant."""
    begins = and_(DELETION.c.state.in_(BEFORE_ORDER), DELETION.c.due_at <= now)
    asks = and_(DELETION.c.state == "ordered", DELETION.c.next_at <= now)
    ends = and_(DELETION.c.state == "in_recycle_bin", DELETION.c.bin_until <= now)
    is_active = or_(RULE.c.paused.is_(None), DELETION.c.state.not_in(BEFORE_ORDER))
    # While a person has paused the rule, nothing but what the CRM has deleted already goes on.
    is_let = or_(RULE.c.paused_at.is_(None), DELETION.c.state == "confirmed")
    return read(connection, tables, or_(begins, asks, ends, DELETION.c.state == "confirmed"), is_active, is_let)


def is_one(key: int) -> Any:
    """Return the condition of one deletion."""
    return DELETION.c.key == key


def is_of(record: int) -> Any:
    """Return the condition of deletions of a record key, of whatever entity."""
    return DELETION.c.record == record


def of_rule_and_record(rule_id: str, record: int) -> Any:
    """Return the condition of the deletions of a record that a rule, by its id, has scheduled."""
    return and_(RULE.c.id == rule_id, DELETION.c.record == record)


def of_record(rule: int, record: int) -> Any:
    """Return the condition of all deletions of a record, whose kind a rule tells."""
    entity = select(RULE.c.entity).where(RULE.c.key == rule).scalar_subquery()
    return and_(DELETION.c.record == record, DELETION.c.rule.in_(select(RULE.c.key).where(RULE.c.entity == entity)))


@dataclass(frozen=True, slots=True)
class Standing:
    """How many deletions of a rule stand in a state, for a reason."""

    rule: str
    state: str
    reason: str
    count: int


def stopped(connection: Connection) -> list[Standing]:
    """Return how many deletions of each rule a guard or a person's missing word keeps, holds, or lets wait."""
    columns = (RULE.c.id, DELETION.c.state, DELETION.c.reason)
    rows = select(*columns, func.count()).select_from(DELETION.join(RULE)).group_by(*columns).order_by(*columns)
    waits = rows.where(DELETION.c.state.in_(BEFORE_ORDER), DELETION.c.reason.is_not(None))
    return [Standing(*row) for row in connection.execute(waits)]
