"""Following: cases are opened, closed and changed by the difference to an assessment, in SQL, with a row per move.

What did not move is not written. A case that waits has `true_since` and is not open; it starts anew when the rule is
false or undecided meanwhile.
"""

from collections.abc import Iterator, Sequence
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    Update,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from engine.store.outcome import MATCHES, NEITHER, OUTCOME, UNDECIDED, WAITING
from engine.store.tables import CASE_MOVE, CASES
from engine.store.turn import IN_RUN, JUST_NOW, OF_RULE, Turn

MOVES = ("rule", "record", "entered", "moved_at", "run")
OF_TURN = OUTCOME.c.slot == OF_RULE


def follow(turns: Sequence[Turn]) -> bool:
    """Bring the cases of assessed rules in line with their verdicts; return whether anything moved.

    The turns are all partial, or none is.
    """
    if not turns:
        return False
    connection, bound = turns[0].connection, [turn.bound for turn in turns]
    moved = 0
    for statement in _steps(turns[0].is_partial):
        count = connection.execute(statement, bound).rowcount
        moved += count if statement.table is CASES else 0
    return moved > 0


@cache
def _steps(is_partial: bool) -> tuple[Insert | Update | Delete, ...]:
    """Return the statements in their order: each move is told before it is made."""
    gone = _gone(is_partial=is_partial)
    left = select(OF_RULE, CASES.c.record, literal(False), JUST_NOW, IN_RUN).where(gone, CASES.c.opened_at.is_not(None))
    its = and_(CASES.c.rule == OF_RULE, CASES.c.record == OUTCOME.c.record)
    is_open = exists().where(its, CASES.c.opened_at.is_not(None))
    entered = select(OF_RULE, OUTCOME.c.record, literal(True), JUST_NOW, IN_RUN).where(
        OF_TURN, OUTCOME.c.state == MATCHES, ~is_open
    )
    opened, waits = case((OUTCOME.c.state == MATCHES, JUST_NOW)), case((OUTCOME.c.state == WAITING, JUST_NOW))
    fresh = select(OF_RULE, OUTCOME.c.record, opened, OUTCOME.c.state == UNDECIDED, waits).where(
        OF_TURN, OUTCOME.c.state != NEITHER, ~exists().where(its)
    )
    columns = ["rule", "record", "opened_at", "undecided", "true_since"]
    return (
        insert(CASE_MOVE).from_select(MOVES, left),
        delete(CASES).where(gone),
        insert(CASE_MOVE).from_select(MOVES, entered),
        *_changed(),
        insert(CASES).from_select(columns, fresh),
    )


def _gone(*, is_partial: bool) -> ColumnElement[bool]:
    """Return the condition on cases that the rule is now false for the record."""
    if is_partial:
        # From the few that were judged to their cases, not from all cases to what was judged.
        false = select(OUTCOME.c.record).where(OF_TURN, OUTCOME.c.state == NEITHER)
        return and_(CASES.c.rule == OF_RULE, CASES.c.record.in_(false))
    return and_(CASES.c.rule == OF_RULE, ~exists().where(OF_TURN, OUTCOME.c.record == CASES.c.record))


def _changed() -> Iterator[Update]:
    """Give what writes what known cases have become: undecided, waiting, or open after they were not."""
    state = select(OUTCOME.c.state).where(OF_TURN, OUTCOME.c.record == CASES.c.record).scalar_subquery()
    is_new = CASES.c.opened_at.is_(None)
    is_judged = CASES.c.record.in_(select(OUTCOME.c.record).where(OF_TURN))
    for condition, values in (
        (and_(~CASES.c.undecided, state == UNDECIDED), {"undecided": True, "true_since": None}),
        (and_(is_new, CASES.c.true_since.is_(None), state == WAITING), {"undecided": False, "true_since": JUST_NOW}),
        (
            and_(or_(CASES.c.undecided, is_new), state == MATCHES),
            {"undecided": False, "true_since": None, "opened_at": func.coalesce(CASES.c.opened_at, JUST_NOW)},
        ),
    ):
        yield update(CASES).where(CASES.c.rule == OF_RULE, is_judged, condition).values(values)
