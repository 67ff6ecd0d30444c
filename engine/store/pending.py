"""Pending deletions: what a plan and a forecast read of them, and of those that a run would schedule. Only reads."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from engine.store.assessment import Assessment
from engine.store.deletions import BEFORE_ORDER, CAN_BEGIN_ANEW
from engine.store.outcome import MATCHES, OUTCOME
from engine.store.tables import CASES, DELETION

IS_PENDING = DELETION.c.state.in_(BEFORE_ORDER)


@dataclass(frozen=True, slots=True)
class Pending:
    """Deletions that are not ordered yet: how many, how many of them are due, and when the first one is."""

    count: int
    due: int
    first: datetime | None


NONE = Pending(0, 0, None)


def of_rule(connection: Connection, rule: int, now: datetime, *conditions: ColumnElement[bool]) -> Pending:
    """Return the pending deletions of a rule that satisfy conditions; `due` leaves out those that a person let go."""
    is_due = and_(DELETION.c.due_at <= now, DELETION.c.released_at.is_(None))
    numbers = select(func.count(), func.count().filter(is_due), func.min(DELETION.c.due_at))
    row = connection.execute(numbers.where(DELETION.c.rule == rule, IS_PENDING, *conditions)).one()
    return Pending(*row)


def staying(assessment: Assessment, rule_id: str, rule: int, version: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on a rule's deletions that a run leaves as they are: of this version, their case open."""
    stays = and_(CASES.c.key == DELETION.c.case, CASES.c.opened_at.is_not(None), ~assessment.absent(rule_id, rule))
    return DELETION.c.version == version, exists().where(stays)


def restarting(assessment: Assessment, rule_id: str, rule: int, version: str, *, all_open: bool) -> int:
    """Return how many open cases that stay a run would schedule anew: of another version, or cancelled for a while.

    With `all_open`, for a rule that a limit has paused, also those that opened meanwhile.
    """
    of_case = DELETION.c.case == CASES.c.key
    voided = and_(of_case, IS_PENDING, DELETION.c.version != version)
    active = and_(of_case, DELETION.c.state != "cancelled", ~and_(IS_PENDING, DELETION.c.version != version))
    final = and_(of_case, DELETION.c.state == "cancelled", DELETION.c.reason.not_in(CAN_BEGIN_ANEW))
    anew = and_(of_case, DELETION.c.reason.in_(CAN_BEGIN_ANEW))
    holds = exists().where(assessment.of(rule_id), OUTCOME.c.record == CASES.c.record, OUTCOME.c.state == MATCHES)
    chosen = select(func.count()).where(
        CASES.c.rule == rule, CASES.c.opened_at.is_not(None), holds, ~exists().where(active), ~exists().where(final)
    )
    if not all_open:
        chosen = chosen.where(exists().where(voided) | exists().where(anew))
    return int(assessment.connection.execute(chosen).scalar_one())
