"""Tombstones: who was erased here, by keyed hash only, in a store of its own, so that a restored backup is recognised.

The key lives in a file outside the database. Without it nothing here can be linked to a person any more.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Column, MetaData, Table, insert, select

from engine.store.columns import Instant, Text
from engine.store.database import Database
from engine.store.unavailable import StoreUnavailable

METADATA = MetaData()
TOMBSTONE = Table(
    "tombstone",
    METADATA,
    Column("hash", Text, primary_key=True),
    Column("erased_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Tombstones:
    """The list of the erased."""

    database: Database
    key: bytes

    def id_hash(self, entity: str, record_id: str) -> str:
        """Return the keyed hash that stands for a record's id."""
        return self._hash(f"id\x1f{entity}\x1f{record_id}")

    def email_hash(self, email: str) -> str:
        """Return the keyed hash that stands for an address, letter case and spaces aside."""
        return self._hash(f"email\x1f{email.strip().casefold()}")

    def add(self, hashes: Iterable[str], now: datetime) -> None:
        """Note the hashes of an erased record; those that are there stay."""
        with self.database.writing() as connection:
            known = set(connection.execute(select(TOMBSTONE.c.hash)).scalars())
            rows = [{"hash": one, "erased_at": now} for one in hashes if one not in known]
            if rows:
                connection.execute(insert(TOMBSTONE), rows)

    def all(self) -> frozenset[str]:
        """Return every hash."""
        with self.database.reading() as connection:
            return frozenset(connection.execute(select(TOMBSTONE.c.hash)).scalars())

    def _hash(self, text: str) -> str:
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()


def open_tombstones(database: Database, key_file: Path) -> Tombstones:
    """Return the list of the erased; makes its table and, where it is missing, the key (mode 0600)."""
    with database.writing() as connection:
        METADATA.create_all(connection)
    return Tombstones(database, _key(key_file))


def _key(file: Path) -> bytes:
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
                stream.write(secrets.token_hex(KEY_BYTES))
        if file.stat().st_mode & 0o077:
            raise StoreUnavailable(f"{file} can be read by others: run chmod 600 on it")
        key = bytes.fromhex(file.read_text().strip())
    except (OSError, ValueError) as error:
        raise StoreUnavailable(f"the hash key {file} cannot be used: {error}") from None
    if len(key) < KEY_BYTES:
        raise StoreUnavailable(f"the hash key {file} is shorter than {KEY_BYTES} bytes")
    return key
