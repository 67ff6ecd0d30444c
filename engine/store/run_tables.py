"""The fixed tables of what is told of runs besides: what they planned, call by call (R15), and funnels of rules."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table

from engine.store.columns import Instant, Text
from engine.store.metadata import KEY, METADATA

RUN_CALL = Table(
    "run_call",
    METADATA,
    Column("run", ForeignKey("run.key", ondelete="CASCADE"), primary_key=True),
    Column("rule", BigInteger, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("call", Integer, primary_key=True),
    Column("planned", Integer, nullable=False),
    Column("gone", Integer, nullable=False),  # of those, how many are kept no longer: erased, or past their time
    sqlite_with_rowid=False,
)

# How many records each criterion of a rule left, in the order in which it has them; counted when all were looked at.
FUNNEL = Table(
    "funnel",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("rule", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("counted_at", Instant, nullable=False),
    Column("run", BigInteger),
    Column("steps", Text, nullable=False),  # JSON
    Index("funnels_of_rule", "rule", "counted_at"),
    sqlite_autoincrement=True,
)
