"""The fixed tables: what is the same in every installation. Migrations in `migrations/` make them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from engine.store.columns import Instant

METADATA = MetaData()
# SQLite keeps rowids small and never reuses those of AUTOINCREMENT tables: a key is never another's.
KEY = BigInteger().with_variant(Integer, "sqlite")

SETTING = Table("setting", METADATA, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

CATALOGUE = Table(
    "catalogue",
    METADATA,
    Column("entity", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("bit", Integer, nullable=False),
)

CHANGE_LOG = Table(
    "change_log",
    METADATA,
    Column("seq", KEY, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("mask", BigInteger, nullable=False),
    Column("is_new", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

RULE = Table(
    "rule",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("entity", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("selection", Text),
    Column("definition", Text, nullable=False),
    Column("evaluated_at", Instant),
    Column("evaluated_version", Text),
    sqlite_autoincrement=True,
)

CASES = Table(
    "cases",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("rule", ForeignKey("rule.key"), nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("opened_at", Instant),
    Column("undecided", Boolean, nullable=False),
    UniqueConstraint("rule", "record", name="one_case_a_record"),
    Index("cases_of_record", "record", "rule"),
    sqlite_autoincrement=True,
)

CASE_MOVE = Table(
    "case_move",
    METADATA,
    Column("seq", KEY, primary_key=True, autoincrement=True),
    Column("rule", ForeignKey("rule.key"), nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("entered", Boolean, nullable=False),
    Column("moved_at", Instant, nullable=False),
    Column("run", BigInteger, nullable=False),
    Index("case_moves_of_run", "run", "rule"),
    Index("case_moves_of_record", "record", "rule"),
    sqlite_autoincrement=True,
)

MEMBER = Table(
    "member",
    METADATA,
    Column("rule", ForeignKey("rule.key"), primary_key=True),
    Column("record", BigInteger, primary_key=True),
    Column("since", Instant, nullable=False),
    Index("memberships_of_record", "record", "rule"),
    sqlite_with_rowid=False,
)

MEMBER_MOVE = Table(
    "member_move",
    METADATA,
    Column("seq", KEY, primary_key=True, autoincrement=True),
    Column("rule", ForeignKey("rule.key"), nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("joined", Boolean, nullable=False),
    Column("moved_at", Instant, nullable=False),
    Index("member_moves_of_rule", "rule", "seq"),
    sqlite_autoincrement=True,
)

ALERT = Table(
    "alert",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("rule", ForeignKey("rule.key"), nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("call", Integer, nullable=False),
    Column("severity", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("blocks", Text, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("lowered_at", Instant),
    UniqueConstraint("rule", "record", "call", name="one_alert_a_call"),
    Index("alerts_of_record", "record"),
    sqlite_autoincrement=True,
)

RUN = Table(
    "run",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("started_at", Instant, nullable=False),
    Column("now", Instant, nullable=False),
    Column("mode", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("rulebook", Text, nullable=False),
    Column("evaluate_seconds", Float, nullable=False),
    Column("act_seconds", Float, nullable=False),
    sqlite_autoincrement=True,
)

RUN_RULE = Table(
    "run_rule",
    METADATA,
    Column("run", ForeignKey("run.key", ondelete="CASCADE"), primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("matched", Integer, nullable=False),
    Column("entered", Integer, nullable=False),
    Column("left", Integer, nullable=False),
    Column("undecided", Integer, nullable=False),
    Column("candidates", Integer, nullable=False),
    Column("actions", Text, nullable=False),
    Column("error", Text),
)
