"""Cases that wait until they have been true for long enough, and rules that ask how long others have been open."""

from datetime import timedelta
from pathlib import Path

from engine.evaluate.explain import patiently, trace_of
from engine.store.facts import Records
from engine.vocabulary.verdict import Verdict
from tests.installations import Place, tally

RULES = """\
rules:
  - rule: lasting
    stage: live
    if:
      all: [{field: category, is: Lead}]
      for_at_least: 3 days
    then: [{keep_in_selection: lasting}]
  - rule: long-standing
    stage: live
    if: [{selection: lasting, is_member: true, for_at_least: 2 days}]
    then: [{keep_in_selection: long-standing}]
"""


def _days(place: Place, days: float) -> None:
    place.clock.move(timedelta(days=days))
    place.run()


def test_a_case_opens_only_once_it_was_true_for_so_long(tmp_path: Path) -> None:
    """For three days the case waits and matches nobody; at the third it opens."""
    place = Place(tmp_path, RULES)
    place.take({"id": "a", "category": "Lead"})
    report = place.run()

    assert tally(report, "lasting") == (0, 0, 0, 0)
    assert place.cases() == [("lasting", "a", "waiting")]
    _days(place, 2.9)
    assert place.members("lasting") == []
    _days(place, 0.1)
    assert place.members("lasting") == ["a"]


def test_a_break_starts_the_clock_again(tmp_path: Path) -> None:
    """False in between, or undecided in between: the three days count from when it is true again."""
    for between in ("Customer", None):
        place = Place(tmp_path / str(between), RULES)
        place.take({"id": "a", "category": "Lead"})
        place.run()
        _days(place, 2)
        place.take({"id": "a", "category": between})
        place.run()
        place.take({"id": "a", "category": "Lead"})
        place.run()
        _days(place, 2)

        assert place.members("lasting") == []
        _days(place, 1)
        assert place.members("lasting") == ["a"]


def test_an_open_case_closes_at_once_and_stays_while_undecided(tmp_path: Path) -> None:
    """What has opened needs no patience to close, and unknown is not false."""
    place = Place(tmp_path, RULES)
    place.take({"id": "a", "category": "Lead"})
    place.run()
    _days(place, 3)
    place.take({"id": "a", "category": None})
    place.run()

    assert place.members("lasting") == ["a"]
    place.take({"id": "a", "category": "Customer"})
    place.run()
    assert place.members("lasting") == []


def test_a_rule_can_ask_how_long_another_has_held(tmp_path: Path) -> None:
    """Two days after the first rule's case opened, and not before, the second one matches."""
    place = Place(tmp_path, RULES)
    place.take({"id": "a", "category": "Lead"})
    place.run()
    _days(place, 3)
    _days(place, 1.9)

    assert place.members("long-standing") == []
    _days(place, 0.1)
    assert place.members("long-standing") == ["a"]


def test_a_plan_shows_nobody_who_still_waits(tmp_path: Path) -> None:
    """A rule seen for the first time would let nobody in yet."""
    place = Place(tmp_path, RULES)
    place.take({"id": "a", "category": "Lead"})

    assert place.plan("lasting").rules[0].found.tally.entered == 0


def test_an_explanation_says_since_when_it_waits_and_until_when(tmp_path: Path) -> None:
    """The criteria are true and the verdict is not yet: the tree says why."""
    place = Place(tmp_path, RULES)
    place.take({"id": "a", "category": "Lead"})
    place.run()
    rule, moment = place.rules.rules["lasting"], place.installation.moment()
    with place.store.database.reading() as connection:
        facts = Records(place.store.tables, place.store.zone).facts(connection, "contact", place.key_of("a"))
    assert facts is not None
    verdict, tree = patiently(rule, facts, moment, trace_of(rule.criteria, facts, moment))

    assert (verdict, tree.words, tree.actual, tree.bounds) == (
        Verdict.NO_MATCH,
        "for at least 3 days",
        "true since 2026-03-01 13:00",
        "until 2026-03-04 13:00",
    )
