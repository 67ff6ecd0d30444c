"""The queue of deletions: read in pages by state or by key, chosen by their keys, and counted by the day they are due.

No reading tells of all there are; counts go up to `levels.MOST`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Connection, and_, func, or_, select, type_coerce

from engine.store import deletions
from engine.store.columns import EPOCH, MICROSECOND
from engine.store.deletions import Deletion
from engine.store.levels import MOST
from engine.store.records import RecordTables
from engine.store.rows import padded
from engine.store.tables import DELETION, DELETION_MOVE, RULE
from engine.vocabulary.calendar import local_date

Place = tuple[datetime | int, int]  # where a page ended: when its last deletion is due (microseconds), and its key
COMING = ("scheduled", "warned", "due", "approved")  # that go on by themselves, or with the word that they wait for
A_QUARTER = timedelta(minutes=15)
QUARTER = A_QUARTER // MICROSECOND
PART = 512  # keys of one statement


def after(
    connection: Connection, tables: RecordTables, key: int, limit: int, state: str | None = None
) -> list[Deletion]:
    """Return deletions behind a key by their keys, so many at most, of one state or all."""
    its = [DELETION.c.key > key, *([DELETION.c.state == state] if state is not None else [])]
    wanted = connection.execute(select(DELETION.c.key).where(*its).order_by(DELETION.c.key).limit(limit)).scalars()
    return list(named(connection, tables, wanted).values())


def in_state(
    connection: Connection,
    tables: RecordTables,
    state: str,
    limit: int,
    behind: Place | None = None,
    *,
    newest_first: bool = False,
) -> list[Deletion]:
    """Return deletions of a state behind a place in the order in which they are due, so many at most."""
    due, key = DELETION.c.due_at, DELETION.c.key
    its = [DELETION.c.state == state]
    if behind is not None:
        at, last = behind
        is_beyond = (due < at, key < last) if newest_first else (due > at, key > last)
        # The first condition alone would do for the meaning; the index is entered by the second.
        its += [or_(is_beyond[0], and_(due == at, is_beyond[1])), due <= at if newest_first else due >= at]
    order = (due.desc(), key.desc()) if newest_first else (due, key)
    keys = list(connection.execute(select(key).where(*its).order_by(*order).limit(limit)).scalars())
    found = named(connection, tables, keys)
    return [found[one] for one in keys if one in found]


def named(connection: Connection, tables: RecordTables, keys: Iterable[int]) -> dict[int, Deletion]:
    """Return deletions by their keys, in the order of these; what is not there is left out."""
    wanted = sorted(set(keys))
    found: dict[int, Deletion] = {}
    for start in range(0, len(wanted), PART):
        part = padded(wanted[start : start + PART])
        found |= {one.key: one for one in deletions.read(connection, tables, DELETION.c.key.in_(part))}
    return {key: found[key] for key in wanted if key in found}


def coming(connection: Connection, until: datetime, zone: ZoneInfo) -> dict[date, Counter[str]]:
    """Return how many deletions that are under way come to be due before an instant, by local day and rule."""
    its = (DELETION.c.state.in_(COMING), DELETION.c.due_at < until)
    # A local day begins with a quarter of an hour everywhere: of these there are few, and days are made of them here.
    quarter = (type_coerce(DELETION.c.due_at, BigInteger) // QUARTER).label("quarter")
    some = select(DELETION.c.rule, quarter).where(*its).limit(MOST).subquery()
    counted = select(some.c.rule, some.c.quarter, func.count().label("many")).group_by(some.c.rule, some.c.quarter)
    each = counted.subquery()
    rows = select(RULE.c.id, each.c.quarter, each.c.many).join(RULE, RULE.c.key == each.c.rule)
    found: dict[date, Counter[str]] = {}
    for rule, number, count in connection.execute(rows):
        found.setdefault(local_date(EPOCH + number * A_QUARTER, zone), Counter())[rule] += count
    return found


def said_of(connection: Connection, deletion: int) -> list[str | None]:
    """Return what people said with each step of a deletion's history."""
    rows = select(DELETION_MOVE.c.said).where(DELETION_MOVE.c.deletion == deletion)
    return list(connection.execute(rows.order_by(DELETION_MOVE.c.seq)).scalars())


def newest_of(connection: Connection, tables: RecordTables, rule_id: str) -> Deletion | None:
    """Return the deletion that a rule has scheduled last."""
    return max(deletions.read(connection, tables, RULE.c.id == rule_id), key=lambda one: one.key, default=None)


def left_batch(connection: Connection, tables: RecordTables, approval: int, waits: Any, limit: int) -> list[Deletion]:
    """Return deletions that an approval was asked for and that do not wait for it any more, so many at most."""
    its = select(DELETION.c.key).where(DELETION.c.approval == approval, ~waits).order_by(DELETION.c.key).limit(limit)
    return list(named(connection, tables, connection.execute(its).scalars()).values())
