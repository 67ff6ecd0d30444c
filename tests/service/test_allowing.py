"""Allowing: who may be used for a purpose is what messages go by, asked for thousands at once (L3, L4)."""

from pathlib import Path
from typing import Any

import pytest

from engine.service import allowing, restricting
from engine.service.config import Settings
from tests.doors import Api
from tests.installations import Place
from tests.service.test_destroying import RULE, SETTINGS, pass_days

GIVEN = {"id": "m", "purpose": "marketing", "status": "given", "at": "2026-01-01"}
ALERT = """\
rules:
  - rule: no-mail
    stage: live
    if: [{field: category, is: Stop}]
    then: [{raise_alert: {severity: blocking, message: Stop, blocks: [email, export]}}]
  - rule: no-mail-either
    stage: live
    if: [{field: category, is: Stop}]
    then: [{raise_alert: {severity: blocking, message: Stop, blocks: [email]}}]
"""


def contact(name: str, **values: Any) -> dict[str, Any]:
    """Return a contact with consent to marketing, unless it is said otherwise."""
    return {"id": name, "consents": [GIVEN]} | values


def reasons(place: Place, *contacts: str, use: str = "email", purpose: str = "marketing") -> list[list[str]]:
    """Return the reasons for which each of the contacts is blocked; none where it is allowed."""
    found = allowing.allowed(place.scene(), use, purpose, contacts, place.installation.moment())
    blocked = {one["contact"]: one["reasons"] for one in found["blocked"]}
    assert found["allowed"] == [one for one in contacts if one not in blocked]
    return [blocked.get(one, []) for one in contacts]


@pytest.mark.parametrize(
    ("values", "purpose", "expected"),
    [
        ({}, "marketing", []),
        ({}, "Marketing", []),
        ({}, "newsletter", ["NO_CONSENT"]),
        ({"consents": []}, "marketing", ["NO_CONSENT"]),
        ({"consents": [GIVEN | {"status": "withdrawn"}]}, "marketing", ["NO_CONSENT"]),
        ({"consents": [GIVEN | {"expires_on": "2026-02-01"}]}, "marketing", ["NO_CONSENT"]),
        ({"consents": [GIVEN | {"at": None}]}, "marketing", ["NO_CONSENT"]),
        ({"restrict_processing": True}, "marketing", ["RESTRICTED"]),
        ({"restrict_processing": None}, "marketing", ["RESTRICTED"]),
        ({"objects_to_marketing": True}, "marketing", ["OBJECTS"]),
        ({"objects_to_marketing": True, "consents": [GIVEN | {"purpose": "news"}]}, "news", []),
        ({"requests": [{"id": "r", "type": "Objection", "status": "Open"}]}, "marketing", ["OBJECTS"]),
        ({"requests": [{"id": "r", "type": "objection", "status": "closed"}]}, "marketing", []),
        ({"deceased": True}, "marketing", ["DECEASED"]),
        ({"deceased": True, "restrict_processing": True, "consents": []}, "legal_duty", []),
        (
            {"deceased": True, "restrict_processing": True, "consents": []},
            "x",
            ["DECEASED", "RESTRICTED", "NO_CONSENT"],
        ),
    ],
)
def test_l3_l4_each_reason_blocks(tmp_path: Path, values: dict[str, Any], purpose: str, expected: list[str]) -> None:
    """Every reason is told, and unclear flags and consents block."""
    place = Place(tmp_path)
    place.take(contact("a", **values))

    assert reasons(place, "a", purpose=purpose) == [expected]


def test_whoever_is_not_known_is_blocked_and_whoever_was_erased_is_told_as_such(tmp_path: Path) -> None:
    """In the order asked, each as often as asked."""
    place = Place(tmp_path, RULE, SETTINGS)
    ghost = {"id": "ghost", "category": "Prospect", "owner": "eva", "email": "g@example.se"}
    place.take({"id": "pulse", "activities": [{"id": "a", "at": "2026-03-01"}]}, ghost, contact("here"))
    pass_days(place, 30)

    assert reasons(place, "ghost", "here", "nobody") == [["ERASED"], [], ["UNKNOWN"]]
    found = allowing.allowed(place.scene(), "email", "marketing", ["here", "here"], place.installation.moment())
    assert found["allowed"] == ["here", "here"]


def test_an_alert_blocks_the_uses_that_it_names(tmp_path: Path) -> None:
    """With the rules that raised it; other uses go on, and so they do once it has fallen."""
    place = Place(tmp_path, ALERT)
    place.take(contact("a", category="Stop"))
    place.run()
    found = allowing.allowed(place.scene(), "email", "marketing", ["a"], place.installation.moment())

    assert found["blocked"] == [{"contact": "a", "reasons": ["ALERT"], "alerts": ["no-mail", "no-mail-either"]}]
    assert reasons(place, "a", use="phone") == [[]]
    assert reasons(place, "a", purpose="legal_duty") == [["ALERT"]]
    place.take({"id": "a", "category": "Go"})
    place.run()
    assert reasons(place, "a") == [[]]


def test_l3_a_permission_lifts_the_restriction_for_its_use_alone(tmp_path: Path) -> None:
    """Messages and exports are two uses."""
    place = Place(tmp_path)
    place.take(contact("a", restrict_processing=True))
    wanted = restricting.Permit("export", "legal_claims", "2026-02-01")
    restricting.permit(place.installation, place.store, "a", wanted)

    assert reasons(place, "a", use="export") == [[]]
    assert reasons(place, "a", use="email") == [["RESTRICTED"]]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"use": "pigeon", "purpose": "marketing", "contacts": []}, "/use"),
        ({"use": "email", "contacts": []}, "/purpose"),
        ({"use": "email", "purpose": "marketing"}, "/contacts"),
        ({"use": "email", "purpose": "marketing", "contacts": ["a", 7]}, "/contacts/1"),
        ({"use": "email", "purpose": "marketing", "contacts": ["a"] * 10_001}, "/contacts"),
        ({"use": "email", "purpose": "marketing", "contacts": [], "contcts": []}, "/contcts"),
    ],
)
def test_a_question_that_is_none_is_refused_with_a_pointer(tmp_path: Path, body: dict[str, Any], pointer: str) -> None:
    """And nobody is allowed by mistake."""
    found = Api(Place(tmp_path, "", Settings())).caller("crm", "crm").post("/v1/decisions", body)

    assert (found.status_code, found.json()["refusals"][0]["pointer"]) == (422, pointer)


def test_the_crm_asks_for_ten_thousand_at_once(tmp_path: Path) -> None:
    """One answer, in the order asked, whoever is known of them."""
    place = Place(tmp_path)
    place.take(*(contact(f"c{number}", objects_to_marketing=number % 2 == 1) for number in range(100)))
    asked = [f"c{number}" for number in range(10_000)]
    body = {"use": "email", "purpose": "marketing", "contacts": asked}
    found = Api(place).caller("crm", "crm").post("/v1/decisions", body).json()

    assert found["allowed"] == asked[:100:2]
    assert [one["contact"] for one in found["blocked"]] == [one for one in asked if one not in set(found["allowed"])]
