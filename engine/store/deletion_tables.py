"""The fixed tables about deletions: their life, what keeps from them, and what remains."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table

from engine.store.columns import Instant, Text
from engine.store.metadata import KEY, METADATA

DELETION = Table(
    "deletion",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("rule", ForeignKey("rule.key"), nullable=False),
    Column("record", BigInteger),
    Column("contact", Text),
    Column("case", BigInteger, nullable=False),
    Column("call", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("version", Text, nullable=False),
    Column("digest", Text),
    Column("scheduled_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("released_at", Instant),
    Column("ordered_at", Instant),
    Column("bin_until", Instant),
    Column("ended_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant),
    Index("deletions_by_state", "state", "due_at"),
    Index("deletions_of_record", "record"),
    Index("deletions_of_case", "case"),
    sqlite_autoincrement=True,
)

HOLD = Table(
    "hold",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("lifted_at", Instant),
    Index("holds_of_record", "entity", "record"),
    sqlite_autoincrement=True,
)

RECYCLE_BIN = Table(
    "recycle_bin",
    METADATA,
    Column("deletion", BigInteger, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
)

RECEIPT = Table(
    "receipt",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("id_hash", Text, nullable=False, index=True),
    Column("rule", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("scheduled_at", Instant, nullable=False),
    Column("ordered_at", Instant, nullable=False),
    Column("erased_at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    sqlite_autoincrement=True,
)
