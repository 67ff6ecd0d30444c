"""To whom data was disclosed: the recipients of the configuration and of before, and how much each was told."""

from typing import Any

from engine.service.config import Settings
from engine.store import recipient_levels, recipients
from engine.store.database import Connection
from engine.store.intents import PARKED, PENDING
from engine.store.recipients import OVERTAKEN, SETTLED, TOLD

SUMS = ("recipient", "told_of", "told", "waiting", "parked", "settled", "overtaken", "takes_calls")


def sums(connection: Connection, settings: Settings, most: int | None = None) -> list[dict[str, Any]]:
    """Return recipients with how much each was told, waits and could not be told, each counted up to a bound if any."""
    found = recipients.sums(connection) if most is None else recipient_levels.sums(connection, most)
    return [
        {
            "recipient": name,
            "told_of": settings.recipients[name].told_of if name in settings.recipients else (),
            "told": count.get(TOLD, 0),
            "waiting": count.get(PENDING, 0),
            "parked": count.get(PARKED, 0),
            "settled": count.get(SETTLED, 0),
            "overtaken": count.get(OVERTAKEN, 0),
            "takes_calls": not recipients.is_gone(connection, name),
        }
        for name in (*settings.recipients, *sorted(found.keys() - settings.recipients.keys()))
        for count in [found.get(name, {})]
    ]
