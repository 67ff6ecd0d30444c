"""The fixed tables: what is the same in every installation. Migrations in `migrations/` make them."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, Table, or_
from sqlalchemy.schema import UniqueConstraint

from engine.store.access_tables import ANSWER, SESSION, TOKEN
from engine.store.columns import Instant, Text, TextList
from engine.store.deletion_tables import (
    ANONYMOUS,
    APPROVAL,
    APPROVAL_WORD,
    DELETION,
    DELETION_MOVE,
    HOLD,
    PERMISSION,
    RECEIPT,
    RECYCLE_BIN,
    RESTRICTION,
    REVIEW,
)
from engine.store.metadata import KEY, METADATA, partial
from engine.store.proof_tables import BASELINE, CHAIN, MOVE_TOLD, NOTICE, RECIPIENT_TOLD
from engine.store.run_tables import FUNNEL, RUN_CALL

__all__ = [
    "ALERT", "ANONYMOUS", "ANSWER", "APPROVAL", "APPROVAL_WORD", "BASELINE", "CASES", "CASE_MOVE", "CATALOGUE",
    "CHAIN", "CHANGE_LOG", "DELETION", "DELETION_MOVE", "FUNNEL", "HOLD", "INBOX", "INTENT", "KEY", "MEMBER",
    "MEMBER_MOVE", "METADATA", "MOVE_TOLD", "NOTICE", "OCCURRENCE", "PERMISSION", "RECEIPT", "RECIPIENT_TOLD",
    "RECYCLE_BIN", "RESTRICTION", "REVIEW", "RULE", "RULE_DAY", "RUN", "RUN_CALL", "RUN_RULE", "SESSION", "SETTING",
    "TOKEN", "VERDICT_MOVE",
]  # fmt: skip

SETTING = Table("setting", METADATA, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

CATALOGUE = Table(
    "catalogue",
    METADATA,
    Column("entity", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("bit", Integer, nullable=False),
    Column("type", Text, nullable=False),
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
    Column("paused", Text),
    Column("paused_at", Instant),
    Column("pause_reason", Text),
    Column("editor", Text),  # who changed it last, as its text or its promotion says
    Column("promoted", Text),
    Column("promotion", Text),
    Column("watched", TextList, nullable=False),  # fields whose changes its event pattern waits for
    Column("known_since", Instant, nullable=False),
    Column("evaluated_at", Instant),
    Column("evaluated_version", Text),
    Column("evaluated_run", BigInteger),
    Column("seen", BigInteger),  # up to where in the change log it was evaluated
    Column("moved_run", BigInteger),  # the last run in which its verdicts came or went as a whole
    Column("matched", BigInteger),  # its open cases that are not in doubt, and those in doubt, as of the last move
    Column("undecided", BigInteger),
    Column("waited_until", Instant),  # up to when it was looked at what time alone does to its event pattern
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
    Column("true_since", Instant),  # while it waits to have been true for long enough
    Column("at_risk_at", Instant),
    Column("late_at", Instant),
    UniqueConstraint("rule", "record", name="one_case_a_record"),
    Index("cases_of_record", "record", "rule"),
    sqlite_autoincrement=True,
)
# Few cases have a deadline that is near or over, and these are counted often.
Index("cases_at_risk", CASES.c.rule, **partial(CASES.c.at_risk_at.is_not(None)))
Index("cases_late", CASES.c.rule, **partial(CASES.c.late_at.is_not(None)))
Index("cases_undecided", CASES.c.rule, CASES.c.record, **partial(CASES.c.undecided))

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

VERDICT_MOVE = Table(
    "verdict_move",
    METADATA,
    Column("rule", ForeignKey("rule.key"), primary_key=True),
    Column("run", BigInteger, primary_key=True),
    Column("record", BigInteger, primary_key=True),
    Index("verdict_moves_of_record", "record", "rule"),
    sqlite_with_rowid=False,
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
    Index("member_moves_of_record", "record", "rule"),
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
    Index("alerts_by_raise", "raised_at"),
    Index("alerts_by_urgency", "severity", "priority", "key"),
    Index("alerts_of_rule", "rule", "severity", "priority", "key"),
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
    Column("inputs", Text),
    Column("evaluate_seconds", Float, nullable=False),
    Column("act_seconds", Float, nullable=False),
    Column("rules", Integer, nullable=False),  # how many it evaluated, and the sums of what it found for them
    Column("matched", Integer, nullable=False),
    Column("entered", Integer, nullable=False),
    Column("left", Integer, nullable=False),
    Column("undecided", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Index("runs_by_start", "started_at"),
    Index("runs_by_trigger", "trigger", "key"),
    sqlite_autoincrement=True,
)
# Most runs move nobody.
Index("runs_that_moved", RUN.c.key, **partial(or_(RUN.c.entered > 0, RUN.c.left > 0)))
Index("runs_that_failed", RUN.c.key, **partial(RUN.c.failed > 0))

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
    Column("basis", Text, nullable=False),
    Column("seconds", Float),  # that its evaluation took, where it was evaluated by itself
    Index("runs_of_rule", "rule", "run"),
)

# A rule's day, in the zone of the installation: what came and went, and its cases as of the last move in it.
RULE_DAY = Table(
    "rule_day",
    METADATA,
    Column("rule", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("matched", Integer, nullable=False),
    Column("entered", Integer, nullable=False),
    Column("left", Integer, nullable=False),
    Index("rule_days", "day"),
    sqlite_with_rowid=False,
)

INBOX = Table(
    "inbox",
    METADATA,
    Column("seq", KEY, primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("source", "event", name="one_event_once"),
    Index("events_of_subject", "entity", "subject", "type", "occurred_at"),
    Index("events_of_type", "type", "occurred_at", "subject"),
    sqlite_autoincrement=True,
)

OCCURRENCE = Table(
    "occurrence",
    METADATA,
    Column("rule", ForeignKey("rule.key"), primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("run", BigInteger),
    sqlite_with_rowid=False,
)

INTENT = Table(
    "intent",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("rule", ForeignKey("rule.key"), nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("case", BigInteger, nullable=False),
    Column("call", Integer, nullable=False),
    Column("part", Text, nullable=False),
    Column("deletion", BigInteger, nullable=False),  # 0 where it belongs to none
    Column("repetition", Text, nullable=False),  # empty for the first time in a case
    Column("inputs", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("not_before", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("digest", Instant),  # the daily letter that it is gathered into
    Column("reached", Text),  # marks of the destinations that have been told
    Column("run", BigInteger),  # that wrote it
    UniqueConstraint("case", "call", "part", "deletion", "repetition", name="one_effect_a_case"),
    Index("intents_due", "state", "not_before"),
    Index("intents_ended", "rule", "call", "ended_at"),
    Index("intents_of_digest", "digest"),
    Index("intents_of_record", "record", "rule", "call"),  # as narrow as that of a rule's calls, which grows with them
    Index("intents_of_deletion", "deletion"),
    Index("intents_by_end", "ended_at"),
    Index("intents_by_state", "state", "key"),
    Index("intents_of_rule", "rule", "state", "key"),
    Index("intents_of_run", "run", "rule", "part", "call", "state"),
    sqlite_autoincrement=True,
)
