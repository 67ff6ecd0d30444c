"""Searches: how a rule's candidates are selected: records that were written to, and dates that time has passed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, Integer, Select, bindparam, literal, or_, select, union

from engine.language.algebra import Threshold
from engine.language.concerns import concerning_crossings, concerning_paths, concerns
from engine.language.crossings import CaseDate, Crossing, Everybody, FieldDate, ItemDate, StoredDate
from engine.language.rule import Rule
from engine.store.columns import Instant
from engine.store.database import Connection
from engine.store.records import STORED_AT, RecordTables, mask_of, masks
from engine.store.tables import CASES, CHANGE_LOG

MOST_ARMS = 100  # of a union; SQLite takes 500

Condition = Callable[[FromClause], ColumnElement[bool]]  # of the table at the end of a path


@dataclass(frozen=True, slots=True)
class Search:
    """How the candidates of a rule are selected, as (slot, key), with parameters.

    `passing` tells by parameter which threshold passes dates, and whether they are rounded to their day; `everybody`
    are the crossings that concern all records.
    """

    found: Select[Any]
    passing: tuple[tuple[str, Threshold, bool], ...]
    everybody: tuple[Crossing, ...]


@dataclass(frozen=True, slots=True)
class Searching:
    """Makes the search for the candidates of one rule. `keys` are those of the rules whose cases are stored."""

    connection: Connection
    tables: RecordTables
    rule: Rule
    keys: Mapping[str, int]
    _passing: dict[tuple[Threshold, bool], str] = field(default_factory=dict)

    @property
    def key(self) -> int:
        """The key of the rule."""
        return self.keys[self.rule.id]

    def search(self) -> Search:
        """Return the search."""
        found, everybody = [*self._written()], []
        for crossing in sorted(concerning_crossings(self.rule), key=repr):
            if isinstance(crossing.dates, Everybody):
                everybody.append(crossing)
            else:
                found += self._crossed(crossing)
        found += self._ripened()
        most = bindparam(f"most_{self.key}", type_=Integer())
        arms = [select(arm.distinct().limit(most).subquery().c.key) for arm in found]
        passing = tuple((name, threshold, is_rounded) for (threshold, is_rounded), name in self._passing.items())
        return Search(select(literal(self.key), united(arms).subquery().c.key), passing, tuple(everybody))

    def _between(self, threshold: Threshold, column: ColumnElement[Any], *, is_rounded: bool) -> ColumnElement[bool]:
        """Return the condition that a date lies between the two values of a threshold."""
        name = self._passing.setdefault((threshold, is_rounded), f"p_{self.key}_{len(self._passing)}")
        return column.between(bindparam(f"{name}_low", type_=Instant()), bindparam(f"{name}_high", type_=Instant()))

    def _written(self) -> Iterator[Select[Any]]:
        """Select the records that were written to in what concerns the rule, behind references, too."""
        entity = self.rule.entity
        yield select(CHANGE_LOG.c.record.label("key")).where(*self._changes(entity, concerns(self.rule)))
        behind: dict[tuple[str, ...], set[str]] = {}
        for path in concerning_paths(self.rule):
            for depth in range(1, len(path)):
                behind.setdefault(path[:depth], set()).add(path[depth])
        for path, names in sorted(behind.items()):
            changed = select(CHANGE_LOG.c.record).where(*self._changes(self._entity_at(path), names))
            yield self._behind(path, lambda table, changed=changed: table.c.key.in_(changed))  # type: ignore[misc]  # bound at once

    def _changes(self, entity: str, names: frozenset[str] | set[str]) -> tuple[ColumnElement[bool], ...]:
        bits = masks(self.connection, entity)
        mask = mask_of(names & bits.keys(), bits)
        is_of_concern = or_(CHANGE_LOG.c.mask.op("&")(mask) != 0, CHANGE_LOG.c.is_new)
        seen = bindparam(f"seen_{self.key}", type_=BigInteger())
        return CHANGE_LOG.c.seq > seen, CHANGE_LOG.c.entity == entity, is_of_concern

    def _crossed(self, crossing: Crossing) -> Iterator[Select[Any]]:
        entity, is_rounded = self.rule.entity, crossing.is_rounded
        table = self.tables.records[entity]

        def passed(column: ColumnElement[Any]) -> ColumnElement[bool]:
            return self._between(crossing.threshold, column, is_rounded=is_rounded)

        match crossing.dates:
            case FieldDate(path=(name,)):
                yield select(table.c.key.label("key")).where(passed(table.c[name]))
            case FieldDate(path=(*path, name)):
                yield self._behind(tuple(path), lambda target: passed(target.c[name]))
            case ItemDate(collection=collection, field=name):
                items = self.tables.items[(entity, collection)]
                yield select(items.c.owner_key.label("key")).where(passed(items.c[name]))
            case StoredDate(field=name):
                stamps = self.tables.changes[entity]
                its = (stamps.c.field == name, passed(stamps.c.changed_at))
                yield select(stamps.c.owner_key.label("key")).where(*its)
                yield select(table.c.key.label("key")).where(passed(table.c[STORED_AT]))
            case CaseDate(rule=source):
                its = (CASES.c.rule == self.keys.get(source, 0), passed(CASES.c.opened_at))
                yield select(CASES.c.record.label("key")).where(*its)

    def _ripened(self) -> Iterator[Select[Any]]:
        """Select those who have waited for long enough, where the rule asks for that."""
        if self.rule.lasting is not None:
            is_over = self._between(Threshold("older", self.rule.lasting), CASES.c.true_since, is_rounded=False)
            yield select(CASES.c.record.label("key")).where(CASES.c.rule == self.key, is_over)

    def _entity_at(self, path: tuple[str, ...]) -> str:
        entity = self.rule.entity
        for step in path:
            entity = self.tables.model.entity(entity).fields[step].references or ""
        return entity

    def _behind(self, path: tuple[str, ...], condition: Condition) -> Select[Any]:
        """Select the records that refer, along a path, to one that satisfies a condition."""
        entity = self.rule.entity
        table = self.tables.records[entity]
        joined: FromClause = table
        here: FromClause = table
        for step in path:
            entity = self.tables.model.entity(entity).fields[step].references or ""
            there = self.tables.records[entity].alias()
            joined = joined.join(there, there.c.id == here.c[step])
            here = there
        return select(table.c.key.label("key")).select_from(joined).where(condition(here))


def united(arms: Sequence[Select[Any]]) -> Any:
    """Return the union of selects of keys, in groups where they are many."""
    while len(arms) > MOST_ARMS:
        groups = (union(*arms[start : start + MOST_ARMS]) for start in range(0, len(arms), MOST_ARMS))
        arms = [select(group.subquery().c.key) for group in groups]
    return union(*arms)
