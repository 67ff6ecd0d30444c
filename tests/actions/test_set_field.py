"""Set_field: a value of the field's type, or the rule does not load; the CRM is asked under one key."""

from pathlib import Path
from typing import Any

import pytest

from tests.actions.outward import ANNA, acted, told
from tests.receivers import Receiver
from tests.rulebooks import codes

RULE = "rules: [{rule: a, if: [{field: email, is: x}], then: [{set_field: {field: %s, to: %s}}]}]"


@pytest.mark.parametrize(
    ("field", "to", "code"),
    [
        ("kategory", "Lost", "R103"),
        ("company.category", "Lost", "R103"),
        ("email_bounces", "many", "R106"),
        ("restrict_processing", "yes", "R106"),
        ("created_on", "2026-02-30", "R106"),
        ("created_on", "tomorrow", "R106"),
        ("tags", "a", "R106"),
        ("category", "null", "R106"),
        ("category", "{field: created_on}", "R106"),
        ("category", "{field: nickname}", "R103"),
    ],
)
def test_a_value_that_the_field_cannot_hold_does_not_load(field: str, to: str, code: str) -> None:
    """What is written is read as the field's type, from the text as written."""
    assert [code] == codes(RULE % (field, to))


def test_a_value_without_a_field_says_only_what_is_missing() -> None:
    """One mistake is told once."""
    assert codes("rules: [{rule: a, if: [{field: email, is: x}], then: [{set_field: {to: b}}]}]") == ["R102"]


@pytest.mark.parametrize(
    ("field", "to", "expected"),
    [
        ("country", "NO", "NO"),
        ("phone", "0123", "0123"),
        ("email_bounces", "3", 3),
        ("restrict_processing", "true", True),
        ("created_on", "2026-03-01", "2026-03-01"),
        ("created_on", "2026-03-01T23:30:00Z", "2026-03-02"),
        ("tags", "[a, b]", ["a", "b"]),
        ("category", "{field: country}", "NO"),
        ("last_activity_on", "{field: created_on}", "2026-01-01"),
    ],
)
def test_the_crm_is_asked_for_the_value_as_its_type(tmp_path: Path, field: str, to: str, expected: Any) -> None:
    """Norway stays Norway, a telephone number its zero; another field gives the value that it has now."""
    with Receiver() as receiver:
        place = acted(tmp_path, receiver, f"set_field: {{field: {field}, to: {to}}}")

        assert told(place) == {"done": 1}
        assert ("field.requested", field, expected) == (
            receiver.verified()[0]["type"],
            *(receiver.verified()[0]["data"][name] for name in ("field", "value")),
        )


def test_l2_a_value_that_is_not_known_is_never_written_elsewhere(tmp_path: Path) -> None:
    """Where the other field is missing, nothing is asked for."""
    with Receiver() as receiver:
        place = acted(tmp_path, receiver, "set_field: {field: category, to: {field: name}}", ANNA | {"name": None})

        assert (told(place), receiver.calls) == ({"withheld": 1}, [])


def test_without_a_crm_nothing_can_be_asked(tmp_path: Path) -> None:
    """It is withheld, and says why."""
    place = acted(tmp_path, None, "set_field: {field: category, to: Lost}")

    assert told(place, reasons=True) == {"NO_CRM": 1}
