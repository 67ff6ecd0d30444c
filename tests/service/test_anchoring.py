"""Anchoring (L8): retention that begins with no date that can be right is a finding and deletes nobody."""

from pathlib import Path
from typing import Any

import pytest

from engine.service.anchoring import standings
from engine.service.config import Settings
from tests.installations import Place
from tests.service.test_destroying import PULSE, pass_days

RULE = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 5(1)(e)
    stage: live
    if: [CRITERION]
    then: [{schedule_deletion: {grace: 7 days, purposes: all}}]
    stop_if_more_than: {contacts: 25, percent: 100}
"""
SETTINGS = Settings.of({"limits": {"percent_per_day": 100}})
FIELD = "{field: created_on, older_than: 2 years}"
LATEST = "{latest_of: [created_on, last_activity_on], older_than: 2 years}"
LAST = "{last: activities, older_than: 2 years}"
OLD, NULL_DATE, TO_COME = "2020-01-01", "1760-01-01", "2030-01-01"


def dated(at: str) -> dict[str, Any]:
    """Return an activity at a date."""
    return {"activities": [{"id": "a", "at": at}]}


@pytest.mark.parametrize(
    ("criterion", "values", "state"),
    [
        (FIELD, {"created_on": OLD}, ("in_recycle_bin", None)),
        (FIELD, {"created_on": "1900-01-01"}, ("in_recycle_bin", None)),
        (FIELD, {}, None),
        (FIELD, {"created_on": None}, None),
        (FIELD, {"created_on": TO_COME}, None),
        (FIELD, {"created_on": NULL_DATE}, ("kept", "IMPLAUSIBLE_DATE")),
        (FIELD, {"created_on": "1899-12-31"}, ("kept", "IMPLAUSIBLE_DATE")),
        (FIELD, {"created_on": "1000-01-01"}, ("kept", "IMPLAUSIBLE_DATE")),
        (LATEST, {"created_on": OLD, "last_activity_on": OLD}, ("in_recycle_bin", None)),
        (LATEST, {"created_on": OLD, "last_activity_on": NULL_DATE}, ("kept", "IMPLAUSIBLE_DATE")),
        (LATEST, {"created_on": OLD, "last_activity_on": TO_COME}, None),
        (LAST, dated(OLD), ("in_recycle_bin", None)),
        (LAST, dated(NULL_DATE), ("kept", "IMPLAUSIBLE_DATE")),
        (LAST, dated(TO_COME), None),
    ],
)
def test_l8_no_date_that_cannot_be_right_deletes(
    tmp_path: Path, criterion: str, values: dict[str, Any], state: tuple[str, str | None] | None
) -> None:
    """Missing is undecided, to come is not old, before 1900 is kept; the same rule deletes by a date that can be right."""
    place = Place(tmp_path, RULE.replace("CRITERION", criterion), SETTINGS)
    place.take(PULSE, {"id": "one", **values})
    pass_days(place, 8)

    assert place.deletions().get("one") == state


def test_l8_a_date_that_is_corrected_lets_the_deletion_go_on(tmp_path: Path) -> None:
    """What the guard kept was due all the same."""
    place = Place(tmp_path, RULE.replace("CRITERION", FIELD), SETTINGS)
    place.take(PULSE, {"id": "one", "created_on": NULL_DATE})
    pass_days(place, 8)
    place.take({"id": "one", "created_on": OLD})
    pass_days(place, 1)

    assert place.deletions()["one"][0] == "in_recycle_bin"


def test_l8_what_is_wrong_with_dates_is_counted(tmp_path: Path) -> None:
    """By rule and field; a rule that deletes nobody, or is off, is not asked."""
    place = Place(tmp_path, RULE.replace("CRITERION", FIELD), SETTINGS)
    dates = (None, None, TO_COME, TO_COME, TO_COME, NULL_DATE, OLD)
    place.take(*({"id": f"c{number}", "created_on": one} for number, one in enumerate(dates)))
    with place.store.database.reading() as connection:
        (found,) = standings(place.store, connection, place.rules, place.installation.moment())

    assert (found.field, found.missing, found.to_come, found.before_1900) == ("created_on", 2, 3, 1)
