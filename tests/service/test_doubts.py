"""Doubts: every cause of a runaway that looks like inactivity deletes nobody, tells why, and waits for a person."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.service.config import Settings
from engine.service.doubts import accept, present
from engine.store import holds
from tests.installations import Place
from tests.service.test_destroying import GHOST, PULSE, pass_days

RULE = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if:
      all:
        - {field: category, is: Prospect}
        - {not: [{field: last_activity_on, not_older_than: 1 year}]}
        - {consent: storage, one_of: [never_given, withdrawn, expired]}
    then:
      - schedule_deletion: {grace: 14 days}
    stop_if_more_than: {contacts: 25}
"""
SETTINGS = Settings.of({"limits": {"percent_per_day": 100}})
MANY = 60


def crowd(**values: Any) -> list[dict[str, Any]]:
    """Return contacts with recent activity and consent, who are to be kept."""
    consent = {"purpose": "storage", "status": "given", "at": "2025-01-01"}
    kept = {"category": "Customer", "last_activity_on": "2026-02-20", "consents": [consent]}
    return [{"id": f"k{number}", **kept, **values} for number in range(MANY)]


def place_with(folder: Path, *records: dict[str, Any]) -> Place:
    """Return a place with many contacts to keep and one to delete, the day before that is due."""
    place = Place(folder, RULE.replace("{not: [{field: last_activity_on, not_older_than: 1 year}]}", IDLE), SETTINGS)
    place.take(PULSE, GHOST | {"last_activity_on": "2020-01-01"}, *records, *crowd())
    pass_days(place, 13)
    return place


IDLE = "{field: last_activity_on, older_than: 1 year}"


def test_r7_nothing_is_doubted_where_all_is_as_it_was(tmp_path: Path) -> None:
    """The one who is to be deleted is."""
    place = place_with(tmp_path)
    pass_days(place, 2)

    assert place.deletions()["ghost"][0] == "in_recycle_bin"


@pytest.mark.parametrize(
    "wiped",
    [
        {"last_activity_on": None},
        {"category": None},
        {"consents": []},
        {"consents": [{"purpose": "storage", "status": "withdrawn", "at": "2026-03-14"}]},
    ],
)
def test_r7_values_that_are_gone_from_many_contacts_hold_every_deletion_of_a_rule_that_reads_them(
    tmp_path: Path, wiped: dict[str, Any]
) -> None:
    """Wiped dates, a renamed field, wiped consents, a feed of all-false consents: also the lawful one waits."""
    place = place_with(tmp_path)
    place.take(*({"id": one["id"], **wiped} for one in crowd()[: MANY // 2]))
    pass_days(place, 2)

    assert place.deletions()["ghost"] == ("held", "INPUT_SUSPECT")


def test_r7_an_empty_hold_list_holds_every_deletion(tmp_path: Path) -> None:
    """Holds that all go at once are a fault before they are a decision."""
    place = place_with(tmp_path)
    with place.store.database.writing() as connection:
        its = [
            holds.add(connection, ("contact", place.key_of(f"k{n}")), "legal", "why", place.clock.now())
            for n in range(4)
        ]
    place.clock.move(timedelta(days=1))
    place.act()
    with place.store.database.writing() as connection:
        for one in its:
            holds.lift(connection, one, place.clock.now())
    pass_days(place, 1)

    assert place.deletions()["ghost"] == ("held", "INPUT_SUSPECT")


def test_r7_r13_a_clock_ten_years_ahead_deletes_nobody_and_erases_nobody(tmp_path: Path) -> None:
    """Neither what would be due by it, nor what lies in the recycle bin."""
    place = place_with(tmp_path)
    place.take({"id": "second", "category": "Prospect", "last_activity_on": "2020-01-01"})
    pass_days(place, 3)
    assert place.deletions()["ghost"][0] == "in_recycle_bin"
    place.clock.move(timedelta(days=3653))
    place.act()

    assert place.deletions() == {"ghost": ("in_recycle_bin", None), "second": ("held", "CLOCK")}


def test_r13_a_clock_that_went_back_suspends_until_it_has_caught_up(tmp_path: Path) -> None:
    """An hour back: held; what the guard held waits for a person, what was not examined meanwhile goes on."""
    place = place_with(tmp_path)
    place.clock.move(timedelta(days=2))
    place.take(PULSE)
    place.clock.move(timedelta(hours=-30))
    place.act()
    assert place.deletions()["ghost"][0] != "in_recycle_bin"


def test_a_person_accepts_what_is_doubted_by_its_name(tmp_path: Path) -> None:
    """The level as it is now is the baseline from then on; the deletions that were held still wait for an approval."""
    place = place_with(tmp_path)
    place.take(*({"id": one["id"], "last_activity_on": None} for one in crowd()))
    pass_days(place, 2)
    scene = place.scene()
    with scene.store.database.writing() as connection:
        assert not accept(scene, connection, scene.rulebook, "contact.nothing")
        assert present(scene, connection, scene.rulebook.rules.values())["contact.last_activity_on"] == 1
        assert accept(scene, connection, scene.rulebook, "contact.last_activity_on")
    place.take({"id": "late", "category": "Prospect", "last_activity_on": "2020-01-01"})
    pass_days(place, 16)

    assert place.deletions()["ghost"] == ("held", "INPUT_SUSPECT")
    assert place.deletions()["late"][0] == "in_recycle_bin"
