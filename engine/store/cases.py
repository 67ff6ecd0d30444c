"""Cases: opened and closed by the difference between an assessment and what is stored, in SQL, with a row per move."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal, select, tuple_

from engine.store.records import RecordTables
from engine.store.tables import CASES, RULE
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


def page(
    connection: Connection,
    tables: RecordTables,
    rule: tuple[str, int],
    limit: int,
    after: int = 0,
    *,
    undecided: bool = False,
) -> list[dict[str, object]]:
    """Return the cases of a rule (its entity and key) in the order of their records; those behind the key of one."""
    entity, key = rule
    its = [CASES.c.rule == key, CASES.c.record > after, *([CASES.c.undecided] if undecided else [])]
    some = select(CASES.c.record, *(CASES.c[name] for name in SHOWN)).where(*its)
    some_few = some.order_by(CASES.c.record).limit(limit).subquery()
    records = tables.records[entity]
    rows = select(records.c.id, *some_few.c).join(some_few, records.c.key == some_few.c.record)
    return [
        {"contact": row.id, "key": row.record, "state": state_of(row.opened_at, row.true_since)}
        | {name: getattr(row, name) for name in SHOWN}
        for row in connection.execute(rows.order_by(some_few.c.record))
    ]


def listing(
    connection: Connection,
    tables: RecordTables,
    rule: str | None = None,
    limit: int | None = None,
    after: tuple[str | int, ...] | None = None,
) -> list[dict[str, object]]:
    """Return open and undecided cases by rule and contact id; those behind a position of both."""
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
        if after is not None:
            rows = rows.where(tuple_(RULE.c.id, records.c.id) > tuple_(*map(literal, after)))
        found += [
            {"rule": row[0], "contact": row[1], "state": state_of(row.opened_at, row.true_since)}
            | {name: getattr(row, name) for name in SHOWN}
            | {"shadow": row.stage != "live"}
            for row in connection.execute(rows)
        ]
    return sorted(found, key=lambda one: (str(one["rule"]), str(one["contact"])))[:limit]
