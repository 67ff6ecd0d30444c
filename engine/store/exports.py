"""Exports: the members of a selection with their values, and what stands against handing each of them out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, false, literal, or_, select

from engine.model.entity import Field
from engine.model.facts import Value
from engine.store.facts import stored_value
from engine.store.keepers import is_keeper
from engine.store.records import UNCLEAR, RecordTables, is_set
from engine.store.restrictions import EXPORT, FLAG, is_permitted, is_restricted
from engine.store.tables import ALERT, CASES, MEMBER, RULE

AT_ONCE = 500  # rows that are held in memory
HIDING = (FLAG, "objects_to_marketing")  # what selections hide by


@dataclass(frozen=True, slots=True)
class Keeping:
    """The rule that keeps a selection."""

    key: int
    rule: str
    entity: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class Member:
    """One member: its id and values, its flags that were sent badly, and what was found about handing it out.

    `set_flags` are the guarding flags that count as set. Restricted it is by its flag or by an open restriction.
    """

    id: str
    values: Mapping[str, Value | None]
    unclear: frozenset[str]
    set_flags: frozenset[str]
    is_restricted: bool
    is_permitted: bool
    is_blocked: bool


def keeping(connection: Connection, selection: str) -> Keeping | None:
    """Return the rule that keeps a selection; None where none does."""
    its = is_keeper(connection, selection)
    row = connection.execute(select(RULE.c.key, RULE.c.id, RULE.c.entity, RULE.c.stage).where(its)).one_or_none()
    return None if row is None else Keeping(row.key, row.id, row.entity, row.stage == "live")


def members(
    connection: Connection, tables: RecordTables, kept: Keeping, fields: Iterable[Field], zone: ZoneInfo
) -> Iterator[Member]:
    """Give the members of a selection, and those whom it only hides, in the order of their ids, a few at a time."""
    records, shape, chosen = tables.records[kept.entity], tables.model.entity(kept.entity), tuple(fields)
    flags = [one.name for one in shape.fields.values() if one.guards]
    columns = [records.c[one.name] for one in chosen]
    columns += [records.c[name + UNCLEAR] for name in flags]
    found = (
        select(
            records.c.id.label("its_id"),
            *columns,
            *(is_set(records, name).label(f"{name}__set") for name in flags),
            _is_restricted(records, kept.entity).label("its_restriction"),
            is_permitted(kept.entity, records.c.key, EXPORT).label("its_permission"),
            is_blocked(records, kept.entity, EXPORT).label("its_block"),
        )
        .where(or_(_is_member(records, kept), _is_hidden(records, kept)))
        .order_by(records.c.id)
    )
    with connection.execution_options(yield_per=AT_ONCE).execute(found) as rows:
        for row in rows.mappings():
            yield Member(
                row["its_id"],
                {one.name: stored_value(one, row[one.name], zone) for one in chosen},
                frozenset(name for name in flags if row[name + UNCLEAR]),
                frozenset(name for name in flags if row[f"{name}__set"]),
                bool(row["its_restriction"]),
                bool(row["its_permission"]),
                bool(row["its_block"]),
            )


def _is_member(records: Table, kept: Keeping) -> ColumnElement[bool]:
    return exists().where(MEMBER.c.rule == kept.key, MEMBER.c.record == records.c.key).correlate(records)


def _is_hidden(records: Table, kept: Keeping) -> ColumnElement[bool]:
    """Return whether a record would be a member, were it not for one of its flags: who that is must be countable."""
    if not kept.is_live:
        return false()
    its = (CASES.c.rule == kept.key, CASES.c.record == records.c.key, CASES.c.opened_at.is_not(None))
    flags = [is_set(records, name) for name in HIDING if name + UNCLEAR in records.c]
    return and_(or_(false(), *flags), exists().where(*its).correlate(records))


def _is_restricted(records: Table, entity: str) -> ColumnElement[bool]:
    by_flag = is_set(records, FLAG) if FLAG + UNCLEAR in records.c else false()
    return or_(by_flag, is_restricted(entity, records.c.key))


def is_blocked(records: Table, entity: str, use: str) -> ColumnElement[bool]:
    """Return whether an alert that forbids a use is raised: the uses that an alert blocks are joined by commas."""
    blocks = literal(",").concat(ALERT.c.blocks).concat(",")
    its = (ALERT.c.record == records.c.key, ALERT.c.lowered_at.is_(None), blocks.contains(f",{use},"))
    # Asked of each alert, of which a record has few: a list of the rules would be probed for every record instead.
    of_entity = exists().where(RULE.c.key == ALERT.c.rule, RULE.c.entity == entity).correlate(ALERT)
    return exists().where(*its, of_entity).correlate(records)
