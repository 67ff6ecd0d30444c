"""How much recipients were told, and how much of it waits: found by an index, and counted up to a bound."""

from sqlalchemy import Connection, func, select

from engine.store.proof_tables import RECIPIENT_TOLD
from engine.store.recipients import STATES


def names(connection: Connection) -> list[str]:
    """Return the recipients of whom there is something, by name; each is found from the one before."""
    found: list[str] = []
    while True:
        behind = select(func.min(RECIPIENT_TOLD.c.recipient))
        after = behind.where(RECIPIENT_TOLD.c.recipient > found[-1]) if found else behind
        name = connection.execute(after).scalar_one_or_none()
        if name is None:
            return found
        found.append(name)


def sums(connection: Connection, most: int) -> dict[str, dict[str, int]]:
    """Return by recipient how much is in each state, up to a bound."""
    return {name: {state: _count(connection, name, state, most) for state in STATES} for name in names(connection)}


def _count(connection: Connection, name: str, state: str, most: int) -> int:
    its = (RECIPIENT_TOLD.c.recipient == name, RECIPIENT_TOLD.c.state == state)
    some = select(RECIPIENT_TOLD.c.key).where(*its).limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())
