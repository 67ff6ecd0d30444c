"""Scenarios: so much has changed, so much time has passed; a run is timed, and a full run after it moves nothing."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bench.changes import take_in
from bench.place import Place
from bench.spread import ratio, round_to
from engine.service.runner import RunReport

A_MINUTE, AN_HOUR, A_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens before a run: a share of all contacts is changed, and time passes. `goal` is of full over delta."""

    name: str
    share: float
    passes: timedelta
    goal: float | None = None


SCENARIOS = (
    Scenario("idle minute", 0, A_MINUTE, 3_000),
    Scenario("0.1 % changed, an hour passed", 0.001, AN_HOUR, 100),
    Scenario("0.1 % changed, a day passed", 0.001, A_DAY, 15),
    Scenario("1 % changed, an hour passed", 0.01, AN_HOUR),
    Scenario("10 % changed, an hour passed", 0.1, AN_HOUR),
    Scenario("3 % changed, 30 days missed", 0.03, 30 * A_DAY, 1 / 1.1),
)


@dataclass(slots=True)
class Timed:
    """The seconds of the runs of a scenario, how many records they judged, and what a full run after them moved."""

    scenario: Scenario
    seconds: list[float] = field(default_factory=list)
    judged: list[int] = field(default_factory=list)
    bases: set[str] = field(default_factory=set)
    moved_after: int | None = None

    def as_json(self, full: list[float]) -> dict[str, Any]:
        """Return the figures, with the ratio to full runs."""
        return {
            "name": self.scenario.name,
            "seconds": [round_to(one) for one in self.seconds],
            "judged": self.judged,
            "full for": sorted(basis for basis in self.bases if basis != "delta"),
            "moved by a full run after it": self.moved_after,
            "full over delta": ratio(full, self.seconds).as_json(),
            "goal": self.scenario.goal,
        }


def timed(
    place: Place, rounds: int, tell: Callable[[str], None], *, checked: bool = True
) -> tuple[list[Timed], list[float]]:
    """Time all scenarios in rounds; return them, and the seconds of the full runs that check them."""
    rng = random.Random(1)
    found, full = [], []
    for scenario in SCENARIOS:
        tell(scenario.name)
        one = Timed(scenario)
        for _ in range(rounds):
            take_in(place, round(scenario.share * place.contacts), rng)
            place.pass_time(scenario.passes)
            _run(place, one)
        if checked:
            seconds, report = place.run(full=True)
            one.moved_after = moved(report)
            full.append(seconds)
        found.append(one)
    return found, full


def same_changes(place: Place, rounds: int, count: int = 1_000) -> list[float]:
    """Return the seconds of runs after the same number of changes and an hour, whatever the size of the store."""
    rng = random.Random(2)
    one = Timed(Scenario("the same changes", 0, AN_HOUR))
    for _ in range(rounds):
        take_in(place, min(count, place.contacts), rng)
        place.pass_time(AN_HOUR)
        _run(place, one)
    return one.seconds


def moved(report: RunReport) -> int:
    """Return how many cases a run opened or closed."""
    return sum(rule.tally.entered + rule.tally.left for rule in report.rules)


def _run(place: Place, one: Timed) -> None:
    seconds, report = place.run()
    one.seconds.append(seconds)
    one.judged.append(sum(rule.tally.candidates for rule in report.rules))
    one.bases |= {rule.basis for rule in report.rules}
