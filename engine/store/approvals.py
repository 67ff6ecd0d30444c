"""Approvals: what people were asked to let happen, bound to the exact set that they looked at, and their words."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, insert, or_, select, update

from engine.store.deletions import Deletion
from engine.store.tables import APPROVAL, APPROVAL_WORD, DELETION, RULE

OPEN, APPROVED, UNANSWERED = "open", "approved", "unanswered"
AWAITS_APPROVAL, NO_APPROVAL = "AWAITS_APPROVAL", "NO_APPROVAL"
DIGEST_LENGTH = 16

# What waits for an answer, and what waited for it in vain: a late answer is one, too.
IS_WAITING = or_(
    and_(DELETION.c.state == "due", DELETION.c.reason == AWAITS_APPROVAL),
    and_(DELETION.c.state == "kept", DELETION.c.reason == NO_APPROVAL),
)


@dataclass(frozen=True, slots=True)
class Request:
    """An approval that was asked for: by which call of which rule, since when, and until when an answer is awaited.

    `digest` stands for exactly the `deletions` that wait for it, each as its record is.
    """

    key: int
    rule: str
    call: int
    version: str
    state: str
    asked_at: datetime
    answer_by: datetime
    deletions: tuple[int, ...]
    digest: str
    said: tuple[str, ...]


def asked_for(connection: Connection, one: Deletion, until: datetime, now: datetime, *, as_batch: bool) -> int:
    """Return the approval that a deletion is to wait for: one that nobody has answered in part, or a new one.

    An answer is awaited until an instant at the earliest.
    """
    is_like = (APPROVAL.c.rule == one.rule_key, APPROVAL.c.call == one.call, APPROVAL.c.version == one.version)
    has_word = exists().where(APPROVAL_WORD.c.approval == APPROVAL.c.key)
    joinable = select(APPROVAL.c.key).where(*is_like, APPROVAL.c.state == OPEN, ~has_word)
    found: int | None = connection.execute(joinable.order_by(APPROVAL.c.key.desc()).limit(1)).scalar_one_or_none()
    if found is None or not as_batch:
        values = {"rule": one.rule_key, "call": one.call, "version": one.version, "state": OPEN, "asked_at": now}
        added = insert(APPROVAL).values(values | {"answer_by": until}).returning(APPROVAL.c.key)
        return int(connection.execute(added).scalar_one())
    connection.execute(update(APPROVAL).where(APPROVAL.c.key == found).values(answer_by=until))
    return found


def state_of(connection: Connection, approval: int | None) -> str | None:
    """Return how an approval stands; None where there is none."""
    return connection.execute(select(APPROVAL.c.state).where(APPROVAL.c.key == approval)).scalar_one_or_none()


def lapse(connection: Connection, now: datetime) -> None:
    """End the approvals that nobody has given in time."""
    is_over = and_(APPROVAL.c.state == OPEN, APPROVAL.c.answer_by <= now)
    connection.execute(update(APPROVAL).where(is_over).values(state=UNANSWERED, ended_at=now))


def requested(connection: Connection, approval: int) -> Request | None:
    """Return an approval as it stands."""
    return next(iter(listing(connection, APPROVAL.c.key == approval)), None)


def listing(connection: Connection, *conditions: Any) -> list[Request]:
    """Return approvals that something waits for, the oldest first."""
    names = ("key", "call", "version", "state", "asked_at", "answer_by")
    columns = [APPROVAL.c[name] for name in names]
    its = (APPROVAL.c.state != APPROVED, *conditions)  # for what was approved nothing waits
    rows = select(*columns, RULE.c.id.label("rule")).join(RULE, RULE.c.key == APPROVAL.c.rule).where(*its)
    members, words = defaultdict(list), defaultdict(list)
    waiting = select(DELETION.c.approval, DELETION.c.key, DELETION.c.digest).join(
        APPROVAL, APPROVAL.c.key == DELETION.c.approval
    )
    for one in connection.execute(waiting.where(*its, IS_WAITING).order_by(DELETION.c.key)):
        members[one.approval].append((one.key, one.digest))
    said = select(APPROVAL_WORD.c.approval, APPROVAL_WORD.c.digest, APPROVAL_WORD.c.person).join(APPROVAL)
    for one in connection.execute(said.where(*its).order_by(APPROVAL_WORD.c.said_at)):
        words[one.approval, one.digest].append(one.person)
    found = []
    for row in connection.execute(rows.order_by(APPROVAL.c.key)).mappings():
        if its_members := members.get(row["key"]):
            digest, keys = digest_of(its_members), tuple(key for key, _ in its_members)
            found.append(Request(**row, deletions=keys, digest=digest, said=tuple(words[row["key"], digest])))
    return found


def digest_of(members: Iterable[tuple[int, str | None]]) -> str:
    """Return what stands for exactly these deletions, by their keys in order, each with the state of its record."""
    text = ",".join(f"{key}:{state}" for key, state in members)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def say(connection: Connection, request: Request, word: tuple[str, str], now: datetime) -> tuple[str, ...]:
    """Write that somebody (who, why) lets exactly the set of a request go; return all who have said so."""
    who, reason = word
    if who not in request.said:
        values = {"approval": request.key, "digest": request.digest, "person": who, "reason": reason, "said_at": now}
        connection.execute(insert(APPROVAL_WORD).values(values))
    return tuple(dict.fromkeys((*request.said, who)))


def give(connection: Connection, approval: int, now: datetime) -> None:
    """Note that an approval was given, for those that wait for it now and no others."""
    connection.execute(update(DELETION).where(DELETION.c.approval == approval, ~IS_WAITING).values(approval=None))
    connection.execute(update(APPROVAL).where(APPROVAL.c.key == approval).values(state=APPROVED, ended_at=now))


def given_by(connection: Connection, approval: int | None) -> tuple[str, ...]:
    """Return whose words an approval consists of, if it was given."""
    newest = select(func.max(APPROVAL_WORD.c.said_at)).where(APPROVAL_WORD.c.approval == approval).scalar_subquery()
    digest = select(APPROVAL_WORD.c.digest).where(
        APPROVAL_WORD.c.approval == approval, APPROVAL_WORD.c.said_at == newest
    )
    said = select(APPROVAL_WORD.c.person).where(
        APPROVAL_WORD.c.approval == approval, APPROVAL_WORD.c.digest.in_(digest)
    )
    is_given = state_of(connection, approval) == APPROVED
    return tuple(connection.execute(said.order_by(APPROVAL_WORD.c.person)).scalars()) if is_given else ()
