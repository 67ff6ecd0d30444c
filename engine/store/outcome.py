"""Outcomes: the temporary tables in which an evaluation keeps its verdicts, and whom it is to look at, by rule."""

from sqlalchemy import BigInteger, Column, ColumnElement, Integer, MetaData, SmallInteger, Table, case

from engine.store.tables import CASES

# A rule that waits (`for_at_least`) is true, but not for long enough yet: it matches nobody so far.
NEITHER, MATCHES, UNDECIDED, WAITING = 0, 1, 2, 3

OUTCOME = Table(
    "outcome",
    MetaData(),
    Column("slot", Integer, primary_key=True),
    Column("record", BigInteger, primary_key=True),
    Column("state", SmallInteger, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)

CANDIDATE = Table(
    "candidate",
    MetaData(),
    Column("slot", Integer, primary_key=True),
    Column("record", BigInteger, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


def assessed_state() -> ColumnElement[int]:
    """Return the state of an outcome for those who read the rule: one that waits is none yet."""
    return case((OUTCOME.c.state == WAITING, NEITHER), else_=OUTCOME.c.state)


def stored_state() -> ColumnElement[int]:
    """Return the state that a case stands for."""
    return case((CASES.c.undecided, UNDECIDED), (CASES.c.opened_at.is_(None), NEITHER), else_=MATCHES)
