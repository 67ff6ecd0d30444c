"""Following: cases are opened, closed and changed by the difference to an assessment, in SQL, with a row per move.

What did not move is not written. A case that waits has `true_since` and is not open; it starts anew when the rule is
false or undecided meanwhile.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
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

from engine.store import positions
from engine.store.outcome import MATCHES, NEITHER, OUTCOME, UNDECIDED, WAITING, differing
from engine.store.tables import CASE_MOVE, CASES, RULE, RUN, VERDICT_MOVE
from engine.store.turn import IN_RUN, JUST_NOW, OF_RULE, Turn

MOVES = ("rule", "record", "entered", "moved_at", "run")
PRUNED = "pruned_verdict_moves"
OF_TURN = OUTCOME.c.slot == OF_RULE
ITS_CASE = and_(CASES.c.rule == OF_RULE, CASES.c.record == OUTCOME.c.record)
_SOME_CASE = select(CASES.c.key).where(CASES.c.rule == OF_RULE).limit(1)


def follow(turns: Sequence[Turn]) -> None:
    """Bring the cases of assessed rules in line with their verdicts. The turns are all partial, or none is."""
    if not turns:
        return
    connection, bound, is_partial = turns[0].connection, [turn.bound for turn in turns], turns[0].is_partial
    if read := [turn.bound for turn in turns if turn.is_read]:
        connection.execute(_told_readers(is_partial), read)
    has_cases = is_partial or connection.execute(_SOME_CASE, bound[0]).first() is not None
    for statement in _steps(is_partial) if has_cases else _first_steps():
        connection.execute(statement, bound)


def prune(connection: Connection, before: datetime) -> int:
    """Remove what was told to readers in runs that began before an instant; who saw none of it has to start anew."""
    last = connection.execute(select(func.max(RUN.c.key)).where(RUN.c.started_at < before)).scalar_one()
    if last is None:
        return 0
    positions.write(connection, PRUNED, int(last))
    return connection.execute(delete(VERDICT_MOVE).where(VERDICT_MOVE.c.run <= last)).rowcount


def last_moves(connection: Connection) -> dict[int, int]:
    """Return, by the key of each rule that others read, the last run in which one of its verdicts moved."""
    pruned = pruned_to(connection)  # of older moves it is not known whose they were
    last = select(VERDICT_MOVE.c.rule, func.max(VERDICT_MOVE.c.run)).group_by(VERDICT_MOVE.c.rule)
    found: dict[int, int] = {row[0]: row[1] for row in connection.execute(last)}
    return {key: max(pruned, found.get(key, 0)) for key in connection.execute(select(RULE.c.key)).scalars()}


def pruned_to(connection: Connection) -> int:
    """Return the last run of which it was removed what was told to readers."""
    return positions.read(connection, PRUNED)


@cache
def _first_steps() -> tuple[Insert, Insert]:
    """Return the statements for a rule that has no cases: what opens is told, and opened."""
    return _entered(), _fresh()


@cache
def _told_readers(is_partial: bool) -> Insert:
    moved = differing(OF_RULE, is_partial=is_partial).subquery()
    return insert(VERDICT_MOVE).from_select(["rule", "run", "record"], select(OF_RULE, IN_RUN, moved.c.key))


@cache
def _steps(is_partial: bool) -> tuple[Insert | Update | Delete, ...]:
    """Return the statements in their order: each move is told before it is made."""
    gone = _gone(is_partial=is_partial)
    left = select(OF_RULE, CASES.c.record, literal(False), JUST_NOW, IN_RUN).where(gone, CASES.c.opened_at.is_not(None))
    return (
        insert(CASE_MOVE).from_select(MOVES, left),
        delete(CASES).where(gone),
        _entered(),
        *_changed(),
        _fresh(),
    )


def _entered() -> Insert:
    is_open = exists().where(ITS_CASE, CASES.c.opened_at.is_not(None))
    entered = select(OF_RULE, OUTCOME.c.record, literal(True), JUST_NOW, IN_RUN).where(
        OF_TURN, OUTCOME.c.state == MATCHES, ~is_open
    )
    return insert(CASE_MOVE).from_select(MOVES, entered)


def _fresh() -> Insert:
    """Return what writes the cases of those who had none."""
    opened, waits = case((OUTCOME.c.state == MATCHES, JUST_NOW)), case((OUTCOME.c.state == WAITING, JUST_NOW))
    fresh = select(OF_RULE, OUTCOME.c.record, opened, OUTCOME.c.state == UNDECIDED, waits).where(
        OF_TURN, OUTCOME.c.state != NEITHER, ~exists().where(ITS_CASE)
    )
    return insert(CASES).from_select(["rule", "record", "opened_at", "undecided", "true_since"], fresh)


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
