"""Trials: tests of single rules, run when somebody asks; what came of them is kept in memory, for one rulebook."""

from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from engine.evaluate.decision import Decider
from engine.service.installation import Installation
from engine.service.naming import NOT_THERE, REFUSED, Declined
from engine.service.rehearsing import rehearsing
from engine.service.rule_testing import Result, tried
from engine.vocabulary.problem import Problem, nearest_or_all


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of the tests of a rule: of which rulebook and version, when, and what keeps some from running."""

    rulebook: str
    version: str
    at: datetime
    results: tuple[Result, ...]
    problems: tuple[Problem, ...]

    @property
    def failed(self) -> int:
        """How many failed."""
        return sum(one.failure is not None for one in self.results)


@dataclass(slots=True)
class Trials:
    """Runs tests, those of one rule at a time, and knows what came of them last in the newest rulebook."""

    _found: dict[str, Trial] = field(default_factory=dict)
    _running: Lock = field(default_factory=Lock)

    def of(self, rule: str, rulebook: str) -> Trial | None:
        """Return what came of the tests of a rule in a rulebook, by its digest; None where they were not run."""
        found = self._found.get(rule)
        return found if found is not None and found.rulebook == rulebook else None

    def run(self, installation: Installation, rule: str) -> Trial:
        """Run the tests of a rule as `ansgar test` does, with the files as they are now; raises Declined."""
        if not self._running.acquire(blocking=False):
            raise Declined(REFUSED, "tests are being run already: try again when they are done")
        try:
            trial = _trial(installation, rule)
        finally:
            self._running.release()
        others = {name: one for name, one in self._found.items() if one.rulebook == trial.rulebook}
        self._found = {**others, rule: trial}
        return trial


def _trial(installation: Installation, rule: str) -> Trial:
    loaded = installation.loader().load_paths([installation.rules_folder], with_tests=True)
    if loaded.rulebook is None:
        raise Declined(REFUSED, f"the rule files have {len(loaded.errors)} errors: run `ansgar check`")
    rules = loaded.rulebook.rules
    if rule not in rules:
        raise Declined(NOT_THERE, f"the rule files have no rule `{rule}`; {nearest_or_all(rule, rules)}")
    tests = [one for one in loaded.tests if one.rule == rule]
    results: tuple[Result, ...] = ()
    if tests:
        decider = Decider()
        try:
            with rehearsing(installation, loaded.rulebook, decider) as hall:
                results = tuple(tried(hall, one) for one in tests)
        finally:
            decider.close()
    now = installation.clock.now()
    return Trial(loaded.rulebook.digest, rules[rule].version, now, results, loaded.test_problems)
