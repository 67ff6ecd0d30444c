"""Delta: whether a rule is evaluated for all records, and why, or for those alone that may have changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from engine.language.rule import Rule
from engine.store import changes
from engine.store.assessment import Assessment
from engine.store.candidates import Candidates, Since
from engine.store.registry import Registered

DELTA = "delta"


@dataclass(frozen=True, slots=True)
class Basis:
    """How a rule is evaluated: `delta`, for so many candidates, or full (None) and why."""

    said: str
    candidates: int | None = None


@dataclass(frozen=True, slots=True)
class DeltaPlan:
    """Plans the evaluations of one run. `known` is what the store knew of the rules before it.

    `reasons` tells why rules look at all records, `counts` how many candidates the others have so far.
    """

    assessment: Assessment
    known: Mapping[str, Registered]
    candidates: Candidates
    reasons: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def basis(self, rule: Rule) -> Basis:
        """Return how a rule is to be evaluated now, its sources having been assessed."""
        if reason := self.reasons.get(rule.id):
            return Basis(f"full: {reason}")
        count = self.counts.get(rule.id, 0)
        for source in sorted(rule.sources):
            if self.assessment.has(source):
                count += self.candidates.add(rule, self.assessment.moved(source, self.known[source].key))
        if self.candidates.are_many(rule.entity, count):
            return Basis("full: too much has changed")
        return Basis(DELTA, count)

    def look(self, rules: Iterable[Rule], pruned_to: int) -> None:
        """Find the candidates of the rules that need not look at all records."""
        wanted: list[tuple[Rule, Since]] = []
        for rule in rules:
            stored = self.known[rule.id]
            reason, before = self._reason(rule, stored, pruned_to), stored.evaluated_at
            if reason or before is None:
                self.reasons[rule.id] = reason
            else:
                wanted.append((rule, Since(replace(self.assessment.moment, now=before), stored.seen or 0)))
        counts, everybody = self.candidates.write(wanted)
        self.counts.update(counts)
        self.reasons.update(dict.fromkeys(everybody, "a day or an instant has passed that concerns everybody"))

    def _reason(self, rule: Rule, stored: Registered, pruned_to: int) -> str:
        """Return why all records have to be looked at, or nothing."""
        if None in {stored.evaluated_version, stored.evaluated_at, stored.evaluated_run, stored.matched}:
            return "first evaluation"
        if stored.evaluated_version != rule.version:
            return "the rule has changed"
        if rule.needs or rule.check.pattern is not None:
            return "it depends on what it is asked or told"
        if (stored.seen or 0) < pruned_to:
            return "the change log does not reach back so far"
        for source in sorted(rule.sources):
            its = self.known[source]
            if its.evaluated_version is None or (its.moved_run or 0) > (stored.evaluated_run or 0):
                return f"{source}, which it reads, has moved meanwhile"
        return ""


def begin(
    assessment: Assessment, known: Mapping[str, Registered], rules: Iterable[Rule], *, is_full: bool
) -> tuple[DeltaPlan, int]:
    """Return the plan of a run of rules, and up to where in the change log it sees."""
    connection = assessment.connection
    keys = {name: one.key for name, one in known.items()}
    plan = DeltaPlan(assessment, known, Candidates(connection, assessment.tables, assessment.moment, keys))
    seen = changes.newest(connection)
    if is_full:
        plan.reasons.update({rule.id: "asked for" for rule in rules})
    else:
        plan.look(rules, changes.pruned_to(connection))
    return plan, seen
