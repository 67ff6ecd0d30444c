"""Candidates: the records of which a rule can have become something else since it was last evaluated."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, or_, select, union

from engine.language.algebra import Threshold
from engine.language.crossings import CaseDate, Crossing, Everybody, FieldDate, ItemDate, StoredDate, crossings
from engine.language.reads import paths, reads
from engine.language.rule import Rule
from engine.store.database import Connection
from engine.store.records import STORED_AT, RecordTables, mask_of, masks
from engine.store.tables import CASES, CHANGE_LOG
from engine.vocabulary.calendar import Moment

A_DAY = timedelta(hours=26)  # the longest day there is, and the shift of a zone

Condition = Callable[[FromClause], ColumnElement[bool]]  # of the table at the end of a path


@dataclass(frozen=True, slots=True)
class Since:
    """When a rule was last evaluated: its moment, and up to where in the change log."""

    moment: Moment
    seen: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Finds the candidates of rules at a moment. `keys` are those of the rules whose cases are stored."""

    connection: Connection
    tables: RecordTables
    moment: Moment
    keys: Mapping[str, int]

    def of(self, rule: Rule, since: Since) -> Select[Any] | None:
        """Select the keys of a rule's candidates; None where all records are."""
        found = [*self._written(rule, since.seen)]
        for crossing in crossings(rule.predicate):
            edges = _edges(crossing.threshold, since.moment, self.moment)
            if edges is None:
                continue
            if isinstance(crossing.dates, Everybody):
                if _passes_all(crossing.dates, edges, since.moment, self.moment):
                    return None
                continue
            found += self._crossed(rule, crossing, edges)
        found += self._ripened(rule, since)
        return select(union(*found).subquery().c.key)

    def _written(self, rule: Rule, seen: int) -> Iterator[Select[Any]]:
        """Select the records that were written to in what the rule reads, behind references, too."""
        yield select(CHANGE_LOG.c.record.label("key")).where(*self._changes(rule.entity, reads(rule.predicate), seen))
        behind: dict[tuple[str, ...], set[str]] = {}
        for path in paths(rule.predicate):
            for depth in range(1, len(path)):
                behind.setdefault(path[:depth], set()).add(path[depth])
        for path, names in behind.items():
            entity = self._entity_at(rule.entity, path)
            changed = select(CHANGE_LOG.c.record).where(*self._changes(entity, names, seen))
            yield self._behind(rule.entity, path, _is_among(changed))

    def _changes(self, entity: str, names: frozenset[str] | set[str], seen: int) -> tuple[ColumnElement[bool], ...]:
        mask = mask_of(names, masks(self.connection, entity))
        concerns = or_(CHANGE_LOG.c.mask.op("&")(mask) != 0, CHANGE_LOG.c.is_new)
        return CHANGE_LOG.c.seq > seen, CHANGE_LOG.c.entity == entity, concerns

    def _crossed(self, rule: Rule, crossing: Crossing, edges: tuple[datetime, datetime]) -> Iterator[Select[Any]]:
        low, high = (edges[0] - A_DAY, edges[1] + A_DAY) if crossing.is_rounded else edges
        table = self.tables.records[rule.entity]
        match crossing.dates:
            case FieldDate(path=(name,)):
                yield select(table.c.key).where(table.c[name].between(low, high))
            case FieldDate(path=(*path, name)):
                yield self._behind(rule.entity, tuple(path), lambda target: target.c[name].between(low, high))
            case ItemDate(collection=collection, field=name):
                items = self.tables.items[(rule.entity, collection)]
                yield select(items.c.owner_key.label("key")).where(items.c[name].between(low, high))
            case StoredDate(field=name):
                stamps = self.tables.changes[rule.entity]
                its = (stamps.c.field == name, stamps.c.changed_at.between(low, high))
                yield select(stamps.c.owner_key.label("key")).where(*its)
                yield select(table.c.key).where(table.c[STORED_AT].between(low, high))
            case CaseDate(rule=source):
                its = (CASES.c.rule == self.keys.get(source, 0), CASES.c.opened_at.between(low, high))
                yield select(CASES.c.record.label("key")).where(*its)

    def _ripened(self, rule: Rule, since: Since) -> Iterator[Select[Any]]:
        """Select those who have waited for long enough, where the rule asks for that."""
        if rule.lasting is None:
            return
        edges = _edges(Threshold("older", rule.lasting), since.moment, self.moment)
        if edges is not None:
            its = (CASES.c.rule == self.keys.get(rule.id, 0), CASES.c.true_since.between(*edges))
            yield select(CASES.c.record.label("key")).where(*its)

    def _entity_at(self, entity: str, path: tuple[str, ...]) -> str:
        for step in path:
            entity = self.tables.model.entity(entity).fields[step].references or ""
        return entity

    def _behind(self, entity: str, path: tuple[str, ...], condition: Condition) -> Select[Any]:
        """Select the records that refer, along a path, to one that satisfies a condition."""
        table = self.tables.records[entity]
        joined: FromClause = table
        here: FromClause = table
        for step in path:
            entity = self.tables.model.entity(entity).fields[step].references or ""
            there = self.tables.records[entity].alias()
            joined = joined.join(there, there.c.id == here.c[step])
            here = there
        return select(table.c.key).select_from(joined).where(condition(here))


def _is_among(keys: Select[Any]) -> Condition:
    return lambda table: table.c.key.in_(keys)


def _edges(threshold: Threshold, before: Moment, now: Moment) -> tuple[Any, Any] | None:
    """Return the two values of a threshold in their order; None where it did not move."""
    old, new = threshold.at(before), threshold.at(now)
    return None if old == new else (min(old, new), max(old, new))


def _passes_all(everybody: Everybody, edges: tuple[Any, Any], before: Moment, now: Moment) -> bool:
    """True where a threshold may have passed an instant that is the same for all."""
    if everybody.at is None:
        return True
    at = everybody.at
    ends: Any = sorted((at.at(before), at.at(now))) if isinstance(at, Threshold) else [at.value, at.value]
    return bool(ends[0] - A_DAY <= edges[1] and edges[0] <= ends[1] + A_DAY)
