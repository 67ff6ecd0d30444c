"""Routes about rules: text is checked and planned without activating it, a rule is run when asked, or released."""

from pathlib import Path
from typing import Any

import pytest

from engine.service.config import Settings
from engine.store import chain
from tests.doors import Api
from tests.installations import Place

RULES = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: x
    edited_by: eva
    stage: live
    if: [{field: category, is: Prospect}]
    then: [{schedule_deletion: {grace: 1 day, purposes: all}}]
    stop_if_more_than: {contacts: 1}
  - rule: breach
    stage: live
    check: {when_asked: breach.declared}
    needs: {incident: {type: text, ask: Which incident}}
    if: [{field: category, is: Prospect}]
    then: [{keep_in_selection: concerned}]
"""
OTHER = "rules: [{rule: leads, stage: live, if: [{field: category, is: Lead}], then: [{keep_in_selection: leads}]}]"
SETTINGS = Settings.of(
    {"people": {"eva": {"email": "e@x.example"}, "dag": {"email": "d@x.example"}}, "approvals": {"four_eyes": True}}
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a place in which a limit has stopped two deletions."""
    made = Place(tmp_path, RULES, SETTINGS)
    made.take(*({"id": name, "category": "Prospect"} for name in ("a", "b")), {"id": "c", "category": "Lead"})
    made.run()
    return made


def post(place: Place, path: str, body: dict[str, Any], *, name: str = "dag", scope: str = "admin") -> tuple[int, Any]:
    """Return how a request is answered."""
    found = Api(place).caller(name, scope).post(f"/v1/{path}", body)
    return found.status_code, found.json()


def test_rule_text_is_checked_with_places_and_remedies_and_activates_nothing(place: Place) -> None:
    """As `check` does, the tests in it included."""
    status, found = post(place, "rules/check", {"files": {"a.yaml": OTHER.replace("is: Lead", "iss: Lead")}})
    assert (status, found["ok"], found["files"]) == (200, False, ["a.yaml"])
    assert found["problems"][0]["code"] == "R104"
    wrong = OTHER + "\ntests: [{test: t, rule: leeds, now: 2026-01-01, given: {}, expect: match}]"
    assert post(place, "rules/check", {"files": {"a.yaml": wrong}})[1]["problems"]
    assert post(place, "rules/check", {"files": {"a.yaml": OTHER}})[1]["ok"]
    assert set(place.rules.rules) == {"erase", "breach"}


def test_rule_text_is_planned_and_so_are_the_rules_in_force(place: Place) -> None:
    """Who would enter, by number, and by name where that is asked for; broken text plans nothing."""
    status, found = post(place, "plan", {"files": {"a.yaml": OTHER}, "show_ids": True})
    leads = next(one for one in found["rules"] if one["rule"] == "leads")
    assert (status, leads["change"], leads["entered"]) == (200, "new", 1)
    assert {one["rule"] for one in post(place, "plan", {})[1]["rules"]} == {"erase"}
    status, found = post(place, "plan", {"files": {"a.yaml": "rules: 5"}})
    assert (status, found["problems"][0]["code"]) == (422, "R004")
    assert place.members("leads") is None


def test_a_rule_that_needs_inputs_is_run_with_them(place: Place) -> None:
    """Who asks without gets the name of what is missing."""
    status, found = post(place, "rules/breach/runs", {"inputs": {"incident": "7"}}, scope="operate")
    assert (status, [one["entered"] for one in found["rules"]]) == (202, [2])
    assert place.members("concerned") == ["a", "b"]
    status, found = post(place, "rules/breach/runs", {}, scope="operate")
    assert (status, "incident" in found["detail"]) == (422, True)
    assert post(place, "rules/breech/runs", {}, scope="operate")[0] == 404


def test_l7_a_limit_is_released_in_the_name_of_the_caller_and_not_by_the_last_editor(place: Place) -> None:
    """For exactly the set that it stopped; what it was is in the audit chain."""
    assert post(place, "rules/erase/release", {}, name="eva", scope="approve")[0] == 409
    assert place.deletions() == {}
    status, found = post(place, "rules/erase/release", {}, scope="approve")
    assert (status, found["scheduled"]) == (200, 2)
    assert post(place, "rules/erase/release", {}, scope="approve")[0] == 404
    with place.store.database.reading() as connection:
        who = [one.who for one in chain.entries(connection) if one is not None and one.what == "rule.released"]
    assert who == ["dag"]


@pytest.mark.parametrize(
    ("path", "scope"),
    [("rules/check", "operate"), ("plan", "approve"), ("rules/erase/runs", "read"), ("rules/erase/release", "operate")],
)
def test_s3_each_needs_its_scope(place: Place, path: str, scope: str) -> None:
    """403, and nothing happens."""
    assert post(place, path, {}, scope=scope)[0] == 403
    assert place.deletions() == {}


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("rules/check", {}, "/files"),
        ("rules/check", {"files": {"a/b.yaml": 5}}, "/files/a~1b.yaml"),
        ("plan", {"files": []}, "/files"),
        ("plan", {"fils": {}}, "/fils"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_pointer(
    place: Place, path: str, body: dict[str, Any], pointer: str
) -> None:
    """Each at its place."""
    status, found = post(place, path, body)

    assert (status, found["refusals"][0]["pointer"]) == (422, pointer)
