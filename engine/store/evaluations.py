"""Evaluations: when each rule was evaluated last, up to where in the change log, and how many cases it has since."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam, case, exists, func, select, update

from engine.store.tables import CASES, RULE, RUN


def mark_evaluated(
    connection: Connection,
    versions: Mapping[int, str],
    now: datetime,
    run: int | None = None,
    seen: int | None = None,
) -> None:
    """Note that rules' cases, by key, are those of a version at an instant; of a run, that it saw a part of the log.

    Who had no verdict before has moved for all that read it, from unknown to something.
    """
    coming = run if run is not None or not versions else connection.execute(select(_coming_run())).scalar_one()
    rows = [{"of_rule": key, "of_version": version} for key, version in versions.items()]
    seen_now = {"at": now, "evaluated_in": run, "coming": coming, "seen_to": seen}
    if rows:
        connection.execute(_EVALUATED, [row | seen_now for row in rows])


_EVALUATED = (
    update(RULE)
    .where(RULE.c.key == bindparam("of_rule"))
    .values(
        evaluated_at=bindparam("at"),
        evaluated_version=bindparam("of_version"),
        evaluated_run=bindparam("evaluated_in"),
        seen=bindparam("seen_to"),
        moved_run=case(
            (RULE.c.evaluated_version.is_(None), bindparam("coming", type_=BigInteger())), else_=RULE.c.moved_run
        ),
    )
)


def mark_unmoved(connection: Connection, keys: Collection[int], now: datetime, run: int, seen: int) -> None:
    """Note that nothing of rules, which were evaluated before, has changed up to an instant."""
    values = {"evaluated_at": now, "evaluated_run": run, "seen": seen}
    if keys:
        connection.execute(update(RULE).where(RULE.c.key.in_(sorted(keys))).values(values))


def mark_counted(connection: Connection, counts: Sequence[tuple[int, int, int, bool]], run: int) -> None:
    """Note of rules, by key, how many cases are open and how many are in doubt, and whether some moved in a run."""
    rows = [
        {"of_rule": key, "now_matched": matched, "in_doubt": in_doubt, "in_run": run if moved else None}
        for key, matched, in_doubt, moved in counts
    ]
    if rows:
        connection.execute(_COUNTED, rows)


_COUNTED = (
    update(RULE)
    .where(RULE.c.key == bindparam("of_rule"))
    .values(
        matched=bindparam("now_matched"),
        undecided=bindparam("in_doubt"),
        moved_run=func.coalesce(bindparam("in_run", type_=BigInteger()), RULE.c.moved_run),
    )
)


def uncount(connection: Connection, entity: str, record: int) -> None:
    """Take the cases of a record, which is about to go, out of what is counted of the rules."""
    its = (CASES.c.record == record, CASES.c.rule == RULE.c.key)
    in_doubt = exists().where(*its, CASES.c.undecided)
    is_open = exists().where(*its, CASES.c.opened_at.is_not(None), ~CASES.c.undecided)
    for column, condition in ((RULE.c.matched, is_open), (RULE.c.undecided, in_doubt)):
        connection.execute(update(RULE).where(RULE.c.entity == entity, condition).values({column: column - 1}))


def take_away(connection: Connection, key: int) -> None:
    """Note that cases of a rule went outside of any run: it and those that read it have to look at everybody again."""
    connection.execute(update(RULE).where(RULE.c.key == key).values(moved_run=_coming_run(), evaluated_run=None))


def _coming_run() -> ColumnElement[int]:
    return select(func.coalesce(func.max(RUN.c.key), 0) + 1).scalar_subquery()


def mark_waited(connection: Connection, key: int, now: datetime) -> None:
    """Note up to when it was looked at what time alone does to a rule's event pattern."""
    connection.execute(update(RULE).where(RULE.c.key == key).values(waited_until=now))
