"""The list of intents: each with its rule, its call, whom it is about, and why it waits or how it ended."""

from typing import Any

from sqlalchemy import Connection, select

from engine.store.intents import DONE, FAILED, PARKED, PENDING, WITHHELD
from engine.store.newest import of_states
from engine.store.records import RecordTables
from engine.store.tables import INTENT, RULE
from engine.store.whose import with_ids

STATES = (PENDING, DONE, WITHHELD, PARKED, FAILED)


def listing(
    connection: Connection,
    tables: RecordTables,
    state: str | None = None,
    limit: int | None = None,
    *,
    rule: str | None = None,
    before: int | None = None,
) -> list[dict[str, Any]]:
    """Return the newest intents, of a state or rule or all; `before` is the id behind which a page begins."""
    names = ("call", "part", "state", "reason", "attempts", "ended_at", "created_at")
    joined, contact = with_ids(INTENT.join(RULE), tables, RULE.c.entity, INTENT.c.record)
    columns = [INTENT.c.key.label("id"), RULE.c.id.label("rule"), *(INTENT.c[name] for name in names)]
    rows = select(*columns, INTENT.c.not_before.label("due_at"), contact.label("contact")).select_from(joined)
    return of_states(connection, rows, INTENT, STATES, (state, rule, before), limit)
