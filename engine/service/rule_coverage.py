"""Coverage: which criteria the tests of a rule have seen both true and false. Unknown alone shows neither."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.evaluate.explain import worded
from engine.language.criteria import criteria_of
from engine.language.rule import Rule
from engine.service.rule_testing import Result
from engine.vocabulary.truth import Truth
from engine.vocabulary.verdict import Trace

BOTH = frozenset({Truth.TRUE, Truth.FALSE})


@dataclass(frozen=True, slots=True)
class CoveredCriterion:
    """A criterion with its place, and what tests have seen it to be."""

    words: str
    place: str
    seen: frozenset[Truth]

    @property
    def is_covered(self) -> bool:
        """True when it was seen true and false."""
        return self.seen >= BOTH

    @property
    def lack(self) -> str:
        """What is still to be seen."""
        unseen = [truth.value for truth in (Truth.TRUE, Truth.FALSE) if truth not in self.seen]
        return "never " + " or ".join(unseen)


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """The criteria of a rule, and how many tests it has."""

    rule: str
    tests: int
    criteria: tuple[CoveredCriterion, ...]

    @property
    def covered(self) -> int:
        """How many criteria were seen true and false."""
        return sum(one.is_covered for one in self.criteria)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of rules, by their id."""

    rules: tuple[RuleCoverage, ...]

    @property
    def percent(self) -> float:
        """The share of criteria that were seen true and false, of all rules; 100 where there are none."""
        total = sum(len(one.criteria) for one in self.rules)
        return share(sum(one.covered for one in self.rules), total)

    def as_json(self) -> dict[str, object]:
        """Return the part of `test --json`."""
        return {"percent": self.percent, "rules": [_as_json(one) for one in self.rules]}


def share(covered: int, total: int) -> float:
    """Return a percentage with one decimal."""
    return round(100 * covered / total, 1) if total else 100.0


def coverage(rules: Iterable[Rule], results: Iterable[Result]) -> Coverage:
    """Return what the looks of tests have seen of each rule; each criterion counts once, also in a shared condition."""
    seen: dict[str, dict[str, set[Truth]]] = {}
    tests: dict[str, int] = {}
    for result in results:
        rule = result.test.rule
        tests[rule] = tests.get(rule, 0) + 1
        for trace in result.traces:
            for place, truth in _leaves(trace):
                seen.setdefault(rule, {}).setdefault(place, set()).add(truth)
    in_order = sorted(rules, key=lambda one: one.id)
    return Coverage(tuple(_of_rule(one, tests.get(one.id, 0), seen.get(one.id, {})) for one in in_order))


def _of_rule(rule: Rule, tests: int, seen: Mapping[str, set[Truth]]) -> RuleCoverage:
    criteria = {str(one.place): one for one in criteria_of(rule.criteria)}
    covered = (CoveredCriterion(worded(one), place, frozenset(seen.get(place, ()))) for place, one in criteria.items())
    return RuleCoverage(rule.id, tests, tuple(covered))


def _leaves(trace: Trace) -> Iterator[tuple[str, Truth]]:
    yield trace.place, trace.truth
    for part in trace.parts:
        yield from _leaves(part)


def _as_json(one: RuleCoverage) -> dict[str, object]:
    criteria = [
        {
            "criterion": each.words,
            "place": each.place,
            "true": Truth.TRUE in each.seen,
            "false": Truth.FALSE in each.seen,
        }
        for each in one.criteria
    ]
    return {
        "rule": one.rule,
        "tests": one.tests,
        "percent": share(one.covered, len(one.criteria)),
        "criteria": criteria,
    }
