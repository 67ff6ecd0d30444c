"""Scenarios: after each, a full run has nothing to move; rulebooks of the latency read what they are said to read."""

from pathlib import Path

import pytest

from bench.latency import FIELD, rules_text
from bench.place import SQLITE, filled, loaded, opened, thirty
from bench.scenarios import SCENARIOS, timed
from bench.spread import percentile, ratio, shown, spread
from engine.language.reads import reads


def test_no_scenario_leaves_anything_for_a_full_run(tmp_path: Path) -> None:
    """Whatever is changed and however long nobody looked, runs by delta come to what a full run comes to."""
    place = opened(SQLITE, tmp_path, thirty(), 1_000)
    filled(place, quickly=True)
    place.run()

    found, full = timed(place, 1, lambda _: None)

    assert {one.scenario.name: one.moved_after for one in found} == {one.name: 0 for one in SCENARIOS}
    assert len(full) == len(SCENARIOS)
    assert sum(found[-1].judged) > 0


@pytest.mark.parametrize("count", [50, 200])
def test_one_rule_in_ten_reads_what_changes(count: int) -> None:
    """The rulebooks load, and a tenth of their rules read the field."""
    rules = loaded(rules_text(count)).rules.values()

    assert len(rules) == count
    assert sum(FIELD in reads(rule.predicate) for rule in rules) == count // 10


def test_a_ratio_tells_its_least_and_greatest_and_that_of_the_best() -> None:
    """Ratios are of medians; the extremes are those that the samples allow."""
    found = ratio([8, 10, 12], [1, 2, 4])

    assert (found.median, found.least, found.greatest, found.best) == (5, 2, 12, 8)
    assert spread([3, 1, 2]).median == 2
    assert [shown(value) for value in (0, 0.000123456, 1.5, 99.96, 12_345, 3_000)] == [
        "0",
        "0.000123",
        "1.5",
        "100",
        "12,300",
        "3,000",
    ]
    assert [percentile([4, 1, 3, 2], percent) for percent in (1, 50, 99)] == [1, 2, 4]
