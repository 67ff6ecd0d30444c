"""Reviews: a person is asked about a case; each is open, then answered, or void once nothing waits for it any more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Integer,
    Update,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from engine.store.columns import Instant, Text
from engine.store.deletions import BEFORE_ORDER, Deletion
from engine.store.records import RecordTables
from engine.store.rows import padded
from engine.store.tables import CASES, DELETION, REVIEW, RULE
from engine.store.turn import JUST_NOW, OF_RULE, Turn, looked_at

OPEN, ANSWERED, VOID = "open", "answered", "void"
CARRY_OUT, KEEP = "carry_out", "keep"
ANSWERS = (CARRY_OUT, KEEP)


@dataclass(frozen=True, slots=True)
class Review:
    """One review as stored; `contact` is None once it is gone from here."""

    key: int
    rule: str
    rule_key: int
    entity: str
    record: int | None
    contact: str | None
    case: int
    call: int
    deletion: int | None
    version: str
    digest: str | None
    state: str
    answer: str | None
    reason: str | None
    answered_by: str | None
    asked_at: datetime
    due_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class About:
    """What an answer is about: a version of the rule, and a state of the record."""

    version: str
    digest: str


def ask(connection: Connection, one: Deletion, about: About, now: datetime) -> None:
    """Open a review of a deletion, unless one is open about the same; what was about something else is void."""
    its = (REVIEW.c.deletion == one.key, REVIEW.c.state != VOID)
    is_same = and_(REVIEW.c.version == about.version, REVIEW.c.digest == about.digest)
    connection.execute(update(REVIEW).where(*its, not_(is_same)).values(_voided(now)))
    if connection.execute(select(REVIEW.c.key).where(*its)).first() is not None:
        return
    values = {"rule": one.rule_key, "record": one.record, "case": one.case, "call": one.call, "deletion": one.key}
    about_it = {"version": about.version, "digest": about.digest, "state": OPEN, "asked_at": now}
    connection.execute(insert(REVIEW).values(values | about_it))


def is_carried(connection: Connection, deletion: int, about: About) -> bool:
    """True where a person said of this very version and state that a deletion is to be carried out."""
    its = (REVIEW.c.deletion == deletion, REVIEW.c.state == ANSWERED, REVIEW.c.answer == CARRY_OUT)
    same = (REVIEW.c.version == about.version, REVIEW.c.digest == about.digest)
    return connection.execute(select(REVIEW.c.key).where(*its, *same)).first() is not None


@dataclass(frozen=True, slots=True)
class Request:
    """Which question of a rule: the number of its call, and when the answer is due."""

    turn: Turn
    call: int
    due_at: datetime | None

    @property
    def bound(self) -> dict[str, Any]:
        """The parameters of its statements."""
        return self.turn.bound | {"its_call": self.call, "its_due": self.due_at}


def follow(requests: Sequence[Request]) -> None:
    """Ask about open cases once, and let what was asked about closed ones, or by another version, be void.

    The turns are all partial, or none is.
    """
    for statement in _steps(requests[0].turn.is_partial) if requests else ():
        requests[0].turn.connection.execute(statement, [one.bound for one in requests])


@cache
def _steps(is_partial: bool) -> tuple[Update, Insert]:
    call, due = bindparam("its_call", type_=Integer()), bindparam("its_due", type_=Instant())
    version = select(RULE.c.version).where(RULE.c.key == OF_RULE).scalar_subquery()
    its = (REVIEW.c.rule == OF_RULE, REVIEW.c.call == call, REVIEW.c.deletion.is_(None))
    is_over = or_(~_is_of_open_case(), REVIEW.c.version != version)
    is_looked_at = looked_at(REVIEW.c.record, is_partial=is_partial)
    is_asked = exists().where(*its, REVIEW.c.case == CASES.c.key, REVIEW.c.state != VOID)
    opened = select(OF_RULE, CASES.c.record, CASES.c.key, call, version, literal(OPEN, Text()), JUST_NOW, due).where(
        CASES.c.rule == OF_RULE,
        CASES.c.opened_at.is_not(None),
        looked_at(CASES.c.record, is_partial=is_partial),
        ~is_asked,
    )
    names = ["rule", "record", "case", "call", "version", "state", "asked_at", "due_at"]
    over = update(REVIEW).where(*its, REVIEW.c.state == OPEN, is_looked_at, is_over)
    return over.values(state=VOID, ended_at=JUST_NOW), insert(REVIEW).from_select(names, opened)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many reviews of a rule are open, and when the newest of them was asked."""

    rule: str
    count: int
    newest: datetime


def waiting(connection: Connection) -> list[Waiting]:
    """Return, for each rule with open reviews, how many there are."""
    rows = select(RULE.c.id, func.count(), func.max(REVIEW.c.asked_at)).join(RULE, RULE.c.key == REVIEW.c.rule)
    open_ = rows.where(REVIEW.c.state == OPEN).group_by(RULE.c.id).order_by(RULE.c.id)
    return [Waiting(*row) for row in connection.execute(open_)]


def has_ended(connection: Connection) -> bool:
    """True where a review is open for which nothing waits any more."""
    return connection.execute(select(REVIEW.c.key).where(_is_over()).limit(1)).first() is not None


def end(connection: Connection, now: datetime) -> int:
    """Let the reviews be void for which nothing waits any more; return how many."""
    return connection.execute(update(REVIEW).where(_is_over()).values(_voided(now))).rowcount


def answer(connection: Connection, one: Review, said: tuple[str, str, str], now: datetime) -> bool:
    """Record (answer, reason, by whom); False where the review is not open any more."""
    values = dict(zip(("answer", "reason", "answered_by"), said, strict=True)) | {"state": ANSWERED, "ended_at": now}
    its = (REVIEW.c.key == one.key, REVIEW.c.state == OPEN)
    return connection.execute(update(REVIEW).where(*its).values(values)).rowcount == 1


def forget(connection: Connection, entity: str, record: int, now: datetime) -> None:
    """Take a record out of its reviews: open ones are void, and of an answer stays what it was, and whose."""
    rules = select(RULE.c.key).where(RULE.c.entity == entity)
    its = (REVIEW.c.record == record, REVIEW.c.rule.in_(rules))
    connection.execute(update(REVIEW).where(*its, REVIEW.c.state == OPEN).values(_voided(now)))
    connection.execute(update(REVIEW).where(*its).values(record=None, reason=None, digest=None))


def read(connection: Connection, tables: RecordTables, *conditions: ColumnElement[bool]) -> list[Review]:
    """Return reviews with the ids of what they are about, the oldest first."""
    found: list[Review] = []
    ours = ("rule", "rule_key", "entity", "contact")
    columns: dict[str, ColumnElement[Any]] = {name: REVIEW.c[name] for name in Review.__slots__ if name not in ours}
    columns |= {"rule": RULE.c.id.label("rule"), "rule_key": RULE.c.key.label("rule_key"), "entity": RULE.c.entity}
    for entity, records in tables.records.items():
        columns["contact"] = records.c.id.label("contact")
        rows = (
            select(*(columns[name] for name in Review.__slots__))
            .select_from(REVIEW.join(RULE).outerjoin(records, records.c.key == REVIEW.c.record))
            .where(RULE.c.entity == entity, *conditions)
        )
        found += [Review(*row) for row in connection.execute(rows)]
    return sorted(found, key=lambda one: one.key)


def after(
    connection: Connection, tables: RecordTables, key: int, limit: int, *conditions: ColumnElement[bool]
) -> list[Review]:
    """Return reviews behind a key by their keys, so many at most."""
    wanted = select(REVIEW.c.key).where(REVIEW.c.key > key, *conditions).order_by(REVIEW.c.key).limit(limit)
    return _in_order(connection, tables, connection.execute(wanted).scalars())


def open_by_due(
    connection: Connection, tables: RecordTables, limit: int, behind: tuple[datetime | int | None, int] | None = None
) -> list[Review]:
    """Return open reviews behind one (due, key) in the order in which they are due, those without a term last."""
    due, key, keys = REVIEW.c.due_at, REVIEW.c.key, list[int]()
    at, last = behind or (None, 0)
    if behind is None or at is not None:
        beyond = () if at is None else (due >= at, or_(due > at, key > last))
        dated = select(key).where(is_open(), due.is_not(None), *beyond).order_by(due, key).limit(limit)
        keys, last = list(connection.execute(dated).scalars()), 0
    if len(keys) < limit:
        rest = select(key).where(is_open(), due.is_(None), key > last).order_by(key).limit(limit - len(keys))
        keys += connection.execute(rest).scalars()
    return _in_order(connection, tables, keys)


def ended(
    connection: Connection, tables: RecordTables, state: str, limit: int, before: int | None = None
) -> list[Review]:
    """Return reviews of a state before a key, the newest first, so many at most."""
    its = [REVIEW.c.state == state, *([REVIEW.c.key < before] if before is not None else [])]
    keys = select(REVIEW.c.key).where(*its).order_by(REVIEW.c.key.desc()).limit(limit)
    return _in_order(connection, tables, connection.execute(keys).scalars())


def _in_order(connection: Connection, tables: RecordTables, keys: Iterable[int]) -> list[Review]:
    wanted = list(keys)
    found = {one.key: one for one in read(connection, tables, REVIEW.c.key.in_(padded(wanted)))}
    return [found[key] for key in wanted if key in found]


def by_key(connection: Connection, tables: RecordTables, key: int) -> Review | None:
    """Return one review."""
    return next(iter(read(connection, tables, REVIEW.c.key == key)), None)


def is_open() -> ColumnElement[bool]:
    """Return the condition of reviews that wait for an answer."""
    return REVIEW.c.state == OPEN


def of_record(rule: str, record: int) -> ColumnElement[bool]:
    """Return the condition of the reviews of a rule about a record."""
    return and_(RULE.c.id == rule, REVIEW.c.record == record)


def of_deletion(deletion: int) -> ColumnElement[bool]:
    """Return the condition of the reviews of a deletion."""
    return REVIEW.c.deletion == deletion


def of_rule(rule: str) -> ColumnElement[bool]:
    """Return the condition of the reviews of a rule."""
    return RULE.c.id == rule


def counts(connection: Connection, now: datetime) -> tuple[int, int]:
    """Return how many reviews are open, and how many of them should have been answered by now."""
    late = func.count().filter(REVIEW.c.due_at < now)
    found = connection.execute(select(func.count(), late).select_from(REVIEW).where(is_open())).one()
    return int(found[0]), int(found[1])


def _voided(now: datetime) -> dict[str, object]:
    return {"state": VOID, "ended_at": now}


def _is_of_open_case() -> ColumnElement[bool]:
    return exists().where(CASES.c.key == REVIEW.c.case, CASES.c.opened_at.is_not(None)).correlate_except(CASES)


def _is_over() -> ColumnElement[bool]:
    """Return the condition of open reviews whose case has closed, rule is gone, or deletion has moved on."""
    acts = exists().where(RULE.c.key == REVIEW.c.rule, RULE.c.stage == "live", RULE.c.state == "active")
    asks = exists().where(RULE.c.key == REVIEW.c.rule, RULE.c.version == REVIEW.c.version)
    waits = exists().where(DELETION.c.key == REVIEW.c.deletion, DELETION.c.state.in_(BEFORE_ORDER))
    has_subject = or_(and_(REVIEW.c.deletion.is_(None), asks), waits)
    return and_(is_open(), or_(~_is_of_open_case(), ~acts, ~has_subject))
