"""The tables of who comes in: tokens and sessions, and what calls were answered that came with an idempotency key."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table

from engine.store.columns import Instant, Text
from engine.store.metadata import KEY, METADATA

TOKEN = Table(
    "token",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    sqlite_autoincrement=True,
)

SESSION = Table(
    "session",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("token", ForeignKey("token.key"), nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("begun_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

# `caller` says who asked, `word` is the hash of the idempotency key, `asked` the digest of the whole request. While
# `status` is empty the request is being carried out, or the process ended while it was.
ANSWER = Table(
    "answer",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("caller", BigInteger, nullable=False),
    Column("word", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("status", Integer),
    Column("body", Text),
    Column("asked_at", Instant, nullable=False),
    Index("answers_to", "caller", "word", unique=True),
    Index("answers_by_age", "asked_at"),
    sqlite_autoincrement=True,
)
