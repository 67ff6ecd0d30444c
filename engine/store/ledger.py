"""The ledger: what runs have planned, what became of it, and how much of that is kept no longer; so the books balance.

An intent or a deletion names the run that wrote it. Where intents go, with whom they were about or when their time is
over, the run that wrote them is told how many.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Label,
    and_,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)

from engine.store import positions
from engine.store.tables import DELETION, INTENT, RULE, RUN_CALL

WITHOUT = "runs_without_books"  # up to which run it was not noted what it planned
DELETES = "deletes"  # stands for the part of what is no message but a deletion itself

Planned = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Came:
    """How many effects of one call came to one state, for one reason."""

    rule: str
    part: str
    call: int
    state: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What a run planned by one call of a rule, and how many of that are kept no longer."""

    rule: str
    part: str
    call: int
    planned: int
    gone: int


def plan(connection: Connection, run: int, planned: Mapping[int, Planned]) -> None:
    """Write what a run has planned: by the key of each rule, how many effects of each (part, call)."""
    rows = [
        {"run": run, "rule": key, "part": part, "call": call, "planned": count, "gone": 0}
        for key, calls in planned.items()
        for (part, call), count in calls.items()
        if count
    ]
    if rows:
        connection.execute(insert(RUN_CALL), rows)


def note_gone(connection: Connection, which: ColumnElement[bool]) -> None:
    """Tell the runs that wrote the intents of a condition that these are about to go."""
    named = (INTENT.c.run, INTENT.c.rule, INTENT.c.part, INTENT.c.call)
    gone = select(*named, func.count().label("many")).where(which, INTENT.c.run.is_not(None)).group_by(*named)
    rows = [dict(zip(_NAMES, row, strict=True)) for row in connection.execute(gone)]
    if rows:
        connection.execute(_GONE, rows)


_NAMES = ("of_run", "of_rule", "of_part", "of_call", "many")
_GONE = (
    update(RUN_CALL)
    .where(and_(*(RUN_CALL.c[name] == bindparam(f"of_{name}") for name in ("run", "rule", "part", "call"))))
    .values(gone=RUN_CALL.c.gone + bindparam("many"))
)


def has_books(connection: Connection, run: int) -> bool:
    """True for a run of which it was noted what it planned."""
    return run > positions.read(connection, WITHOUT)


def entries(connection: Connection, run: int, rule: str | None = None) -> list[Entry]:
    """Return what a run planned, of one rule or of all, in the order of their calls."""
    columns = (RULE.c.id, RUN_CALL.c.part, RUN_CALL.c.call, RUN_CALL.c.planned, RUN_CALL.c.gone)
    rows = select(*columns).join(RULE, RULE.c.key == RUN_CALL.c.rule).where(RUN_CALL.c.run == run, *_its(rule))
    order = (RULE.c.id, RUN_CALL.c.call, RUN_CALL.c.part)
    return [Entry(*row) for row in connection.execute(rows.order_by(*order))]


def outcomes(connection: Connection, run: int, rule: str | None = None) -> list[Came]:
    """Return what became of all that a run planned, of one rule or of all; of what was done no reason is told."""
    of_messages = _counted(connection, run, rule, INTENT, (INTENT.c.part, INTENT.c.call, INTENT.c.state, literal("")))
    because = (INTENT.c.part, INTENT.c.call, INTENT.c.state, func.coalesce(INTENT.c.reason, ""))
    explained = [one for one in _counted(connection, run, rule, INTENT, because, WITH_REASON) if one.reason]
    of_deletion = (literal(DELETES), DELETION.c.call, DELETION.c.state, func.coalesce(DELETION.c.reason, ""))
    deletions = _counted(connection, run, rule, DELETION, of_deletion)
    return [*_less(of_messages, explained), *explained, *deletions]


def _counted(
    connection: Connection,
    run: int,
    rule: str | None,
    of: Any,
    columns: Sequence[ColumnElement[Any]],
    states: Collection[str] = (),
) -> list[Came]:
    """Count by columns. Where these are all in the index of runs, nothing else is looked at."""
    named = (of.c.rule.label("rule"), *(one.label(name) for name, one in zip(_OF, columns, strict=True)))
    its = [of.c.run == run, *([of.c.state.in_(states)] if states else [])]
    if rule is not None:
        its.append(of.c.rule == select(RULE.c.key).where(RULE.c.id == rule).scalar_subquery())
    counted = select(*named, func.count().label("many")).where(*its).group_by(*_varying(named)).subquery()
    rows = select(RULE.c.id, *(counted.c[name] for name in (*_OF, "many")))
    return [Came(*row) for row in connection.execute(rows.join(RULE, RULE.c.key == counted.c.rule))]


def _varying(named: Iterable[Label[Any]]) -> list[Label[Any]]:
    """Return the columns that are not the same for all: by another the index would be of no use."""
    return [one for one in named if not isinstance(one.element, BindParameter)]


def _less(counted: Iterable[Came], explained: Iterable[Came]) -> Iterator[Came]:
    """Give what of the counted is left without those that are told apart by their reasons."""
    apart: Counter[tuple[object, ...]] = Counter()
    for one in explained:
        apart[(one.rule, one.part, one.call, one.state)] += one.count
    for one in counted:
        left = one.count - apart[(one.rule, one.part, one.call, one.state)]
        if left:
            yield replace(one, count=left)


_OF = ("part", "call", "state", "reason")
WITH_REASON = ("withheld", "failed", "parked")  # states of messages whose reasons are told


def _its(rule: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if rule is None else (RULE.c.id == rule,)
