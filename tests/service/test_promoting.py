"""Promotion (L14): with `plan_before_live` a rule acts only after people saw the plan of this version and set."""

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.service.activation import activated
from engine.service.config import Settings
from engine.service.promoting import NothingToPromote, PromotionRefused, Word, promote
from engine.service.tick import tick
from engine.store import registry
from engine.store.registry import Registered
from tests.installations import NOON, Place
from tests.rulebooks import rulebook

ERASE = """\
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: {stage}
    if: [{{field: category, is: Prospect}}, {{field: created_on, older_than: {age}}}]
    then:
      - schedule_deletion: {{purposes: all, grace: 14 days}}
    stop_if_more_than: {{contacts: 10}}
"""
NORWAY = """\
  - rule: norway
    stage: live
    if: [{{field: country, is: {country}}}]
    then:
      - keep_in_selection: norway
      - notify: {{to: dpo, using: hello}}
"""
READER = """\
  - rule: reader
    stage: live
    if: [{selection: norway, is_member: true}]
    then: [{keep_in_selection: readers}]
"""
MESSAGES = "messages:\n  hello: {subject: Hello, body: Norway}\n"
PEOPLE = {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}, "dag": {"email": "dag@firm.example"}}


def with_approvals(**approvals: bool) -> Settings:
    """Return settings that ask for these approvals."""
    return Settings.of({"approvals": approvals, "people": PEOPLE, "limits": {"percent_per_day": 100}})


def erase(stage: str = "live", age: str = "30 days") -> str:
    """Return a file with the deleting rule."""
    return "rules:\n" + ERASE.format(stage=stage, age=age)


def norway(*more: str, country: str = "NO") -> str:
    """Return a file with the rule that tells of Norwegians, and others."""
    return "rules:\n" + NORWAY.format(country=country) + "".join(more) + MESSAGES


def place_with(folder: Path, rules: str, **approvals: bool) -> Place:
    """Return a place with two contacts that every rule here matches."""
    place = Place(folder, rules, with_approvals(**({"plan_before_live": True} | approvals)))
    place.take(contact("a"), contact("b"))
    return place


def contact(name: str) -> dict[str, Any]:
    """Return a contact that every rule here matches."""
    return {"id": name, "category": "Prospect", "country": "NO", "created_on": "2025-01-01"}


def stored(place: Place, rule: str) -> Registered:
    """Return what the store knows of a rule."""
    with place.store.database.reading() as connection:
        return registry.registered(connection)[rule]


def digest(place: Place, rule: str) -> str:
    """Return the digest of the plan that somebody looks at."""
    return next(one.digest or "" for one in place.plan().rules if one.found.rule == rule)


def promoted(place: Place, rule: str, plan: str | None = None, by: str = "") -> bool:
    """Promote a rule, for the plan as it is now where none is given."""
    word = Word(digest(place, rule) if plan is None else plan, by, "seen")
    return promote(place.installation, place.store, place.rules, place.rules.rules[rule], word)


def test_l14_a_deleting_rule_stays_in_watch_until_its_plan_is_promoted(tmp_path: Path) -> None:
    """Live by its file alone it schedules nothing; after the promotion exactly those who were planned."""
    place = place_with(tmp_path, erase())
    place.live()
    assert (place.deletions(), stored(place, "erase").stage) == ({}, "watch")
    planned = next(one for one in place.plan().rules)
    assert (planned.waits_for_promotion, planned.entering, planned.found.stage) == (True, ("a", "b"), "watch")
    assert promoted(place, "erase")
    assert not place.plan().rules[0].waits_for_promotion
    place.live()

    assert place.deletions() == {"a": ("scheduled", None), "b": ("scheduled", None)}
    assert stored(place, "erase").stage == "live"


def test_l14_a_plan_of_another_set_or_version_is_refused(tmp_path: Path) -> None:
    """One contact more, or another text, and what somebody saw is not what would happen."""
    place = place_with(tmp_path, erase())
    seen = digest(place, "erase")
    place.take(contact("c"))
    with pytest.raises(PromotionRefused, match="another by now"):
        promoted(place, "erase", seen)
    seen = digest(place, "erase")
    place.rules = rulebook(erase(age="31 days"))
    with pytest.raises(PromotionRefused, match="another by now"):
        promoted(place, "erase", seen)
    place.live()

    assert place.deletions() == {}


def test_a_new_version_of_a_promoted_rule_waits_again(tmp_path: Path) -> None:
    """Editing what a rule means cancels what it had scheduled; undoing the edit makes it live again."""
    place = place_with(tmp_path, erase())
    promoted(place, "erase")
    place.live()
    place.rules = rulebook(erase(age="31 days"))
    place.clock.move(timedelta(hours=1))
    place.live()

    assert place.deletions() == {"a": ("cancelled", "NOT_LIVE"), "b": ("cancelled", "NOT_LIVE")}
    assert stored(place, "erase").stage == "watch"
    place.rules = rulebook(erase())
    place.clock.move(timedelta(hours=1))
    place.live()
    assert place.deletions() == {"a": ("scheduled", None), "b": ("scheduled", None)}


def test_a_rule_that_its_file_takes_out_of_live_gives_its_promotion_up(tmp_path: Path) -> None:
    """Becoming live again is a change of stage, and somebody has to look anew."""
    place = place_with(tmp_path, erase())
    promoted(place, "erase")
    place.rules = rulebook(erase("watch"))
    place.live()
    place.rules = rulebook(erase())
    place.live()

    assert (place.deletions(), stored(place, "erase").stage) == ({}, "watch")


def test_what_is_live_before_plans_are_asked_for_stays_live(tmp_path: Path) -> None:
    """Asking for plans from now on stops nothing that runs, and holds for the next version."""
    place = place_with(tmp_path, erase(), plan_before_live=False)
    place.live()
    strict = place_with(tmp_path, erase())
    strict.clock.move(timedelta(hours=1))
    strict.live()

    assert strict.deletions() == {"a": ("scheduled", None), "b": ("scheduled", None)}
    strict.rules = rulebook(erase(age="31 days"))
    strict.live()
    assert {"NOT_LIVE"} == {str(reason) for _, reason in strict.deletions().values()}


def test_every_corridor_knows_the_stage_that_holds(tmp_path: Path) -> None:
    """A change, a tick and a run: no member, no letter, no deletion, before the rule is promoted; then all of them."""
    place = place_with(tmp_path, norway())
    tick(place.scene(), place.installation.moment())
    place.take(contact("c"))
    tick(place.scene(), place.installation.moment())
    place.live()
    assert (place.members("norway"), place.letters()) == ([], [])
    promoted(place, "norway")
    place.take(contact("d"))
    tick(place.scene(), place.installation.moment())

    assert place.members("norway") == ["a", "b", "c", "d"]
    assert len(place.letters()) == 4


def test_an_effect_that_waits_does_not_go_out_when_its_rule_is_edited(tmp_path: Path) -> None:
    """A letter that was intended by the promoted version is withheld once the file says something else."""
    place = place_with(tmp_path, norway())
    promoted(place, "norway")
    place.run()
    place.rules = rulebook(norway(country="SE"))
    place.act()

    assert place.letters() == []


def test_a_rule_waits_for_those_that_it_reads(tmp_path: Path) -> None:
    """A live rule reads live rules only: it cannot be promoted before them, and leaves live when they are edited."""
    place = place_with(tmp_path, norway(READER))
    with pytest.raises(PromotionRefused, match="reads norway"):
        promoted(place, "reader")
    promoted(place, "norway")
    promoted(place, "reader")
    place.run()
    assert place.members("readers") == ["a", "b"]
    place.rules = rulebook(norway(READER, country="SE"))
    place.run()

    assert (stored(place, "norway").stage, stored(place, "reader").stage) == ("watch", "watch")
    assert place.members("readers") == []


def test_four_eyes_ask_for_two_people_and_the_same_plan(tmp_path: Path) -> None:
    """One person twice is one; a second word on another plan begins anew; names are those of the configuration."""
    place = place_with(tmp_path, erase(), four_eyes=True)
    with pytest.raises(PromotionRefused, match="--by NAME"):
        promoted(place, "erase")
    with pytest.raises(PromotionRefused, match="nobody of `people`"):
        promoted(place, "erase", by="mallory")
    assert not promoted(place, "erase", by="eva")
    assert not promoted(place, "erase", by="eva")
    place.take(contact("c"))
    assert not promoted(place, "erase", by="dag")
    place.live()
    assert place.deletions() == {}
    assert promoted(place, "erase", by="eva")
    place.live()

    assert len(place.deletions()) == 3


@pytest.mark.parametrize(
    ("rules", "asks", "said"),
    [
        (erase(), False, "`stage: live` in rules.yaml"),
        (erase("watch"), True, "write `stage: live`"),
    ],
)
def test_what_needs_no_promotion_says_so(tmp_path: Path, rules: str, asks: bool, said: str) -> None:
    """Without the setting the file suffices; a rule in watch has to be written live first."""
    place = place_with(tmp_path, rules, plan_before_live=asks)

    with pytest.raises(NothingToPromote, match=said):
        promoted(place, "erase")


def test_a_rule_is_promoted_once(tmp_path: Path) -> None:
    """What is live needs no second promotion."""
    place = place_with(tmp_path, erase())
    promoted(place, "erase")

    with pytest.raises(NothingToPromote, match="live already"):
        promoted(place, "erase")


def test_nothing_activates_a_rulebook_past_the_stage_that_holds() -> None:
    """Only activation calls the registry's `activate`: whoever evaluates gets the stages that hold from there."""
    callers = [
        path.name
        for path in sorted((Path(__file__).parents[2] / "engine").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "activate"
        and path.name != "registry.py"
    ]

    assert callers == ["activation.py"]


def test_activation_tells_what_holds_and_remembers_the_version(tmp_path: Path) -> None:
    """Where no plan is asked for, being live is enough to be remembered as promoted."""
    place = place_with(tmp_path, erase(), plan_before_live=False)
    with place.store.database.writing() as connection:
        active, keys = activated(place.installation, connection, place.rules, NOON)

    assert (active, list(keys)) == (place.rules, ["erase"])
    assert stored(place, "erase").promoted == place.rules.rules["erase"].version
