"""Replaying: a person lets what is parked begin anew, or says that somebody was told by other means; it is recorded."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.service.installation import Installation
from engine.service.messages import MOVE
from engine.service.naming import NOT_THERE, UNFIT, Declined
from engine.service.recording import ANYBODY, record_all
from engine.store import intents, moves_told, notices, recipients
from engine.store.chain import Act
from engine.store.database import Connection
from engine.store.schema import Store

_ID = re.compile(rf"({MOVE})?(\d{{1,18}})")
Step = Callable[[Connection, str, datetime], bool]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where somebody decides, and in whose name; empty for somebody at the command line."""

    installation: Installation
    store: Store
    by: str = ""


def replay_messages(desk: Desk, ids: Sequence[str]) -> None:
    """Let parked messages begin anew, all of them or none; who has been reached is not told twice. Raises Declined."""
    _each(desk, ids, _replay_message, ("message.replayed", "message"), "no message {} is parked")


def replay_notices(desk: Desk, ids: Sequence[str]) -> None:
    """Let parked notices begin anew, all of them or none. Raises Declined."""
    _each(desk, ids, _by_number(notices.replay), ("notice.replayed", "notice"), "no notice {} is parked")


def replay_told(desk: Desk, ids: Sequence[str]) -> None:
    """Let recipients be told of what is parked, all of it or nothing. Raises Declined."""
    _each(desk, ids, _by_number(recipients.replay), ("recipient.replayed", "told"), "nothing is parked under {}")


def settle_told(desk: Desk, ids: Sequence[str], reason: str) -> None:
    """Note that recipients were told by other means, or cannot be. Raises Declined."""
    if not reason.strip():
        raise Declined(UNFIT, "say how they were told, or why they cannot be; name nobody")

    def settle(connection: Connection, one: int, now: datetime) -> bool:
        return recipients.settle(connection, one, reason, now)

    missing = "nothing waits or is parked under {}"
    _each(desk, ids, _by_number(settle), ("recipient.settled", "told"), missing)


def _each(desk: Desk, ids: Sequence[str], step: Step, act: tuple[str, str], missing: str) -> None:
    """Do something with each of some, or with none of them, and record it; `missing` is said of one not there.

    The step returns False where there is nothing to do it with.
    """
    if not ids:
        raise Declined(UNFIT, "say which by their ids: none was named")
    what, name = act
    now = desk.installation.clock.now()
    with desk.store.database.writing() as connection:
        for one in dict.fromkeys(ids):
            if not step(connection, one, now):
                raise Declined(NOT_THERE, missing.format(one))
        acts = [Act(desk.by or ANYBODY, what, details={name: one}) for one in dict.fromkeys(ids)]
        record_all(desk.installation, connection, acts, now)


def _replay_message(connection: Connection, one: str, now: datetime) -> bool:
    found = _ID.fullmatch(one)
    if found is None:
        return False
    replay = moves_told.replay if found[1] else intents.replay
    return replay(connection, int(found[2]), now)


def _by_number(step: Callable[[Connection, int, datetime], bool]) -> Step:
    def by_number(connection: Connection, one: str, now: datetime) -> bool:
        found = _ID.fullmatch(one)
        return found is not None and not found[1] and step(connection, int(found[2]), now)

    return by_number
