"""Cases: opened and closed by the difference between an assessment and what is stored, in SQL, with a row per move."""

from datetime import datetime

from sqlalchemy import Connection, and_, case, delete, exists, func, insert, literal, select, update

from engine.store.assessment import MATCHES, NEITHER, OUTCOME, UNDECIDED, Assessment
from engine.store.columns import Instant
from engine.store.records import RecordTables
from engine.store.tables import CASE_MOVE, CASES, RULE


def follow(assessment: Assessment, rule_id: str, key: int, run: int) -> None:
    """Bring the cases of an assessed rule in line with its verdicts; what did not move is not written."""
    connection, now = assessment.connection, assessment.moment.now
    moves = ["rule", "record", "entered", "moved_at", "run"]
    at = literal(now, Instant())
    leaving = select(literal(key), CASES.c.record, literal(False), at, literal(run)).where(
        assessment.leaving(rule_id, key)
    )
    connection.execute(insert(CASE_MOVE).from_select(moves, leaving))
    connection.execute(delete(CASES).where(assessment.absent(rule_id, key)))
    entering = select(literal(key), OUTCOME.c.record, literal(True), at, literal(run))
    connection.execute(insert(CASE_MOVE).from_select(moves, entering.where(assessment.entering(rule_id, key))))
    _settle_known(assessment, rule_id, key, now)
    is_known = exists().where(CASES.c.rule == key, CASES.c.record == OUTCOME.c.record)
    opened = case((OUTCOME.c.state == MATCHES, at))
    fresh = select(literal(key), OUTCOME.c.record, opened, OUTCOME.c.state == UNDECIDED).where(
        assessment.of(rule_id), OUTCOME.c.state != NEITHER, ~is_known
    )
    connection.execute(insert(CASES).from_select(["rule", "record", "opened_at", "undecided"], fresh))


def _settle_known(assessment: Assessment, rule_id: str, key: int, now: datetime) -> None:
    """Write whether known cases are undecided, and open those that were so far only undecided."""
    state = select(OUTCOME.c.state).where(assessment.of(rule_id), OUTCOME.c.record == CASES.c.record).scalar_subquery()
    became_undecided = and_(~CASES.c.undecided, state == UNDECIDED)
    became_true = and_(CASES.c.undecided, state == MATCHES)
    assessment.connection.execute(update(CASES).where(CASES.c.rule == key, became_undecided).values(undecided=True))
    assessment.connection.execute(
        update(CASES)
        .where(CASES.c.rule == key, became_true)
        .values(undecided=False, opened_at=func.coalesce(CASES.c.opened_at, literal(now, Instant())))
    )


def is_known(connection: Connection, rule_key: int, record: int) -> bool:
    """True while a rule has a case of a record, open or undecided."""
    its = select(CASES.c.key).where(CASES.c.rule == rule_key, CASES.c.record == record)
    return connection.execute(its).first() is not None


def is_open(connection: Connection, case_key: int) -> bool:
    """True while a case is open; undecided ones are not counted, because they act no further."""
    found = select(CASES.c.key).where(CASES.c.key == case_key, CASES.c.opened_at.is_not(None), ~CASES.c.undecided)
    return connection.execute(found).first() is not None


def listing(
    connection: Connection, tables: RecordTables, rule: str | None = None, limit: int | None = None
) -> list[dict[str, object]]:
    """Return open and undecided cases by rule and contact id."""
    found: list[dict[str, object]] = []
    for entity, records in tables.records.items():
        rows = (
            select(RULE.c.id, records.c.id, CASES.c.opened_at, CASES.c.undecided, RULE.c.stage)
            .select_from(CASES.join(RULE).join(records, records.c.key == CASES.c.record))
            .where(RULE.c.entity == entity)
            .order_by(RULE.c.id, records.c.id)
            .limit(limit)
        )
        if rule is not None:
            rows = rows.where(RULE.c.id == rule)
        for rule_id, record, opened_at, undecided, stage in connection.execute(rows):
            state = "open" if opened_at else "undecided"
            found.append(
                {
                    "rule": rule_id,
                    "contact": record,
                    "state": state,
                    "undecided": bool(undecided),
                    "opened_at": opened_at,
                    "shadow": stage != "live",
                }
            )
    return found
