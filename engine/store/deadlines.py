"""Deadlines of open cases: which are near and which are over, marked on the case, set-based."""

from sqlalchemy import ColumnElement, and_, literal, select, update

from engine.language.algebra import Predicate
from engine.language.rule import Rule
from engine.store.assessment import Assessment
from engine.store.columns import Instant
from engine.store.lowering import Lowering
from engine.store.tables import CASES


def mark(assessment: Assessment, rule: Rule, key: int) -> None:
    """Mark the open cases of a rule whose deadline is near or over; one that was moved away is unmarked."""
    if rule.deadline is None:
        return
    _mark(assessment, rule, key, "at_risk_at", rule.deadline.is_at_risk)
    _mark(assessment, rule, key, "late_at", rule.deadline.is_late)


def are_at_risk(rule: int) -> ColumnElement[bool]:
    """Return the condition of a rule's open cases whose deadline is near or over."""
    return and_(CASES.c.rule == rule, CASES.c.opened_at.is_not(None), CASES.c.at_risk_at.is_not(None))


def are_late(rule: int) -> ColumnElement[bool]:
    """Return the condition of a rule's open cases whose deadline is over."""
    return and_(CASES.c.rule == rule, CASES.c.opened_at.is_not(None), CASES.c.late_at.is_not(None))


def _mark(assessment: Assessment, rule: Rule, key: int, column: str, predicate: Predicate) -> None:
    table, mark_ = assessment.tables.records[rule.entity], CASES.c[column]
    lowering = Lowering(assessment.tables, rule.entity, table, str(assessment.moment.zone), assessment)
    condition = lowering.predicate(predicate)
    chosen = select(table.c.key).select_from(lowering.rows).where(condition)
    its, bound = and_(CASES.c.rule == key, CASES.c.opened_at.is_not(None)), assessment.bound(lowering)
    now = literal(assessment.moment.now, Instant())
    for changes, value in (
        (and_(mark_.is_(None), CASES.c.record.in_(chosen)), now),
        (and_(mark_.is_not(None), CASES.c.record.not_in(chosen)), None),
    ):
        assessment.connection.execute(update(CASES).where(its, changes).values({column: value}), bound)
