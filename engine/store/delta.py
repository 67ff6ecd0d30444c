"""Delta: whether a rule is evaluated for all records, and why, or for those alone that may have changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, select, union

from engine.language.rule import Rule
from engine.store import changes
from engine.store.assessment import Assessment
from engine.store.candidates import Candidates, Since
from engine.store.registry import Registered

DELTA = "delta"
MANY, SHARE = 1_000, 4  # candidates from which on, as a part of all records, it is cheaper to look at everybody


@dataclass(frozen=True, slots=True)
class Basis:
    """How a rule is evaluated: `delta`, or full and why; `among` selects the records in question, None for all."""

    said: str
    among: Select[Any] | None = None


@dataclass(frozen=True, slots=True)
class DeltaPlan:
    """Plans the evaluations of one run. `known` is what the store knew of the rules before it."""

    assessment: Assessment
    known: Mapping[str, Registered]
    pruned_to: int
    is_full: bool = False

    def basis(self, rule: Rule) -> Basis:
        """Return how a rule is to be evaluated now, its sources having been assessed."""
        stored = self.known[rule.id]
        reason, before = self._reason(rule, stored), stored.evaluated_at
        if reason or before is None:
            return Basis(f"full: {reason}")
        since = Since(replace(self.assessment.moment, now=before), stored.seen or 0)
        keys = {name: one.key for name, one in self.known.items()}
        found = Candidates(self.assessment.connection, self.assessment.tables, self.assessment.moment, keys)
        candidates = found.of(rule, since)
        if candidates is None:
            return Basis("full: a day or an instant has passed that concerns everybody")
        moved = [self.assessment.moved(one, keys[one]) for one in sorted(rule.sources) if self.assessment.has(one)]
        among, count = self.assessment.keep(select(union(candidates, *moved).subquery().c.key) if moved else candidates)
        if count > MANY and count * SHARE > self.assessment.tables.population(self.assessment.connection, rule.entity):
            return Basis("full: too much has changed")
        return Basis(DELTA, among)

    def _reason(self, rule: Rule, stored: Registered) -> str:
        """Return why all records have to be looked at, or nothing."""
        if self.is_full:
            return "asked for"
        if stored.evaluated_version is None or stored.evaluated_at is None or stored.evaluated_run is None:
            return "first evaluation"
        if stored.evaluated_version != rule.version:
            return "the rule has changed"
        if rule.needs or rule.check.pattern is not None:
            return "it depends on what it is asked or told"
        if (stored.seen or 0) < self.pruned_to:
            return "the change log does not reach back so far"
        for source in rule.sources:
            its = self.known[source]
            if its.evaluated_version is None or (its.moved_run or 0) > stored.evaluated_run:
                return f"{source}, which it reads, has moved meanwhile"
        return ""


def begin(assessment: Assessment, known: Mapping[str, Registered], *, is_full: bool) -> tuple[DeltaPlan, int]:
    """Return the plan of a run, and up to where in the change log it sees."""
    connection = assessment.connection
    return DeltaPlan(assessment, known, changes.pruned_to(connection), is_full), changes.newest(connection)
