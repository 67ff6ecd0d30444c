"""The fixed tables of what is told and proven: to operators, recipients and the CRM; the audit chain, baselines."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table

from engine.store.columns import Instant, Text
from engine.store.metadata import KEY, METADATA, partial

NOTICE = Table(
    "notice",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),  # of one kind about one thing, somebody is told once
    Column("details", Text, nullable=False),  # JSON, without personal data
    Column("to", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("reached", Text),
    Index("notices_due", "state", "not_before"),
    Index("notices_about", "kind", "about"),
    Index("notices_by_state", "state", "key"),
    sqlite_autoincrement=True,
)

RECIPIENT_TOLD = Table(
    "recipient_told",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("recipient", Text, nullable=False),
    Column("kind", Text, nullable=False),  # erasure, anonymisation, restriction, its end, rectification
    Column("entity", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("contact", Text),  # the id, until the recipient has been told
    Column("id_hash", Text, nullable=False),
    Column("cause", Text, nullable=False),  # what it is told about: one of a kind and cause is told once
    Column("details", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("told_due", "state", "not_before"),
    Index("told_once", "recipient", "kind", "cause", unique=True),
    Index("told_of_record", "entity", "record"),
    Index("told_by_state", "state", "key"),
    Index("told_of_recipient", "recipient", "state", "key"),
    Index("told_of_person", "id_hash", "key"),
    sqlite_autoincrement=True,
)

Index("told_of_contact", RECIPIENT_TOLD.c.contact, **partial(RECIPIENT_TOLD.c.contact.is_not(None)))

MOVE_TOLD = Table(
    "move_told",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("rule", ForeignKey("rule.key"), nullable=False),
    Column("entity", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),  # selections or alerts
    Column("came", Boolean, nullable=False),  # joined or raised; else left or lowered
    Column("number", BigInteger, nullable=False),  # of the move in the selection's feed, or of the alert
    Column("selection", Text),
    Column("severity", Text),
    Column("blocks", Text),
    Column("moved_at", Instant, nullable=False),
    Column("state", Text, nullable=False),  # pending or parked: once told it is gone
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("moves_told_due", "state", "not_before"),
    Index("moves_told_of_record", "entity", "record", "key"),
    Index("moves_told_by_state", "state", "key"),
    Index("moves_told_of_rule", "rule", "state", "key"),
    sqlite_autoincrement=True,
)

CHAIN = Table(
    "chain",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("subject", Text, nullable=False),  # the keyed hash of whom it is about; empty where about nobody
    Column("details", Text, nullable=False),  # JSON, without personal data
    Column("key_id", Text, nullable=False),
    Column("mac", Text, nullable=False),  # of the entry and of the mac before it
    Index("chain_of_what", "what", "rule", "seq"),
    Index("chain_by_what", "what", "seq"),
    Index("chain_by_rule", "rule", "seq"),
)

BASELINE = Table(
    "baseline",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("taken_at", Instant, nullable=False),
)
