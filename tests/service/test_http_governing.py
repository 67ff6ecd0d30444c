"""Routes that show a rule and govern it: paused, promoted and retired by whom, with a reason, in the audit chain."""

from pathlib import Path
from typing import Any

import pytest

from engine.language.rule import Rulebook
from engine.service.config import Settings
from engine.store import chain, registry
from tests.doors import Api
from tests.installations import Place

RULES = """\
rules:
  - rule: greet
    title: {en: Prospects are told, sv: Prospekt informeras}
    owner: dpo
    stage: live
    if: [{field: category, is: Prospect}]
    then: [{notify: {to: eva, using: hello}}, {keep_in_selection: greeted}]
messages: {hello: {subject: Hello, body: Hello}}
"""
SETTINGS: dict[str, Any] = {"people": {"eva": {"email": "e@x.example"}, "dag": {"email": "d@x.example"}}}
PROMOTING = SETTINGS | {"approvals": {"plan_before_live": True}}
FOUR_EYES = SETTINGS | {"approvals": {"plan_before_live": True, "four_eyes": True}}


def opened(folder: Path, settings: dict[str, Any] = SETTINGS) -> Place:
    """Return a place with a rule that matches two contacts."""
    made = Place(folder, RULES, Settings.of(settings))
    made.take(*({"id": name, "category": "Prospect"} for name in ("a", "b")))
    made.run()
    return made


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give such a place."""
    return opened(tmp_path)


def post(place: Place, path: str, body: dict[str, Any], *, name: str = "dag", scope: str = "admin") -> tuple[int, Any]:
    """Return how a request is answered."""
    found = Api(place).caller(name, scope).post(f"/v1/rules/{path}", body)
    return found.status_code, found.json()


def shown(place: Place, rule: str = "greet", query: str = "") -> tuple[int, Any]:
    """Return how a rule is shown."""
    found = Api(place).caller("eva", "read").get(f"/v1/rules/{rule}{query}")
    return found.status_code, found.json()


def acts(place: Place) -> list[tuple[str, str]]:
    """Return who did what with a rule, as the audit chain has it; what the service did itself left out."""
    with place.store.database.reading() as connection:
        found = [one for one in chain.entries(connection) if one is not None]
    return [(one.who, one.what) for one in found if one.who != "ansgar"]


def test_a_rule_is_shown_with_its_health_its_counts_and_its_words(place: Place) -> None:
    """As it is stored and as it is written, in the language that is asked for."""
    status, found = shown(place)
    assert (status, found["rule"], found["stage"], found["health"]) == (200, "greet", "live", "live")
    assert (found["matched"], found["undecided"], found["paused"], found["state"]) == (2, 0, None, "active")
    assert (found["title"], found["words"]["language"]) == ("Prospects are told", "en")
    swedish = shown(place, query="?lang=sv")[1]
    assert (swedish["title"], swedish["words"]["language"]) == ("Prospekt informeras", "sv")
    assert "Regeln är i drift" in str(swedish["words"])
    assert shown(place, query="?lang=de")[0] == 422


def test_a_rule_that_is_not_there_is_told_with_the_likest_one(place: Place) -> None:
    """404, whatever one wants of it."""
    assert "did you mean `greet`?" in shown(place, "greed")[1]["detail"]
    for path, body in (("pause", {"reason": "x"}), ("promote", {"plan": "x", "reason": "x"}), ("retire", {})):
        assert post(place, f"greed/{path}", body)[0] == 404


def test_a_paused_rule_reaches_nobody_until_it_is_released(place: Place) -> None:
    """Its letters wait, its selection goes on; who paused it and why is known, and twice is refused."""
    assert post(place, "greet/pause", {"reason": "wrong text"}, scope="operate") == (
        200,
        {"rule": "greet", "paused": True},
    )
    place.take({"id": "c", "category": "Prospect"})
    place.live()
    assert (place.letters(), place.members("greeted")) == ([], ["a", "b", "c"])
    found = shown(place)[1]
    assert (found["health"], found["health_reason"], found["paused"]["by"]) == ("paused", "wrong text", "person")
    status, again = post(place, "greet/pause", {"reason": "again"}, scope="operate")
    assert (status, again["type"].rpartition("/")[2]) == (409, "declined")
    assert post(place, "greet/release", {}, scope="approve")[1] == {"rule": "greet", "released": "person", "waiting": 0}
    place.act()

    assert len(place.letters()) == 3
    assert acts(place) == [("dag", "rule.paused"), ("dag", "rule.released")]


@pytest.mark.parametrize("body", [{}, {"reason": " "}, {"reason": 5}, {"reasons": "x"}])
def test_a_pause_needs_a_reason(place: Place, body: dict[str, Any]) -> None:
    """A text; without it nothing is paused."""
    assert post(place, "greet/pause", body)[0] == 422
    assert shown(place)[1]["paused"] is None


def planned(place: Place) -> str:
    """Return the digest of the rule's plan, as somebody sees it."""
    found = Api(place).caller("dag", "admin").post("/v1/plan", {}).json()
    return next(str(one["digest"]) for one in found["rules"] if one["rule"] == "greet")


def test_l14_a_rule_is_promoted_by_the_plan_that_somebody_saw(tmp_path: Path) -> None:
    """Until then it waits in watch; another plan than it is now is refused, and so is a second promotion."""
    place = opened(tmp_path, PROMOTING)
    found = shown(place)[1]
    assert (found["stage"], found["health"], found["waits_for_promotion"]) == ("watch", "watch", True)
    digest = planned(place)
    place.take({"id": "c", "category": "Prospect"})
    status, refused = post(place, "greet/promote", {"plan": digest, "reason": "two"}, scope="approve")
    assert (status, refused["type"].rpartition("/")[2]) == (409, "set-changed")
    status, done = post(place, "greet/promote", {"plan": planned(place), "reason": "three"}, scope="approve")
    assert (status, done["promoted"]) == (200, True)
    place.live()

    assert len(place.letters()) == 3
    assert (shown(place)[1]["health"], shown(place)[1]["waits_for_promotion"]) == ("live", False)
    assert post(place, "greet/promote", {"plan": planned(place), "reason": "x"}, scope="approve")[0] == 409
    assert acts(place) == [("dag", "rule.promoted")]


def test_l14_four_eyes_ask_for_a_second_person(tmp_path: Path) -> None:
    """The same person twice is one; who is nobody of the configuration is refused."""
    place = opened(tmp_path, FOUR_EYES)
    said = {"plan": planned(place), "reason": "looked"}
    found = [
        post(place, "greet/promote", said, name=name, scope="approve")[1].get("promoted")
        for name in ("eva", "eva", "mallory", "dag")
    ]

    assert found == [False, False, None, True]


def test_any_name_promotes_where_nobody_is_listed(tmp_path: Path) -> None:
    """The name of the token stands in the audit chain."""
    place = opened(tmp_path, {"approvals": {"plan_before_live": True}})

    assert post(place, "greet/promote", {"plan": planned(place), "reason": "x"}, name="kim")[0] == 200
    assert acts(place) == [("kim", "rule.promoted")]


def test_what_is_live_by_its_file_is_not_promoted(place: Place) -> None:
    """The answer says that its stage suffices."""
    status, found = post(place, "greet/promote", {"plan": "x", "reason": "x"})

    assert (status, "suffices" in found["detail"]) == (409, True)


def test_a_rule_that_is_gone_is_shown_and_retired(place: Place) -> None:
    """While it is in the rulebook it is not; afterwards nothing is left of its cases."""
    assert post(place, "greet/retire", {})[0] == 409
    place.rules = Rulebook({})
    place.run()
    found = shown(place)[1]
    assert (found["health"], found["state"], found["words"]) == ("gone", "orphaned", None)
    assert place.cases()
    assert post(place, "greet/retire", {}) == (200, {"rule": "greet", "state": "retired"})

    assert place.cases() == []
    assert shown(place)[0] == 404
    assert acts(place) == [("dag", "rule.retired")]


def test_nothing_is_retired_while_no_rulebook_is_in_force(place: Place) -> None:
    """A service that has found only broken files does not take all rules for gone."""
    place.rules = Rulebook({})
    api = Api(place)
    api.service.has_rulebook, api.service.broken = False, "a.yaml:1:1: broken"
    found = api.caller("dag", "admin").post("/v1/rules/greet/retire")

    assert (found.status_code, "a.yaml:1:1" in found.json()["detail"]) == (409, True)
    with place.store.database.reading() as connection:
        assert registry.registered(connection)["greet"].state == registry.ACTIVE


@pytest.mark.parametrize(
    ("path", "scope"), [("pause", "approve"), ("promote", "operate"), ("retire", "approve"), ("release", "operate")]
)
def test_s3_each_needs_its_scope(place: Place, path: str, scope: str) -> None:
    """403, and the rule is as it was."""
    before = shown(place)

    assert post(place, f"greet/{path}", {"reason": "x", "plan": "x"}, scope=scope)[0] == 403
    assert shown(place) == before
