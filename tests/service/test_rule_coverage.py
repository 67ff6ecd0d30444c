"""Coverage of rules by their tests: a criterion counts once it was seen true and false."""

from engine.service.rule_coverage import Coverage, RuleCoverage, coverage
from engine.service.rule_testing import tried
from tests.rehearsals import hall_of, load_with_tests

RULES = """\
conditions:
  busy:
    any:
      - {count: sales, at_least: 1}
      - {count: requests, at_least: 1}
rules:
  - rule: the-rule
    if:
      all:
        - {field: category, is: Lead}
        - {condition: busy}
      none:
        - {field: country, is: NO}
    then: [{keep_in_selection: chosen}]
  - rule: another
    if: [{condition: busy}]
    then: [{keep_in_selection: others}]
"""


def covered(*given: str) -> Coverage:
    """Return the coverage by tests of `the-rule` that look at the given records."""
    tests = [f"  - {{test: a, rule: the-rule, now: 2026-03-01, given: {one}, expect: match}}\n" for one in given]
    loaded = load_with_tests(RULES + ("tests:\n" + "".join(tests) if tests else ""))
    with hall_of(loaded) as hall:
        assert loaded.rulebook is not None
        return coverage(loaded.rulebook.rules.values(), [tried(hall, test) for test in loaded.tests])


def lacks(of: RuleCoverage) -> dict[str, str]:
    """Return what is still to be seen of each criterion that is not covered, by its words."""
    return {one.words: one.lack for one in of.criteria if not one.is_covered}


def test_without_tests_nothing_is_covered() -> None:
    """Each criterion is named with its place, those of conditions where they stand."""
    another, the_rule = covered().rules

    assert (another.rule, another.tests, another.covered) == ("another", 0, 0)
    assert [one.place for one in another.criteria] == ["rules.yaml:4:10", "rules.yaml:5:10"]
    assert {"never true or false"} == set(lacks(the_rule).values())
    assert len(the_rule.criteria) == 4


def test_a_criterion_is_covered_when_it_was_seen_true_and_false() -> None:
    """Also one that decided nothing; unknown shows neither. A test counts for its own rule alone."""
    found = covered("{category: Lead, country: SE}", "{category: x, sales: [{status: open}]}", "{}")
    another, the_rule = found.rules

    assert (the_rule.tests, the_rule.covered) == (3, 2)
    assert lacks(the_rule) == {"count requests is at least 1": "never true", "field country is NO": "never true"}
    assert (another.tests, another.covered) == (0, 0)
    assert found.percent == 33.3


def test_every_look_counts_whether_it_was_as_expected_or_not() -> None:
    """Coverage tells what tests have seen, not whether they pass."""
    busy = "sales: [{status: open}], requests: [{type: x}]"
    the_rule = covered(f"{{category: Lead, country: SE, {busy}}}", "{category: x, country: NO}").rules[1]

    assert (the_rule.covered, lacks(the_rule)) == (4, {})


def test_where_there_is_nothing_to_cover_nothing_is_lacking() -> None:
    """An empty rulebook is covered."""
    assert coverage([], []).as_json() == {"percent": 100.0, "rules": []}
