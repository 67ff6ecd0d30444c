"""Newest: lists of what has a state are read the newest first, in pages, each found by an index."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from engine.store.tables import RULE

Asked = tuple[str | None, str | None, int | None]


def of_states(
    connection: Connection, rows: Select[Any], table: Table, states: Sequence[str], asked: Asked, limit: int | None
) -> list[dict[str, Any]]:
    """Return the newest rows of a table with rules and states, as asked for: of a state, a rule, behind a key.

    `states` are all that there are: of one rule each state is read by itself, which an index has in order.
    """
    state, rule, before = asked
    if before is not None:
        rows = rows.where(table.c.key < before)
    if rule is not None:
        its = select(RULE.c.key).where(RULE.c.id == rule).scalar_subquery()
        rows = rows.where(table.c.rule == its)
    wanted = [state] if state is not None else [None] if rule is None else states
    found: list[dict[str, Any]] = []
    for one in wanted:
        its_rows = rows if one is None else rows.where(table.c.state == one)
        newest = its_rows.order_by(table.c.key.desc()).limit(limit)
        found += [dict(row) for row in connection.execute(newest).mappings()]
    return sorted(found, key=lambda row: -int(row["id"]))[:limit]
