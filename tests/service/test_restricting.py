"""Restrictions (Art. 18): they begin with the flag, stop every use but what is permitted, and end with a told person."""

from pathlib import Path
from typing import Any

import pytest

from engine.service import restricting
from engine.service.naming import Declined
from engine.service.restricting import Permit
from tests.doors import Api
from tests.installations import Place
from tests.service.test_destroying import GHOST, PULSE, RULE, SETTINGS, pass_days

USES = """\
rules:
  - rule: pick
    stage: live
    if: [{field: category, is: Prospect}]
    then:
      - keep_in_selection: {name: prospects}
      - raise_alert: {message: seen, severity: info}
      - notify: {to: the contact, using: hi, purpose: storage}
      - notify: {to: the contact, using: duty, purpose: legal_duty}
      - notify: {to: dpo, using: inner}
messages:
  hi: {subject: Hi, body: x}
  duty: {subject: Duty, body: x}
  inner: {subject: Inner, body: x}
"""
CONSENT = {"consents": [{"purpose": "storage", "status": "given", "at": "2026-01-01"}]}
SET, FREE = {"id": "ghost", "restrict_processing": True}, {"id": "ghost", "restrict_processing": False}


def place_with(folder: Path, rules: str, *states: dict[str, Any]) -> Place:
    """Return a place with one contact, to which things happen one after another."""
    place = Place(folder, rules, SETTINGS)
    place.take(PULSE, GHOST)
    for state in states:
        place.take({"id": "ghost"} | state)
    return place


def lift(place: Place, told: str = "2026-03-01") -> bool:
    """Record that the person was told."""
    return restricting.lift(place.installation, place.store, "ghost", told)


def permit(place: Place, use: str, ground: str = "consent") -> int:
    """Permit a use."""
    return restricting.permit(place.installation, place.store, "ghost", Permit(use, ground, "2026-03-01"))


def open_ones(place: Place) -> list[dict[str, Any]]:
    """Return the restrictions that are open."""
    return restricting.listed(place.installation, place.store)


def used(place: Place) -> tuple[bool, list[str]]:
    """Run, act, and return whether the contact is in the selection, and the subjects of what was sent."""
    place.live()
    return "ghost" in (place.members("prospects") or []), sorted(str(one["Subject"]) for one in place.letters())


@pytest.mark.parametrize("flag", [True, "maybe", None])
def test_l3_a_restriction_begins_with_the_flag_and_stays_when_only_the_flag_goes(tmp_path: Path, flag: object) -> None:
    """Nobody was told yet: the contact counts as restricted, whatever the CRM says by now."""
    place = place_with(tmp_path, USES, CONSENT, {"restrict_processing": flag}, FREE)

    assert [(one["contact"], one["flag"], one["told"]) for one in open_ones(place)] == [("ghost", False, None)]
    assert used(place) == (False, ["Duty", "Inner"])


def test_l3_it_ends_when_the_person_was_told_and_the_flag_is_gone(tmp_path: Path) -> None:
    """In either order; a flag that is set anew begins another one."""
    first = place_with(tmp_path / "a", USES, CONSENT, SET, FREE)
    assert lift(first)
    assert used(first) == (True, ["Duty", "Hi", "Inner"])
    second = place_with(tmp_path / "b", USES, CONSENT, SET)
    assert not lift(second)
    second.take(FREE)
    assert open_ones(second) == []
    second.take(SET)
    assert len(open_ones(second)) == 1


@pytest.mark.parametrize("told", ["2026-03-02", "2026-02-28", "soon"])
def test_l3_a_day_that_cannot_be_is_declined(tmp_path: Path, told: str) -> None:
    """To come, before the restriction began, or no day."""
    place = place_with(tmp_path, USES, SET)
    with pytest.raises(Declined):
        lift(place, told)

    assert open_ones(place)[0]["told"] is None


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("", (False, ["Duty", "Inner"])),
        ("message", (False, ["Duty", "Hi", "Inner"])),
        ("selection", (True, ["Duty", "Inner"])),
        ("export", (False, ["Duty", "Inner"])),
    ],
)
def test_l3_a_restricted_contact_is_used_for_nothing_but_what_is_permitted(
    tmp_path: Path, use: str, expected: tuple[bool, list[str]]
) -> None:
    """Messages of a legal duty, and those to colleagues, pass; each permission is for one use (Art. 18(2))."""
    place = place_with(tmp_path, USES, CONSENT, SET)
    if use:
        permit(place, use, "legal_claims")

    assert used(place) == expected


def test_l3_deleting_a_restricted_contact_needs_that_persons_word(tmp_path: Path) -> None:
    """Another ground is declined; with the word, the deletion goes on."""
    place = place_with(tmp_path, RULE, SET)
    pass_days(place, 15)
    assert place.deletions()["ghost"] == ("kept", "RESTRICTED")
    with pytest.raises(Declined):
        permit(place, "deletion", "legal_claims")
    permission = permit(place, "deletion")
    restricting.withdraw(place.installation, place.store, permission)
    pass_days(place, 1)
    assert place.deletions()["ghost"] == ("kept", "RESTRICTED")
    permit(place, "deletion")
    pass_days(place, 1)
    assert place.deletions()["ghost"][0] == "in_recycle_bin"


def test_l3_the_flag_that_is_gone_before_anybody_was_told_still_keeps(tmp_path: Path) -> None:
    """The guard asks the restriction, not the flag alone."""
    place = place_with(tmp_path, RULE, SET, FREE)
    pass_days(place, 15)
    assert place.deletions()["ghost"] == ("kept", "RESTRICTED")
    lift(place, "2026-03-10")
    pass_days(place, 1)
    assert place.deletions()["ghost"][0] == "in_recycle_bin"


def test_l3_restrictions_over_http(tmp_path: Path) -> None:
    """Listed, permitted, lifted; whoever may only read decides nothing."""
    place = place_with(tmp_path, USES, SET)
    api = Api(place)
    reader, operator = api.caller("monitor", "read"), api.caller("eva", "operate")
    body = {"use": "message", "ground": "consent", "said": "2026-03-01"}
    assert reader.post("/v1/restrictions/ghost/permit", body).status_code == 403
    assert operator.post("/v1/restrictions/ghost/permit", body).status_code == 201
    assert operator.post("/v1/restrictions/nobody/permit", body).status_code == 404
    assert operator.post("/v1/restrictions/ghost/permit", body | {"use": "fun"}).status_code == 422
    assert operator.post("/v1/restrictions/ghost/lift", {"told": "2026-03-01"}).json()["lifted"] is False
    (one,) = reader.get("/v1/restrictions").json()["restrictions"]

    assert (one["told"], [allowed["use"] for allowed in one["permissions"]]) == ("2026-03-01", ["message"])
