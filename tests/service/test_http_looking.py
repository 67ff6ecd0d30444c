"""Routes that look: each shows what its command shows, to whoever may see it."""

from pathlib import Path
from typing import Any

import pytest

from engine.store import chain
from tests.doors import Api
from tests.installations import Place

RULES = """\
rules:
  - rule: stop
    title: Stop them
    stage: live
    if: [{field: category, is: Stop}]
    then: [{keep_in_selection: stopped}, {raise_alert: {severity: blocking, message: "{{ contact.name }}", blocks: [email]}}]
  - rule: erase
    owner: dpo
    legal_basis: x
    stage: watch
    if: [{field: category, is: Prospect}]
    then: [{schedule_deletion: {grace: 1 day}}]
    stop_if_more_than: {contacts: 25}
"""
LOOKS = ("selections", "cases", "alerts", "runs", "runs/1", "rules", "contacts/anna/explain?rule=stop")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a place with somebody who is stopped, after a run."""
    made = Place(tmp_path, RULES)
    made.take({"id": "anna", "name": "Anna", "category": "Stop"}, {"id": "bo", "category": "Prospect"})
    made.run()
    return made


def get(place: Place, path: str) -> Any:
    """Return what an operator sees."""
    found = Api(place).caller("ola", "read").get(f"/v1/{path}")
    assert found.status_code == 200, found.text
    return found.json()


def test_what_the_service_found_is_to_be_seen(place: Place) -> None:
    """Selections with their sizes, cases, alerts in words, runs rule by rule, and rules with version and stage."""
    assert [(one["selection"], one["members"]) for one in get(place, "selections")["selections"]] == [("stopped", 1)]
    assert {(one["rule"], one["contact"]) for one in get(place, "cases")["cases"]} == {
        ("stop", "anna"),
        ("erase", "bo"),
    }
    assert [one["contact"] for one in get(place, "cases?rule=stop")["cases"]] == ["anna"]
    assert [(one["message"], one["blocks"]) for one in get(place, "alerts")["alerts"]] == [("Anna", ["email"])]
    assert {one["rule"] for one in get(place, "runs/1")["rules"]} == {"stop", "erase"}
    rules = {one["rule"]: one for one in get(place, "rules")["rules"]}
    assert (rules["stop"]["title"], rules["stop"]["stage"], rules["erase"]["stage"]) == ("Stop them", "live", "watch")
    assert rules["stop"]["version"] == place.rules.rules["stop"].version


def test_an_explanation_has_the_tree_and_the_guards(place: Place) -> None:
    """The verdict criterion by criterion, and of a rule that deletes what each guard says; at another instant too."""
    assert get(place, "contacts/anna/explain?rule=stop")["verdict"] == "match"
    found = get(place, "contacts/bo/explain?rule=erase&at=2030-01-01")
    assert (found["verdict"], found["deletion"], found["guards"][0]["code"]) == ("match", None, "HOLD")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("contacts/nobody/explain?rule=stop", 404),
        ("contacts/anna/explain?rule=stopp", 404),
        ("contacts/anna/explain", 422),
        ("contacts/anna/explain?rule=stop&at=yesterday", 422),
        ("runs/99", 404),
        ("cases?limit=0", 422),
    ],
)
def test_what_is_not_there_is_a_problem_with_a_sentence(place: Place, path: str, status: int) -> None:
    """And a misspelt rule has its nearest beside it."""
    found = Api(place).caller("ola", "read").get(f"/v1/{path}")

    assert (found.status_code, found.headers["content-type"]) == (status, "application/problem+json")
    assert found.json()["detail"]


@pytest.mark.parametrize("path", LOOKS)
def test_s3_nobody_looks_without_the_scope(place: Place, path: str) -> None:
    """Without a token 401, with one for other things 403."""
    api = Api(place)

    assert api.caller("x", "approve").get(f"/v1/{path}").status_code == 403
    assert api.anybody().get(f"/v1/{path}").status_code == 401


def test_an_alert_that_is_lowered_stays_down_and_who_did_it_is_recorded(place: Place) -> None:
    """By whom the token was made for, once."""
    api = Api(place)
    alert = get(place, "alerts")["alerts"][0]["id"]
    operator = api.caller("ola", "operate")

    assert operator.post(f"/v1/alerts/{alert}/lower").json() == {"alert": alert, "lowered": True}
    assert operator.post(f"/v1/alerts/{alert}/lower").status_code == 404
    assert api.caller("eva", "read").post(f"/v1/alerts/{alert}/lower").status_code == 403
    assert get(place, "alerts")["alerts"] == []
    with place.store.database.reading() as connection:
        who = [one.who for one in chain.entries(connection) if one is not None and one.what == "alert.lowered"]
    assert who == ["ola"]
