"""What a rehearsal needs of its store: emptied between tests, feeds kept alive, and what happened and when read out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, delete, insert, select, union

from engine.store import positions
from engine.store.columns import Instant
from engine.store.database import Database
from engine.store.intents import DONE, WITHHELD
from engine.store.positions import CLOCK_SEEN
from engine.store.records import RecordTables, Table
from engine.store.registry import REVISION
from engine.store.tables import (
    BASELINE,
    CASE_MOVE,
    CASES,
    CATALOGUE,
    CHAIN,
    CHANGE_LOG,
    DELETION,
    DELETION_MOVE,
    INTENT,
    MEMBER_MOVE,
    METADATA,
    OCCURRENCE,
    RULE,
    RUN,
    SETTING,
)
from engine.store.tombstones import TOMBSTONE, Tombstones

NOBODY = 0  # the keys of records begin at 1
FEED = "feed"
MOST_JOINED = 400  # SQLite joins 500 selects at most
_STOPPED = ("due", "kept", "held")
_OF_THE_INSTALLATION = frozenset({CATALOGUE, SETTING})
# They tell when the service looked; nothing becomes due because of it.
_OF_LOOKING = frozenset({RULE, RUN, OCCURRENCE, CHANGE_LOG, CASE_MOVE, MEMBER_MOVE, DELETION_MOVE, BASELINE, CHAIN})


@dataclass(frozen=True, slots=True)
class Effect:
    """An intent that has ended: which call of which rule, for which part of it, and what came of it."""

    key: int
    rule: str
    call: int
    part: str
    state: str
    reason: str | None


def allow_nobody(database: Database) -> None:
    """Let items stand without a record: a feed is then alive without anybody whom a rule could match."""
    raw = database.engine.raw_connection()  # outside of a transaction, in which the pragma would do nothing
    raw.cursor().execute("PRAGMA foreign_keys=OFF")
    raw.close()


def empty(database: Database, tables: RecordTables) -> None:
    """Remove everything but what the store knows of its installation; the clock begins anew with every test."""
    _empty(database, _tables(tables) - _OF_THE_INSTALLATION)
    with database.writing() as connection:
        positions.forget(connection, CLOCK_SEEN)


def forget_erased(tombstones: Tombstones) -> None:
    """Let nobody have been erased."""
    _empty(tombstones.database, {TOMBSTONE})


def _empty(database: Database, tables: Iterable[Table]) -> None:
    raw = database.engine.raw_connection()
    raw.cursor().executescript(_emptying(frozenset(tables)))
    raw.info.pop(REVISION, None)  # what was known of the rules that are gone
    raw.close()


@lru_cache(maxsize=8)
def _emptying(tables: frozenset[Table]) -> str:
    """Return one script: as statements of their own they would take longer than the test that follows."""
    return ";".join(str(delete(table)) for table in tables)


def has_open_case(connection: Connection, rule: str) -> bool:
    """True while the rule has an open case; undecided or not."""
    found = select(CASES.c.key).join(RULE).where(RULE.c.id == rule, CASES.c.opened_at.is_not(None))
    return connection.execute(found).first() is not None


def has_stopped_deletion(connection: Connection) -> bool:
    """True while a guard stops a deletion, which goes on once the guard no longer applies: no stored instant tells."""
    return connection.execute(select(DELETION.c.key).where(DELETION.c.state.in_(_STOPPED))).first() is not None


def keep_alive(connection: Connection, tables: RecordTables, entity: str, collection: str, now: datetime) -> None:
    """Let the newest item of a collection be somebody else's, and new, as in every feed that works."""
    items = tables.items[(entity, collection)]
    dated_by = tables.model.entity(entity).collections[collection].dated_by
    connection.execute(delete(items).where(items.c.owner_key == NOBODY))
    connection.execute(insert(items).values({"owner_key": NOBODY, "id": FEED, dated_by: now}))


def known_instants(connection: Connection, tables: RecordTables) -> frozenset[datetime]:
    """Return every instant that is stored about the record, its cases, and what is to become of them."""
    columns = [
        select(column.label("at")).where(column.is_not(None), *_of_somebody(table))
        for table in _tables(tables) - _OF_LOOKING
        for column in table.columns
        if isinstance(column.type, Instant)
    ]
    parts = (union(*columns[start : start + MOST_JOINED]) for start in range(0, len(columns), MOST_JOINED))
    return frozenset(at for part in parts for at in connection.execute(part).scalars())


def effects(connection: Connection) -> list[Effect]:
    """Return the intents that were carried out or withheld, in the order in which they were written."""
    names = [INTENT.c.key, RULE.c.id.label("rule"), *(INTENT.c[name] for name in ("call", "part", "state", "reason"))]
    ended = select(*names).join(RULE).where(INTENT.c.state.in_((DONE, WITHHELD))).order_by(INTENT.c.key)
    return [Effect(**row) for row in connection.execute(ended).mappings()]


def _tables(tables: RecordTables) -> frozenset[Table]:
    return frozenset((*METADATA.tables.values(), *tables.metadata.tables.values()))


def _of_somebody(table: Table) -> list[ColumnElement[bool]]:
    return [table.c.owner_key != NOBODY] if "owner_key" in table.c else []
