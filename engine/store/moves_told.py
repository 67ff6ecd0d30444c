"""Moves told: who came to a selection or left it, and which alert rose or fell, as rows until the CRM was told.

A row is written in the transaction of its move, where the configuration has the CRM told of it, and holds the key of
the record alone. Moves from before it was configured are history, and told to nobody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Select,
    and_,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    null,
    select,
    true,
    update,
)

from engine.store import positions
from engine.store.columns import Instant, Text
from engine.store.intents import PARKED, PENDING
from engine.store.newest import of_states
from engine.store.records import RecordTables
from engine.store.tables import ALERT, MEMBER, MEMBER_MOVE, MOVE_TOLD, RULE
from engine.store.whose import with_ids

SELECTIONS, ALERTS = "selections", "alerts"
NEWEST = {SELECTIONS: select(func.max(MEMBER_MOVE.c.seq)), ALERTS: select(func.max(ALERT.c.key))}
GONE, LET_GO = "GONE", "GONE, and others were replayed"
COLUMNS = (
    *("rule", "entity", "record", "topic", "came", "number", "selection", "severity", "blocks"),
    *("moved_at", "state", "attempts", "not_before"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """A move as the CRM is to be told of it. `number` is its place in the selection's feed, or that of the alert."""

    key: int
    rule: str
    entity: str
    record: int
    topic: str
    came: bool
    number: int
    selection: str | None
    severity: str | None
    blocks: str | None
    moved_at: datetime
    attempts: int


def begin(connection: Connection, topics: Collection[str]) -> None:
    """Begin with what is configured to be told from now on; what no longer is goes, also where it still waits."""
    for topic, newest in NEWEST.items():
        is_told = _since(connection, topic) is not None
        if topic in topics and not is_told:
            positions.write(connection, _name(topic), connection.execute(newest).scalar_one() or 0)
        elif topic not in topics and is_told:
            positions.forget(connection, _name(topic))
            connection.execute(delete(MOVE_TOLD).where(MOVE_TOLD.c.topic == topic))


def is_told(connection: Connection, topic: str) -> bool:
    """True where the CRM is told of a topic."""
    return _since(connection, topic) is not None


def note_members(connection: Connection) -> None:
    """Write down the moves of members since it was done last: in the transaction that made them."""
    since = _since(connection, SELECTIONS)
    if since is None:
        return
    moved = (MEMBER_MOVE.c.record, MEMBER_MOVE.c.joined, MEMBER_MOVE.c.seq, RULE.c.selection, MEMBER_MOVE.c.moved_at)
    rows = _members(*moved).select_from(MEMBER_MOVE.join(RULE)).where(MEMBER_MOVE.c.seq > since)
    if connection.execute(insert(MOVE_TOLD).from_select(COLUMNS, rows.order_by(MEMBER_MOVE.c.seq))).rowcount:
        positions.write(connection, _name(SELECTIONS), connection.execute(NEWEST[SELECTIONS]).scalar_one())


def note_renamed(connection: Connection, rule: int, names: tuple[str | None, str | None], now: datetime) -> None:
    """Write down that a rule's selection has another name, or ends: its members leave the one and join the other."""
    if names[0] is None or names[0] == names[1] or not is_told(connection, SELECTIONS):
        return
    newest = func.coalesce(NEWEST[SELECTIONS].where(MEMBER_MOVE.c.rule == rule).scalar_subquery(), 0)
    for name, came in zip(names, (false(), true()), strict=True):
        rows = _members(MEMBER.c.record, came, newest, literal(name, Text()), literal(now, Instant()))
        rows = rows.select_from(MEMBER.join(RULE)).where(MEMBER.c.rule == rule).order_by(MEMBER.c.record)
        if name is not None:
            connection.execute(insert(MOVE_TOLD).from_select(COLUMNS, rows))


def _members(record: Any, came: Any, number: Any, selection: Any, at: Any) -> Select[Any]:
    about = (RULE.c.key, RULE.c.entity, record, literal(SELECTIONS), came, number, selection, null(), null())
    return select(*about, at, literal(PENDING), literal(0), at)


def note_raised(connection: Connection) -> None:
    """Write down the alerts that were raised since it was done last: in the transaction that raised them."""
    since = _since(connection, ALERTS)
    if since is None:
        return
    if connection.execute(of_alerts(ALERT.c.key > since, came=True, at=ALERT.c.raised_at)).rowcount:
        positions.write(connection, _name(ALERTS), connection.execute(NEWEST[ALERTS]).scalar_one())


def note_lowered(connection: Connection, which: ColumnElement[bool], now: datetime) -> None:
    """Write down that alerts of a condition are about to fall."""
    if is_told(connection, ALERTS):
        connection.execute(of_alerts(which, came=False, at=literal(now, Instant())))


def of_alerts(
    which: ColumnElement[bool],
    *,
    came: bool,
    at: ColumnElement[datetime],
    severity: ColumnElement[str] = ALERT.c.severity,
    blocks: ColumnElement[str] = ALERT.c.blocks,
) -> Insert:
    """Return what writes down that alerts of a condition rise or fall; those that a person has lowered have fallen."""
    about = (ALERT.c.rule, RULE.c.entity, ALERT.c.record, literal(ALERTS), literal(came), ALERT.c.key, null())
    rows = select(*about, severity, blocks, at, literal(PENDING), literal(0), at).select_from(ALERT.join(RULE))
    return insert(MOVE_TOLD).from_select(COLUMNS, rows.where(which, ALERT.c.lowered_at.is_(None)).order_by(ALERT.c.key))


def due(connection: Connection, now: datetime, limit: int = 500) -> list[Told]:
    """Return what the CRM is to be told now: about one record the first alone. What a pause stops holds up nobody."""
    earlier, pausing = MOVE_TOLD.alias("earlier"), RULE.alias("pausing")
    goes_on = and_(pausing.c.paused.is_(None), pausing.c.paused_at.is_(None))
    is_first = ~exists().where(
        earlier.c.entity == MOVE_TOLD.c.entity,
        earlier.c.record == MOVE_TOLD.c.record,
        earlier.c.key < MOVE_TOLD.c.key,
        earlier.c.state == PENDING,
        pausing.c.key == earlier.c.rule,
        goes_on,
    )
    is_active = and_(RULE.c.paused.is_(None), RULE.c.paused_at.is_(None))
    columns = [RULE.c.id.label("rule"), *(MOVE_TOLD.c[name] for name in Told.__slots__ if name != "rule")]
    rows = select(*columns).join(RULE, RULE.c.key == MOVE_TOLD.c.rule)
    rows = rows.where(MOVE_TOLD.c.state == PENDING, MOVE_TOLD.c.not_before <= now, is_active, is_first)
    found = connection.execute(rows.order_by(MOVE_TOLD.c.not_before, MOVE_TOLD.c.key).limit(limit)).mappings()
    return [Told(**row) for row in found]


def remove(connection: Connection, one: Told) -> None:
    """Let a move go that was told, or is not to be told any more; what was parked of the same thing is overtaken."""
    same = (MOVE_TOLD.c.record == one.record, MOVE_TOLD.c.topic == one.topic, MOVE_TOLD.c.entity == one.entity)
    rule = select(MOVE_TOLD.c.rule).where(MOVE_TOLD.c.key == one.key).scalar_subquery()
    its = MOVE_TOLD.c.selection == one.selection if one.topic == SELECTIONS else MOVE_TOLD.c.number == one.number
    overtaken = and_(*same, its, MOVE_TOLD.c.rule == rule, MOVE_TOLD.c.key < one.key, MOVE_TOLD.c.state == PARKED)
    connection.execute(delete(MOVE_TOLD).where(overtaken))
    connection.execute(delete(MOVE_TOLD).where(MOVE_TOLD.c.key == one.key))


def postpone(connection: Connection, one: Told, reason: str, until: datetime) -> None:
    """Note that an attempt has failed, and when the next one is due."""
    values = {"reason": reason, "not_before": until, "attempts": one.attempts + 1}
    connection.execute(update(MOVE_TOLD).where(MOVE_TOLD.c.key == one.key).values(values))


def delay(connection: Connection, one: Told, until: datetime) -> None:
    """Let a move wait that was not attempted."""
    connection.execute(update(MOVE_TOLD).where(MOVE_TOLD.c.key == one.key).values(not_before=until))


def is_member(connection: Connection, one: Told) -> bool:
    """True while whoever a move is about is a member of the rule's selection."""
    its = (RULE.c.id == one.rule, MEMBER.c.record == one.record)
    return connection.execute(select(MEMBER.c.record).join(RULE).where(*its)).first() is not None


def park(connection: Connection, one: Told, reason: str, now: datetime) -> None:
    """Note that an attempt was the last."""
    values = {"state": PARKED, "reason": reason, "attempts": one.attempts + 1, "ended_at": now}
    connection.execute(update(MOVE_TOLD).where(MOVE_TOLD.c.key == one.key).values(values))


def park_all(connection: Connection, now: datetime) -> None:
    """Park all that waits: the CRM takes no more calls."""
    waiting = update(MOVE_TOLD).where(MOVE_TOLD.c.state == PENDING)
    connection.execute(waiting.values(state=PARKED, reason=GONE, ended_at=now))


def is_gone(connection: Connection) -> bool:
    """True where the CRM takes no more calls, until a person lets one begin anew."""
    return connection.execute(select(MOVE_TOLD.c.key).where(_is_gone()).limit(1)).first() is not None


def replay(connection: Connection, key: int, now: datetime) -> bool:
    """Let a parked move be told after all, under its old key; False where none such is parked."""
    parked = update(MOVE_TOLD).where(MOVE_TOLD.c.key == key, MOVE_TOLD.c.state == PARKED)
    anew = {"state": PENDING, "reason": None, "attempts": 0, "not_before": now, "ended_at": None}
    if connection.execute(parked.values(anew)).rowcount == 0:
        return False
    connection.execute(update(MOVE_TOLD).where(_is_gone()).values(reason=LET_GO))
    return True


def forget(connection: Connection, entity: str, record: int) -> None:
    """Let nobody be told any more of a record that is put away."""
    connection.execute(delete(MOVE_TOLD).where(MOVE_TOLD.c.entity == entity, MOVE_TOLD.c.record == record))


def listing(
    connection: Connection,
    tables: RecordTables,
    state: str | None = None,
    limit: int | None = None,
    *,
    rule: str | None = None,
    before: int | None = None,
) -> list[dict[str, Any]]:
    """Return the newest of what the CRM is still to be told, of a state or rule or all, with whom each is about.

    `before` is the id behind which a page begins.
    """
    names = ("topic", "came", "state", "reason", "attempts", "ended_at")
    joined, contact = with_ids(MOVE_TOLD.join(RULE), tables, MOVE_TOLD.c.entity, MOVE_TOLD.c.record)
    columns = [MOVE_TOLD.c.key.label("id"), RULE.c.id.label("rule"), *(MOVE_TOLD.c[name] for name in names)]
    columns += [MOVE_TOLD.c.not_before.label("due_at"), MOVE_TOLD.c.moved_at.label("created_at")]
    rows = select(*columns, contact.label("contact")).select_from(joined)
    return of_states(connection, rows, MOVE_TOLD, (PENDING, PARKED), (state, rule, before), limit)


def _since(connection: Connection, topic: str) -> int | None:
    """Return up to where a topic was written down; None where it is not to be told."""
    return positions.known(connection, _name(topic))


def _name(topic: str) -> str:
    return f"{topic} told"


def _is_gone() -> ColumnElement[bool]:
    return and_(MOVE_TOLD.c.state == PARKED, MOVE_TOLD.c.reason == GONE)
