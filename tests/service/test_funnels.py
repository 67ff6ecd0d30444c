"""Funnels of rules: counted at night and when somebody asks, for rules in force that can be counted."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from engine.evaluate.explain import explained, with_sources
from engine.language.criteria import steps_of
from engine.service import funnels
from engine.service.funnels import count_nightly
from engine.service.naming import Declined
from engine.store import funnel
from engine.store.facts import Records
from engine.store.funnel import Step
from engine.vocabulary.truth import Truth, all_of
from tests.consoles import told_story
from tests.installations import Place
from tests.rulebooks import rulebook

RULE = "rules: [{{rule: {name}, stage: {stage}, if: [{{field: country, is: NO}}], then: []}}]"


def counted(place: Place) -> dict[str, str]:
    """Return the version of each rule that was counted last."""
    with place.store.database.reading() as connection:
        return {rule: version for rule, (version, _) in funnel.last_counts(connection).items()}


def nightly(place: Place, **length: float) -> int:
    """Let time pass; return how many rules were counted then."""
    place.clock.move(timedelta(**length))
    return count_nightly(place.scene(), place.installation.moment())


def test_funnels_are_those_of_explaining_every_contact(tmp_path: Path) -> None:
    """For every rule of the story, step by step, those of whom it cannot be told kept apart."""
    place = told_story(tmp_path)
    moment, entity = place.installation.moment(), "contact"
    records = Records(place.store.tables, place.store.zone)
    with place.store.database.reading() as connection:
        keys = [key for key in range(1, 60) if records.id_of(connection, entity, key)]
        known = records.facts_of(connection, entity, keys).values()
    for rule in place.rules.rules.values():
        found, facts = funnels.count(place.scene(), rule.id, moment).funnel, list(known)
        seen = [with_sources(place.rules, rule, one, moment) for one in facts]
        steps = steps_of(rule.criteria)
        whole = [all_of(step.truth(one, moment) for step in steps) for one in seen]

        assert whole == [explained(rule, one, moment)[1].truth for one in seen]
        assert found.records == len(facts) > 20
        assert found.steps[-1] == Step(whole.count(Truth.TRUE), whole.count(Truth.UNKNOWN))


def test_each_night_after_three_every_rule_is_counted_once(tmp_path: Path) -> None:
    """Not before three, not twice in a night; one whose words have changed at the next tick."""
    place = Place(tmp_path, RULE.format(name="norwegians", stage="live"))
    place.take({"id": "a", "country": "NO"})
    assert nightly(place, hours=12) == 0  # 01:00 by the clocks of Stockholm
    assert [nightly(place, hours=2), nightly(place, minutes=1)] == [1, 0]

    place.rules = rulebook(RULE.format(name="norwegians", stage="live").replace("NO", "SE"))

    assert [nightly(place, minutes=1), nightly(place, minutes=1), nightly(place, hours=24)] == [1, 0, 1]
    assert counted(place) == {"norwegians": place.rules.rules["norwegians"].version}


def test_counting_stops_when_its_spell_is_over_and_goes_on_with_the_next_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What else is due does not wait for all rules to be counted."""
    rules = [RULE.format(name=name, stage="watch").removeprefix("rules: [").removesuffix("]") for name in "abc"]
    place = Place(tmp_path, f"rules: [{', '.join(rules)}]")
    seconds: Callable[[], float] = iter(range(0, 100, 4)).__next__
    monkeypatch.setattr(funnels, "perf_counter", seconds)

    assert [nightly(place, hours=16), nightly(place, minutes=1), nightly(place, minutes=1)] == [1, 1, 1]
    assert counted(place).keys() == {"a", "b", "c"}


def test_a_rule_that_is_off_or_gone_is_not_counted(tmp_path: Path) -> None:
    """Whoever asks for it is told why."""
    place = Place(tmp_path, RULE.format(name="norwegians", stage="off"))
    for name, said in (("norwegians", "is off"), ("ghost", "no rule")):
        with pytest.raises(Declined, match=said):
            funnels.count(place.scene(), name, place.installation.moment())

    assert nightly(place, hours=16) == 0
    assert counted(place) == {}
