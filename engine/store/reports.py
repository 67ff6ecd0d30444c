"""Reports: what the receiver of a call said later of what came of it, kept with the intent."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from engine.store.intents import DONE, FAILED, PARKED, REPORTED, WITHHELD
from engine.store.tables import INTENT, RULE

_STATES = {"done": DONE, "refused": PARKED}  # what was refused is parked: an operator sees why, and can replay it


@dataclass(frozen=True, slots=True)
class Asked:
    """An intent that somebody outside was asked for: which call of which rule, and what was reported of it so far."""

    rule: str
    part: str
    call: int
    reported: str | None


def asked(connection: Connection, key: int) -> Asked | None:
    """Return the intent of a key, unless it never went out."""
    columns = (RULE.c.id, INTENT.c.part, INTENT.c.call, INTENT.c.reason)
    may_be_out = INTENT.c.state.not_in((WITHHELD, FAILED))
    rows = select(*columns).join(RULE, RULE.c.key == INTENT.c.rule).where(INTENT.c.key == key, may_be_out)
    found = connection.execute(rows).first()
    return None if found is None else Asked(found.id, found.part, found.call, _reported(found.reason))


def note(connection: Connection, key: int, result: str, words: str, now: datetime) -> None:
    """Write what was reported of an intent, and the receiver's own words of why."""
    reason = f"{_mark(result)}: {words}" if words else _mark(result)
    values = {"state": _STATES[result], "reason": reason, "ended_at": now}
    connection.execute(update(INTENT).where(INTENT.c.key == key).values(values))


def _mark(result: str) -> str:
    return f"{REPORTED}_{result.upper()}"


def _reported(reason: str | None) -> str | None:
    return next((result for result in _STATES if reason and reason.startswith(_mark(result))), None)
