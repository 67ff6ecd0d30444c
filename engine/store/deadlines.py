"""Deadlines of open cases: which are near and which are over, marked on the case, set-based."""

from sqlalchemy import ColumnElement, and_, literal, select, update

from engine.language.algebra import Predicate
from engine.language.rule import Rule
from engine.store.assessment import Assessment
from engine.store.columns import Instant
from engine.store.lowering import Lowering
from engine.store.prepared import Prepared
from engine.store.tables import CASES
from engine.store.turn import Turn


def mark(assessment: Assessment, rule: Rule, turn: Turn) -> None:
    """Mark the open cases of a rule whose deadline is near or over; one that was moved away is unmarked."""
    if rule.deadline is None:
        return
    _mark(assessment, rule, turn, "at_risk_at", rule.deadline.is_at_risk)
    _mark(assessment, rule, turn, "late_at", rule.deadline.is_late)


def are_at_risk(turn: Turn) -> ColumnElement[bool]:
    """Return the condition of a rule's open cases whose deadline is near or over."""
    return and_(_are_open(turn), CASES.c.at_risk_at.is_not(None))


def are_late(turn: Turn) -> ColumnElement[bool]:
    """Return the condition of a rule's open cases whose deadline is over."""
    return and_(_are_open(turn), CASES.c.late_at.is_not(None))


def _are_open(turn: Turn) -> ColumnElement[bool]:
    return and_(CASES.c.rule == turn.key, CASES.c.opened_at.is_not(None), turn.looked_at(CASES.c.record))


def _mark(assessment: Assessment, rule: Rule, turn: Turn, column: str, predicate: Predicate) -> None:
    table, mark_ = assessment.tables.records[rule.entity], CASES.c[column]
    among = turn.looked_at(table.c.key)
    lowering = Lowering(assessment.tables, rule.entity, table, str(assessment.moment.zone), assessment, (among,))
    condition = lowering.predicate(predicate)
    chosen = select(table.c.key).select_from(lowering.rows).where(among, condition)
    its = _are_open(turn)
    bound = Prepared(chosen, lowering.thresholds).bound(assessment.moment)
    now = literal(assessment.moment.now, Instant())
    for changes, value in (
        (and_(mark_.is_(None), CASES.c.record.in_(chosen)), now),
        (and_(mark_.is_not(None), CASES.c.record.not_in(chosen)), None),
    ):
        assessment.connection.execute(update(CASES).where(its, changes).values({column: value}), bound)
