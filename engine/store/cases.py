"""Cases: opened and closed by the difference between an assessment and what is stored, in SQL, with a row per move."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, delete, exists, func, insert, literal, or_, select, update

from engine.store import registry
from engine.store.assessment import MATCHES, NEITHER, OUTCOME, UNDECIDED, WAITING, Assessment
from engine.store.columns import Instant
from engine.store.difference import Tally
from engine.store.records import RecordTables
from engine.store.tables import CASE_MOVE, CASES, RULE
from engine.vocabulary.truth import Truth

SHOWN = ("undecided", "opened_at", "true_since", "at_risk_at", "late_at")


@dataclass(frozen=True, slots=True)
class Stored:
    """A case as stored: an open one can be undecided, and one that is neither waits."""

    undecided: bool
    opened_at: datetime | None
    true_since: datetime | None

    @property
    def truth(self) -> Truth:
        """What the criteria of the rule were when they were evaluated last; without a case they were false."""
        return Truth.UNKNOWN if self.undecided else Truth.TRUE

    @property
    def state(self) -> str:
        """Open, waiting or undecided."""
        return state_of(self.opened_at, self.true_since)


def follow(assessment: Assessment, rule_id: str, key: int, run: int, tally: Tally) -> None:
    """Bring the cases of an assessed rule in line with its verdicts; what did not move is not written.

    `tally` is what the assessment came to. A case that waits has `true_since` and is not open; it starts anew when the
    rule is false or undecided meanwhile.
    """
    connection, now = assessment.connection, assessment.moment.now
    moves = ["rule", "record", "entered", "moved_at", "run"]
    at = literal(now, Instant())
    has_cases, moved = connection.execute(select(CASES.c.key).where(CASES.c.rule == key).limit(1)).first(), 0
    if has_cases:
        leaving = select(literal(key), CASES.c.record, literal(False), at, literal(run)).where(
            assessment.leaving(rule_id, key)
        )
        connection.execute(insert(CASE_MOVE).from_select(moves, leaving))
        moved += connection.execute(delete(CASES).where(assessment.absent(rule_id, key))).rowcount
    entering = select(literal(key), OUTCOME.c.record, literal(True), at, literal(run))
    connection.execute(insert(CASE_MOVE).from_select(moves, entering.where(assessment.entering(rule_id, key))))
    if has_cases:
        moved += _settle_known(assessment, rule_id, key, now)
    is_known = exists().where(CASES.c.rule == key, CASES.c.record == OUTCOME.c.record)
    opened, waits = case((OUTCOME.c.state == MATCHES, at)), case((OUTCOME.c.state == WAITING, at))
    fresh = select(literal(key), OUTCOME.c.record, opened, OUTCOME.c.state == UNDECIDED, waits).where(
        assessment.of(rule_id), OUTCOME.c.state != NEITHER, ~is_known
    )
    columns = ["rule", "record", "opened_at", "undecided", "true_since"]
    moved += connection.execute(insert(CASES).from_select(columns, fresh)).rowcount
    registry.mark_counted(connection, key, (tally.matched, tally.undecided), run if moved else None)


def _settle_known(assessment: Assessment, rule_id: str, key: int, now: datetime) -> int:
    """Write what known cases have become: undecided, waiting, or open after they were not; return how many did."""
    moved = 0
    state = select(OUTCOME.c.state).where(assessment.of(rule_id), OUTCOME.c.record == CASES.c.record).scalar_subquery()
    is_new = CASES.c.opened_at.is_(None)
    at = literal(now, Instant())
    for condition, values in (
        (and_(~CASES.c.undecided, state == UNDECIDED), {"undecided": True, "true_since": None}),
        (and_(is_new, CASES.c.true_since.is_(None), state == WAITING), {"undecided": False, "true_since": at}),
        (
            and_(or_(CASES.c.undecided, is_new), state == MATCHES),
            {"undecided": False, "true_since": None, "opened_at": func.coalesce(CASES.c.opened_at, at)},
        ),
    ):
        its = (CASES.c.rule == key, assessment.judged(rule_id, CASES.c.record), condition)
        moved += assessment.connection.execute(update(CASES).where(*its).values(values)).rowcount
    return moved


def is_known(connection: Connection, rule_key: int, record: int) -> bool:
    """True while a rule has a case of a record, open or undecided."""
    its = select(CASES.c.key).where(CASES.c.rule == rule_key, CASES.c.record == record)
    return connection.execute(its).first() is not None


def stored(connection: Connection, rule_id: str, record: int) -> Stored | None:
    """Return the case of a rule and a record; None where the rule was false, or never evaluated."""
    its = select(*(CASES.c[name] for name in Stored.__slots__)).join(RULE)
    row = connection.execute(its.where(RULE.c.id == rule_id, CASES.c.record == record)).one_or_none()
    return None if row is None else Stored(*row)


def is_open(connection: Connection, case_key: int) -> bool:
    """True while a case is open; undecided ones are not counted, because they act no further."""
    found = select(CASES.c.key).where(CASES.c.key == case_key, CASES.c.opened_at.is_not(None), ~CASES.c.undecided)
    return connection.execute(found).first() is not None


def state_of(opened_at: datetime | None, true_since: datetime | None) -> str:
    """Return the state of a case: open, waiting to have been true for long enough, or undecided."""
    if opened_at is not None:
        return "open"
    return "waiting" if true_since is not None else "undecided"


def listing(
    connection: Connection, tables: RecordTables, rule: str | None = None, limit: int | None = None
) -> list[dict[str, object]]:
    """Return open and undecided cases by rule and contact id."""
    found: list[dict[str, object]] = []
    for entity, records in tables.records.items():
        rows = (
            select(RULE.c.id, records.c.id, RULE.c.stage, *(CASES.c[name] for name in SHOWN))
            .select_from(CASES.join(RULE).join(records, records.c.key == CASES.c.record))
            .where(RULE.c.entity == entity)
            .order_by(RULE.c.id, records.c.id)
            .limit(limit)
        )
        if rule is not None:
            rows = rows.where(RULE.c.id == rule)
        found += [
            {"rule": row[0], "contact": row[1], "state": state_of(row.opened_at, row.true_since)}
            | {name: getattr(row, name) for name in SHOWN}
            | {"shadow": row.stage != "live"}
            for row in connection.execute(rows)
        ]
    return found
