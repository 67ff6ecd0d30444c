"""The list of the chain's entries, the newest first, in pages; entries are read and not checked."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from engine.store.chain import COLUMNS, Entry, entry_of
from engine.store.tables import CHAIN


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the chain: its number, and the entry that stands there, None where it cannot be read as any."""

    seq: int
    entry: Entry | None


def listing(
    connection: Connection, *, what: str = "", rule: str = "", before: int | None = None, limit: int
) -> list[Place]:
    """Return the newest entries, of a kind or a rule or all; `before` is the number behind which a page begins."""
    rows = select(*COLUMNS)
    if what:
        rows = rows.where(CHAIN.c.what == what)
    if rule:
        rows = rows.where(CHAIN.c.rule == rule)
    if before is not None:
        rows = rows.where(CHAIN.c.seq < before)
    found = connection.execute(rows.order_by(CHAIN.c.seq.desc()).limit(limit)).mappings()
    return [Place(row["seq"], entry_of(row)) for row in found]
