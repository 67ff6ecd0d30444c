"""Days of rules: what came and went on each local day, and how many cases there were after the last move of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from engine.store.difference import Tally
from engine.store.tables import RULE_DAY


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one rule, or of several together."""

    day: date
    matched: int
    entered: int
    left: int


def note(connection: Connection, day: date, moved: Mapping[str, Tally]) -> None:
    """Add what a run moved to the day of its rules."""
    rows = [
        {"its": rule, "matched": tally.matched, "entered_now": tally.entered, "left_now": tally.left}
        for rule, tally in moved.items()
    ]
    if not rows:
        return
    its_day = RULE_DAY.c.day == day.isoformat()
    known = set(connection.execute(select(RULE_DAY.c.rule).where(its_day)).scalars())
    new = [{"rule": one["its"], "day": day.isoformat(), "matched": 0, "entered": 0, "left": 0} for one in rows]
    fresh = [one for one in new if one["rule"] not in known]
    if fresh:
        connection.execute(insert(RULE_DAY), fresh)
    adding = update(RULE_DAY).where(its_day, RULE_DAY.c.rule == bindparam("its"))
    values = {
        "entered": RULE_DAY.c.entered + bindparam("entered_now"),
        "left": RULE_DAY.c.left + bindparam("left_now"),
        "matched": bindparam("matched"),
    }
    connection.execute(adding.values(values), rows)


def of_rule(connection: Connection, rule: str, since: date) -> list[Day]:
    """Return the days of a rule on which something moved, from the last one before `since` on, in order."""
    before = select(func.max(RULE_DAY.c.day)).where(RULE_DAY.c.rule == rule, RULE_DAY.c.day < since.isoformat())
    first = func.coalesce(before.scalar_subquery(), since.isoformat())
    rows = select(RULE_DAY).where(RULE_DAY.c.rule == rule, RULE_DAY.c.day >= first).order_by(RULE_DAY.c.day)
    return [Day(date.fromisoformat(row.day), row.matched, row.entered, row.left) for row in connection.execute(rows)]


def on(connection: Connection, day: date) -> dict[str, Day]:
    """Return what moved on a day, by rule."""
    rows = connection.execute(select(RULE_DAY).where(RULE_DAY.c.day == day.isoformat()))
    return {row.rule: Day(day, row.matched, row.entered, row.left) for row in rows}


def prune(connection: Connection, before: date) -> None:
    """Remove the days before one."""
    connection.execute(delete(RULE_DAY).where(RULE_DAY.c.day < before.isoformat()))
