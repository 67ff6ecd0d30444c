"""Candidates: the records of which a rule can have become something else since it was last evaluated.

How they are searched is prepared once a rule; the two values of each threshold are parameters. Those of all rules are
found in one statement, and written down.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Insert, Select, func, insert, literal, select, union_all

from engine.language.algebra import Threshold
from engine.language.crossings import Crossing, Everybody
from engine.language.rule import Rule
from engine.store.database import Connection
from engine.store.outcome import CANDIDATE
from engine.store.records import RecordTables
from engine.store.search import MOST_ARMS, Search, Searching
from engine.vocabulary.calendar import Moment

A_DAY = timedelta(hours=26)  # the longest day there is, and the shift of a zone
MANY, SHARE = 1_000, 4  # candidates from which on, as a part of all records, it is cheaper to look at everybody
NEVER = (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))  # nothing lies between these

Edges = tuple[Any, Any]


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
    _instants: dict[tuple[Threshold, datetime], Any] = field(default_factory=dict)
    _newest: dict[str, int] = field(default_factory=dict)

    def write(self, wanted: Iterable[tuple[Rule, Since]]) -> tuple[dict[str, int], frozenset[str]]:
        """Write the candidates of rules down; return how many each has, and which rules have to look at everybody."""
        everybody: set[str] = set()
        searches: list[Search] = []
        bound: dict[str, Any] = {}
        for rule, since in wanted:
            search = self._search(rule)
            if any(self._passes_all(one, since) for one in search.everybody):
                everybody.add(rule.id)
                continue
            searches.append(search)
            bound |= self._bound(search, rule, since)
        for start in range(0, len(searches), MOST_ARMS):
            part = searches[start : start + MOST_ARMS]
            statement = self.tables.shelf.get(tuple(part), "harvest", lambda part=part: _harvest(part))  # type: ignore[misc]  # bound at once
            self.connection.execute(statement, bound)
        return self._counts() if searches else {}, frozenset(everybody)

    def add(self, rule: Rule, keys: Select[Any]) -> int:
        """Write more candidates of a rule down; return how many were new."""
        slot, more = self.keys[rule.id], keys.subquery()
        known = select(CANDIDATE.c.record).where(CANDIDATE.c.slot == slot)
        fresh = select(literal(slot), more.c.key).distinct().where(more.c.key.not_in(known))
        return self.connection.execute(insert(CANDIDATE).from_select(["slot", "record"], fresh)).rowcount

    def are_many(self, entity: str, count: int) -> bool:
        """True where so many of an entity's records are candidates that it is cheaper to look at all of them."""
        return count > MANY and count * SHARE > self.tables.population(self.connection, entity)

    def _counts(self) -> dict[str, int]:
        ids = {key: name for name, key in self.keys.items()}
        rows = select(CANDIDATE.c.slot, func.count()).group_by(CANDIDATE.c.slot)
        return {ids[slot]: count for slot, count in self.connection.execute(rows)}

    def _search(self, rule: Rule) -> Search:
        sources = tuple((name, self.keys.get(name)) for name in sorted(rule.sources))
        of = (rule.predicate, rule.deadline, rule.lasting, rule.calls)
        form = ("search", rule.entity, self.keys[rule.id], sources)
        searching = Searching(self.connection, self.tables, rule, self.keys)
        return self.tables.shelf.get(of, form, searching.search)

    def _bound(self, search: Search, rule: Rule, since: Since) -> dict[str, Any]:
        """Return the parameters of a search; an empty range where a threshold did not move."""
        key = self.keys[rule.id]
        bound: dict[str, Any] = {f"seen_{key}": since.seen, f"most_{key}": self._most(rule.entity)}
        for name, threshold, is_rounded in search.passing:
            low, high = self._edges(threshold, since.moment) or NEVER
            if is_rounded and low < high:
                low, high = low - A_DAY, high + A_DAY
            bound |= {f"{name}_low": low, f"{name}_high": high}
        return bound

    def _most(self, entity: str) -> int:
        """Return so many candidates that any more make no difference: everybody is looked at then."""
        if entity not in self._newest:
            newest = select(func.max(self.tables.records[entity].c.key))
            self._newest[entity] = self.connection.execute(newest).scalar_one() or 0
        return max(MANY, self._newest[entity] // SHARE) + 1

    def _edges(self, threshold: Threshold, before: Moment) -> Edges | None:
        """Return the two values of a threshold in their order; None where it did not move."""
        old, new = self._at(threshold, before), self._at(threshold, self.moment)
        return None if old == new else (min(old, new), max(old, new))

    def _at(self, threshold: Threshold, moment: Moment) -> Any:
        key = (threshold, moment.now)
        if key not in self._instants:
            self._instants[key] = threshold.at(moment)
        return self._instants[key]

    def _passes_all(self, crossing: Crossing, since: Since) -> bool:
        """True where a threshold may have passed an instant that is the same for all."""
        edges = self._edges(crossing.threshold, since.moment)
        if edges is None or not isinstance(crossing.dates, Everybody):
            return False
        at = crossing.dates.at
        if at is None:
            return True
        both = (since.moment, self.moment)
        ends: Any = sorted(self._at(at, one) if isinstance(at, Threshold) else at.value for one in both)
        return bool(ends[0] - A_DAY <= edges[1] and edges[0] <= ends[1] + A_DAY)


def _harvest(searches: Sequence[Search]) -> Insert:
    """Return the statement that writes down what several searches find."""
    return insert(CANDIDATE).from_select(["slot", "record"], union_all(*(one.found for one in searches)))
