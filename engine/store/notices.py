"""Notices: what waits for a person, as rows: one for each who is told; of one kind about one thing once."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from engine.store.intents import DONE, PARKED, PENDING, WITHHELD
from engine.store.proof_tables import NOTICE

STATES = (PENDING, DONE, WITHHELD, PARKED)
NOBODY = "NOBODY"  # why a notice is withheld that has no destination
LISTED = ("kind", "about", "to", "state", "reason", "attempts", "created_at", "ended_at")


@dataclass(frozen=True, slots=True)
class Stored:
    """A notice to one person or channel, which `to` names. `reached` is the mark of the destination once told."""

    key: int
    kind: str
    about: str
    details: Mapping[str, Any]
    to: str
    attempts: int
    reached: str | None


def is_known(connection: Connection, kind: str, about: str, since: datetime | None = None) -> bool:
    """True where there is a notice of a kind about one thing, written at an instant or later if one is given."""
    same = select(NOTICE.c.key).where(NOTICE.c.kind == kind, NOTICE.c.about == about)
    recent = same if since is None else same.where(NOTICE.c.created_at >= since)
    return connection.execute(recent.limit(1)).first() is not None


def add(
    connection: Connection, matter: tuple[str, str], details: Mapping[str, Any], to: Iterable[str], now: datetime
) -> None:
    """Write notices about a matter (kind, about), one for each destination; without any, that nobody is told."""
    row: dict[str, Any] = {
        "kind": matter[0],
        "about": matter[1],
        "details": json.dumps(dict(details), ensure_ascii=False),
    }
    row |= {"attempts": 0, "not_before": now, "created_at": now, "state": PENDING}
    rows = [{**row, "to": one} for one in to]
    nobody = {**row, "to": "", "state": WITHHELD, "reason": NOBODY, "ended_at": now}
    connection.execute(insert(NOTICE), rows or [nobody])


def due(connection: Connection, now: datetime, limit: int = 500) -> list[Stored]:
    """Return the notices that are to go out now, the oldest first."""
    columns = [NOTICE.c[name] for name in Stored.__slots__]
    waiting = select(*columns).where(NOTICE.c.state == PENDING, NOTICE.c.not_before <= now)
    rows = connection.execute(waiting.order_by(NOTICE.c.not_before, NOTICE.c.key).limit(limit)).mappings()
    return [Stored(**{**row, "details": json.loads(row["details"])}) for row in rows]


def reach(connection: Connection, key: int, mark: str, now: datetime) -> None:
    """Note that a notice has reached its destination."""
    _end(connection, key, {"state": DONE, "reason": None, "reached": mark}, now)


def withhold(connection: Connection, key: int, reason: str, now: datetime) -> None:
    """Note why a notice does not go out."""
    _end(connection, key, {"state": WITHHELD, "reason": reason}, now)


def park(connection: Connection, key: int, reason: str, now: datetime) -> None:
    """Note that a notice has failed for the last time."""
    _end(connection, key, {"state": PARKED, "reason": reason}, now)


def postpone(connection: Connection, key: int, reason: str, until: datetime, *, was_tried: bool) -> None:
    """Note until when a notice waits that could not go out; one that was not even tried keeps its attempts."""
    values = {"reason": reason, "not_before": until, "attempts": NOTICE.c.attempts + int(was_tried)}
    connection.execute(update(NOTICE).where(NOTICE.c.key == key).values(values))


def _end(connection: Connection, key: int, values: Mapping[str, Any], now: datetime) -> None:
    ended = {**values, "ended_at": now, "attempts": NOTICE.c.attempts + 1}
    connection.execute(update(NOTICE).where(NOTICE.c.key == key).values(ended))


def listing(
    connection: Connection, state: str | None = None, limit: int | None = None, before: int | None = None
) -> list[dict[str, Any]]:
    """Return the newest notices, of one state or all; `before` is the id behind which a page begins."""
    rows = select(NOTICE.c.key.label("id"), *(NOTICE.c[name] for name in LISTED), NOTICE.c.details)
    if state is not None:
        rows = rows.where(NOTICE.c.state == state)
    if before is not None:
        rows = rows.where(NOTICE.c.key < before)
    found = connection.execute(rows.order_by(NOTICE.c.key.desc()).limit(limit)).mappings()
    return [{**row, "details": json.loads(row["details"])} for row in found]


def replay(connection: Connection, key: int, now: datetime) -> bool:
    """Let a parked notice begin anew; False where none such is parked."""
    anew = {"state": PENDING, "reason": None, "attempts": 0, "not_before": now, "ended_at": None}
    parked = update(NOTICE).where(NOTICE.c.key == key, NOTICE.c.state == PARKED)
    return connection.execute(parked.values(anew)).rowcount == 1


def sums(connection: Connection) -> dict[str, int]:
    """Return how many notices are in each state."""
    rows = connection.execute(select(NOTICE.c.state, func.count()).group_by(NOTICE.c.state))
    return {row[0]: row[1] for row in rows}
