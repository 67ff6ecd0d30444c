"""Standings: what stands against using contacts for a purpose, for thousands of them in one statement."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, exists, literal, select

from engine.store.columns import Instant
from engine.store.consents import CONSENTS, Streams
from engine.store.exports import is_blocked
from engine.store.listed import listed
from engine.store.records import FOLDED, RecordTables, is_set
from engine.store.restrictions import stands_against
from engine.store.rows import padded
from engine.store.tables import ALERT, RULE
from engine.vocabulary.calendar import Moment, start_of_day

CONTACT, REQUESTS = "contact", "requests"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one contact; `consent` is the state of consent to the purpose, None where that is unclear."""

    key: int
    id: str
    is_deceased: bool
    is_restricted: bool
    has_objected: bool
    objects_to_marketing: bool
    is_blocked: bool
    consent: str | None


def standings(
    connection: Connection, tables: RecordTables, ids: Collection[str], asked: tuple[str, str, str], moment: Moment
) -> dict[str, Standing]:
    """Return, by id, how contacts that are held stand to a use, a purpose, and what a restriction calls that use."""
    use, purpose, restricted_use = asked
    records = tables.records[CONTACT]
    now, today = literal(moment.now, Instant()), literal(start_of_day(moment.today, moment.zone), Instant())
    streams = Streams(tables.items[(CONTACT, CONSENTS)], records, now, today)
    found = select(
        records.c.key,
        records.c.id,
        is_set(records, "deceased"),
        stands_against(CONTACT, records, restricted_use),
        _has_objected(tables.items[(CONTACT, REQUESTS)], records),
        is_set(records, "objects_to_marketing"),
        is_blocked(records, CONTACT, use),
        streams.state(purpose.casefold()),
    ).where(records.c.id.in_(listed(connection, ids)))
    return {row[1]: Standing(*row) for row in connection.execute(found)} if ids else {}


def blocking(connection: Connection, keys: Collection[int], use: str) -> dict[int, list[str]]:
    """Return, by contact, the rules whose alerts block a use."""
    its = (ALERT.c.record.in_(padded(keys)), ALERT.c.lowered_at.is_(None), RULE.c.entity == CONTACT)
    rows = select(ALERT.c.record, ALERT.c.blocks, RULE.c.id).join(RULE, RULE.c.key == ALERT.c.rule).where(*its)
    found: dict[int, list[str]] = {}
    for row in connection.execute(rows.order_by(RULE.c.id)) if keys else ():
        if use in row.blocks.split(","):
            found.setdefault(row.record, []).append(row.id)
    return found


def _has_objected(requests: Table, records: Table) -> ColumnElement[bool]:
    its = (requests.c["type" + FOLDED] == "objection", requests.c["status" + FOLDED] == "open")
    return exists().where(requests.c.owner_key == records.c.key, *its).correlate(records)
