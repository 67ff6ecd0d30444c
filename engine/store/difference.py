"""Difference: what an assessment of a rule comes to against its stored cases, counted."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, select

from engine.language.rule import Rule
from engine.store.assessment import Assessment
from engine.store.outcome import MATCHES, NEITHER, OUTCOME, UNDECIDED, WAITING
from engine.store.registry import Registered
from engine.store.tables import CASES


@dataclass(frozen=True, slots=True)
class Tally:
    """How many records a rule matches or leaves undecided, and how that differs from its open cases."""

    matched: int
    undecided: int
    entered: int
    left: int
    candidates: int


@dataclass(frozen=True, slots=True)
class Difference:
    """The tally of an assessment; `moved` is False where every case stays just as it is."""

    tally: Tally
    moved: bool = True


def unmoved(stored: Registered) -> Difference:
    """Return the difference of a rule of which no record was in question."""
    return Difference(Tally(stored.matched or 0, stored.undecided or 0, 0, 0, 0), moved=False)


def difference(assessment: Assessment, rule: Rule, stored: Registered | None) -> Difference:
    """Return how an assessed rule differs from its stored cases, if it has any."""
    if stored is not None and assessment.is_partial(rule.id):
        return differences(assessment, [stored])[stored.key]
    return _of_all(assessment, rule, stored)


def differences(assessment: Assessment, rules: Collection[Registered]) -> dict[int, Difference]:
    """Return, by key, how rules differ from their stored cases that were assessed for some records alone.

    What was looked at is compared with what it was; the others stay as they are.
    """
    found: dict[int, list[Any]] = {stored.key: [] for stored in rules}
    for row in assessment.connection.execute(_COMPARED) if found else ():
        if row.slot in found:
            found[row.slot].append(row)
    return {stored.key: _of_some(stored, found[stored.key]) for stored in rules}


_WAS = case(
    (CASES.c.key.is_(None), NEITHER),
    (CASES.c.undecided, UNDECIDED),
    (CASES.c.opened_at.is_(None), WAITING),
    else_=MATCHES,
)
_IS_OPEN = CASES.c.opened_at.is_not(None)
_COMPARED = (
    select(OUTCOME.c.slot, OUTCOME.c.state, _WAS.label("was"), _IS_OPEN.label("is_open"), func.count().label("records"))
    .select_from(OUTCOME.outerjoin(CASES, and_(CASES.c.rule == OUTCOME.c.slot, CASES.c.record == OUTCOME.c.record)))
    .group_by(OUTCOME.c.slot, OUTCOME.c.state, "was", "is_open")
)


def _of_some(stored: Registered, found: Collection[Any]) -> Difference:
    change: Counter[int] = Counter()
    for row in found:
        change[row.state] += row.records
        change[row.was] -= row.records
    tally = Tally(
        (stored.matched or 0) + change[MATCHES],
        (stored.undecided or 0) + change[UNDECIDED],
        sum(row.records for row in found if row.state == MATCHES and not row.is_open),
        sum(row.records for row in found if row.state == NEITHER and row.is_open),
        sum(row.records for row in found),
    )
    return Difference(tally, moved=any(row.state != row.was for row in found))


def _of_all(assessment: Assessment, rule: Rule, stored: Registered | None) -> Difference:
    rows = select(OUTCOME.c.state, func.count()).where(assessment.of(rule.id)).group_by(OUTCOME.c.state)
    states = Counter({row[0]: row[1] for row in assessment.connection.execute(rows)})
    looked_at = (
        states.total()
        if assessment.is_partial(rule.id)
        else assessment.tables.population(assessment.connection, rule.entity)
    )
    entered, left, moved = states[MATCHES], 0, True
    if stored is not None:
        moved = _has_moved(assessment, rule, stored)
        entered = (
            _count(assessment, select(OUTCOME.c.record).where(assessment.entering(rule.id, stored.key))) if moved else 0
        )
        left = _count(assessment, select(CASES.c.key).where(assessment.leaving(rule.id, stored.key))) if moved else 0
    return Difference(Tally(states[MATCHES], states[UNDECIDED], entered, left, looked_at), moved)


def _has_moved(assessment: Assessment, rule: Rule, stored: Registered) -> bool:
    """True where a verdict is another than before, or cases may wait, or stop to, or were never counted."""
    if rule.lasting is not None or stored.matched is None or stored.evaluated_version != rule.version:
        return True
    return assessment.connection.execute(assessment.moved(rule.id, stored.key).limit(1)).first() is not None


def _count(assessment: Assessment, query: Any) -> int:
    return int(assessment.connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())
