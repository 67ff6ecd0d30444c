"""Tombstones: who was erased here, by keyed hash only, in a store of its own, so that a restored backup is recognised.

The keys live in a file outside the database. Without them nothing here can be linked to a person any more.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, MetaData, Table, func, insert, select

from engine.store.columns import Instant, Text
from engine.store.database import Database
from engine.store.keys import KeyRing
from engine.store.rows import padded

METADATA = MetaData()
AT_A_TIME = 4_096  # hashes that are looked up in one statement
TOMBSTONE = Table(
    "tombstone",
    METADATA,
    Column("hash", Text, primary_key=True),
    Column("erased_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)


def id_text(entity: str, record_id: str) -> str:
    """Return the text whose keyed hash stands for a record's id."""
    return f"id\x1f{entity}\x1f{record_id}"


def email_text(email: str) -> str:
    """Return the text whose keyed hash stands for an address, letter case and spaces aside."""
    return f"email\x1f{email.strip().casefold()}"


@dataclass(frozen=True, slots=True)
class Tombstones:
    """The list of the erased. What is written has the newest key; whoever is looked for may be there under any."""

    database: Database
    ring: KeyRing

    def id_hash(self, entity: str, record_id: str) -> str:
        """Return the keyed hash that stands for a record's id from now on."""
        return self.ring.newest.mac(id_text(entity, record_id))

    def email_hash(self, email: str) -> str:
        """Return the keyed hash that stands for an address from now on."""
        return self.ring.newest.mac(email_text(email))

    def id_hashes(self, entity: str, *ids: str) -> frozenset[str]:
        """Return every hash that may stand for one of some ids of records."""
        return self.ring.macs(*(id_text(entity, one) for one in ids))

    def email_hashes(self, email: str) -> frozenset[str]:
        """Return every hash that may stand for an address."""
        return self.ring.macs(email_text(email))

    def add(self, hashes: Iterable[str], now: datetime) -> int:
        """Note the hashes of an erased record; those that are there stay. Return how many are new."""
        with self.database.writing() as connection:
            known = set(connection.execute(select(TOMBSTONE.c.hash)).scalars())
            rows = [{"hash": one, "erased_at": now} for one in hashes if one not in known]
            if rows:
                connection.execute(insert(TOMBSTONE), rows)
        return len(rows)

    def among(self, hashes: Collection[str]) -> frozenset[str]:
        """Return those of some hashes that are on the list."""
        asked, found = list(hashes), set[str]()
        if not asked:
            return frozenset()
        with self.database.reading() as connection:
            for start in range(0, len(asked), AT_A_TIME):
                part = padded(asked[start : start + AT_A_TIME])
                found |= set(connection.execute(select(TOMBSTONE.c.hash).where(TOMBSTONE.c.hash.in_(part))).scalars())
        return frozenset(found)

    def all(self) -> frozenset[str]:
        """Return every hash."""
        return frozenset(self.listed())

    def listed(self) -> dict[str, datetime]:
        """Return every hash, with the instant at which it was noted."""
        with self.database.reading() as connection:
            rows = connection.execute(select(TOMBSTONE.c.hash, TOMBSTONE.c.erased_at))
            return {row.hash: row.erased_at for row in rows}

    def count(self) -> int:
        """Return how many hashes there are."""
        with self.database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(TOMBSTONE)).scalar_one())


def open_tombstones(database: Database, ring: KeyRing) -> Tombstones:
    """Return the list of the erased; makes its table where it is missing."""
    with database.writing() as connection:
        METADATA.create_all(connection)
    return Tombstones(database, ring)
