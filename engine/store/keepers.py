"""Keepers: which rule keeps a selection. The name passes to whichever rule took it last, and feeds begin anew then.

Rules that had the name before may still have it: one that is gone from the rulebook keeps its members until it returns
or is retired. What follows a feed by a cursor of another keeper has another membership, and is told to read it anew.
"""

from sqlalchemy import ColumnElement, Connection, delete, false, insert, select

from engine.store import positions
from engine.store.columns import EPOCH
from engine.store.tables import MEMBER_MOVE, RULE


def is_keeper(connection: Connection, selection: str) -> ColumnElement[bool]:
    """Return the condition under which a rule is the one that keeps a selection; of none where nobody does."""
    its = (RULE.c.selection == selection, RULE.c.state != "retired")
    taken_by = positions.known(connection, _keeper(selection))
    if taken_by is not None:
        return RULE.c.key.in_(select(RULE.c.key).where(*its, RULE.c.key == taken_by))
    # Taken before takings were noted: the one in force, else the newest of those that are gone.
    found = connection.execute(select(RULE.c.key, RULE.c.state).where(*its).order_by(RULE.c.key.desc())).all()
    keys = [one.key for one in sorted(found, key=lambda one: one.state != "active")]
    return RULE.c.key == keys[0] if keys else false()


def take(connection: Connection, rule: int, selection: str | None) -> None:
    """Note that a rule, by its key, begins to keep a selection: no cursor from before goes on in its feed."""
    if selection is None:
        return
    named_so = select(RULE.c.key).where(RULE.c.selection == selection, RULE.c.key != rule).limit(1)
    was_kept = positions.known(connection, _keeper(selection)) is not None
    if was_kept or connection.execute(named_so).first() is not None:  # of a new name nobody has a cursor
        positions.write(connection, _began(rule), _next_move(connection, rule))
    positions.write(connection, _keeper(selection), rule)


def began(connection: Connection, rule: int) -> int:
    """Return the cursor at which the feed of a rule began; 0 where that was not noted."""
    return positions.read(connection, _began(rule))


def _next_move(connection: Connection, rule: int) -> int:
    """Use up the number of a move: all cursors that there are lie before it, all moves to come behind it."""
    values = {"rule": rule, "record": 0, "joined": False, "moved_at": EPOCH}
    number = int(connection.execute(insert(MEMBER_MOVE).values(values).returning(MEMBER_MOVE.c.seq)).scalar_one())
    connection.execute(delete(MEMBER_MOVE).where(MEMBER_MOVE.c.seq == number))
    return number


def _keeper(selection: str) -> str:
    return f"selection {selection} keeper"


def _began(rule: int) -> str:
    return f"feed {rule} began"
