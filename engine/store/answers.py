"""Answers: what was said to requests that came with an idempotency key, for as long as they may come again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from engine.store.tables import ANSWER

KEPT = timedelta(days=1)
PATIENCE = timedelta(minutes=2)  # longer than any request takes: what is not answered by then never will be


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: the key of who asks, the hash of their idempotency key, and the digest of all that they ask for."""

    caller: int
    word: str
    asked: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of an earlier request: its digest, and its answer; no status while it is being carried out."""

    asked: str
    status: int | None
    body: str | None


def begin(connection: Connection, asked: Asked, now: datetime) -> Answer | None:
    """Note that a request is carried out, and return None; or what is known of it from before."""
    connection.execute(delete(ANSWER).where(_its(asked), ANSWER.c.status.is_(None), ANSWER.c.asked_at < now - PATIENCE))
    connection.execute(delete(ANSWER).where(_its(asked), ANSWER.c.asked_at < now - KEPT))
    found = connection.execute(select(ANSWER.c.asked, ANSWER.c.status, ANSWER.c.body).where(_its(asked))).one_or_none()
    if found is not None:
        return Answer(found.asked, found.status, found.body)
    values = {"caller": asked.caller, "word": asked.word, "asked": asked.asked, "asked_at": now}
    connection.execute(insert(ANSWER).values(values))
    return None


def keep(connection: Connection, asked: Asked, status: int, body: str) -> None:
    """Keep the answer to a request."""
    connection.execute(update(ANSWER).where(_its(asked)).values(status=status, body=body))


def forget(connection: Connection, asked: Asked) -> None:
    """Free the key of a request that was not carried out."""
    connection.execute(delete(ANSWER).where(_its(asked), ANSWER.c.status.is_(None)))


def prune(connection: Connection, now: datetime) -> int:
    """Remove the answers whose time is over."""
    return connection.execute(delete(ANSWER).where(ANSWER.c.asked_at < now - KEPT)).rowcount


def _its(asked: Asked) -> ColumnElement[bool]:
    return and_(ANSWER.c.caller == asked.caller, ANSWER.c.word == asked.word)
