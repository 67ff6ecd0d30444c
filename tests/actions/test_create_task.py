"""Create_task: the CRM is asked for a follow-up, for whom and until when, under one key."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.outward import ANNA, acted, place_with, told
from tests.receivers import Receiver


def test_s4_the_crm_is_asked_with_all_that_a_task_needs(tmp_path: Path) -> None:
    """Signed as the official library checks; the title filled in, in the first language."""
    with Receiver(204) as receiver:
        title = "{en: 'Call {{ contact.name }}', sv: 'Ring {{ contact.name }}'}"
        place = acted(tmp_path, receiver, f"create_task: {{for: dpo, title: {title}, due: 5 days}}")
        event = receiver.verified()[0]
        data: dict[str, Any] = event["data"]

        assert told(place) == {"done": 1}
        assert event["type"] == "task.requested"
        assert {
            "order": "intent-1",
            "entity": "contact",
            "contact": "4711",
            "rule": "outward",
            "for": "dpo",
            "people": ["eva", "dag"],
            "title": "Call Anna Canary",
        }.items() <= data.items()
        opened = datetime.fromisoformat(data["case"]["at"])
        assert place.clock.now() == opened
        due, zone = datetime.fromisoformat(data["due_at"]), place.store.zone
        assert timedelta(days=5) == due.astimezone(zone).date() - opened.astimezone(zone).date()


@pytest.mark.parametrize(
    ("whom", "named", "people"),
    [("contact owner", "eva", ["eva"]), ("eva", "eva", ["eva"]), ("management", "management", [])],
)
def test_a_task_is_for_the_owner_a_person_or_a_role(tmp_path: Path, whom: str, named: str, people: list[str]) -> None:
    """The CRM knows its own roles: a role that nobody here has is passed on as it is."""
    with Receiver(202) as receiver:
        acted(tmp_path, receiver, f"create_task: {{for: {whom}, title: Call}}")
        data = receiver.verified()[0]["data"]

        assert (named, people, None) == (data["for"], data["people"], data["due_at"])


def test_a_task_for_the_owner_of_a_contact_without_one_is_withheld(tmp_path: Path) -> None:
    """Nobody would see it."""
    with Receiver() as receiver:
        place = acted(tmp_path, receiver, "create_task: {for: contact owner, title: Call}", ANNA | {"owner": None})

        assert (told(place, reasons=True), receiver.calls) == ({"NO_ADDRESS": 1}, [])


def test_without_a_crm_a_task_is_withheld(tmp_path: Path) -> None:
    """It is withheld, and says why."""
    assert told(acted(tmp_path, None, "create_task: {for: dpo, title: Call}"), reasons=True) == {"NO_CRM": 1}


def test_r2_r5_an_unknown_outcome_is_asked_for_under_the_same_key_until_it_is_known(tmp_path: Path) -> None:
    """A receiver that honours keys has one task, due on the same day, however often it was asked."""
    with Receiver() as receiver:
        receiver.script = [(500, b""), (502, b"<html>"), (302, b""), (429, b"")]
        place = place_with(tmp_path, "create_task: {for: dpo, title: Call, due: 2 days}", crm=receiver)
        place.live()
        for _ in range(30):
            place.clock.move(timedelta(minutes=10))
            place.live()
        due = {body.split('"due_at": ')[1] for _, body in receiver.calls}

        assert (told(place), len(receiver.calls), len(receiver.ledger()), len(due)) == ({"done": 1}, 5, 1, 1)


@pytest.mark.parametrize("status", [409, 404, 410])
def test_r10_a_refusal_parks_the_task_with_the_words_of_the_crm(tmp_path: Path, status: int) -> None:
    """Whoever refuses a call would refuse it again; an operator sees why."""
    with Receiver(status, b'{"reason": "no such user"}') as receiver:
        place = acted(tmp_path, receiver, "create_task: {for: dpo, title: Call}")
        place.act()

        assert (told(place), len(receiver.calls)) == ({"parked": 1}, 1)
        assert status == 410 or ": no such user" in "".join(told(place, reasons=True))


def test_r10_a_crm_that_asks_for_time_gets_it_for_all_its_tasks(tmp_path: Path) -> None:
    """Retry-After counts for those that were not tried too: the first one that is refused is the only call."""
    with Receiver(503) as receiver:
        receiver.more = {"retry-after": "3600"}
        contacts = [ANNA | {"id": f"c{number}"} for number in range(20)]
        place = acted(tmp_path, receiver, "create_task: {for: dpo, title: Call}", *contacts)
        for _ in range(5):
            place.clock.move(timedelta(minutes=10))
            place.live()
        assert (len(receiver.calls), told(place)) == (1, {"pending": 20})
        receiver.status = 200
        place.clock.move(timedelta(minutes=30))
        place.live()
        assert (len(receiver.ledger()), told(place)) == (20, {"done": 20})
