"""Dispatch: messages are withheld where they must be, wait longer after each failure, and are parked in the end."""

import os
import signal
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.crm.letter import Letter
from engine.crm.mail import SmtpPost
from engine.evaluate.decision import Decider
from engine.service.acting import carry_out
from engine.service.config import Settings
from engine.service.retrying import MOST_ATTEMPTS, wait_after
from engine.service.tick import tick
from engine.store import intents
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure
from tests.installations import Place

RULES = """\
rules:
  - rule: greet
    stage: live
    if: [{field: country, is: NO}]
    then:
      - notify: {to: %s, using: hello%s}
messages:
  hello: {subject: {en: "Hello {{ contact.name }}", sv: "Hej {{ contact.name }}"}, body: hello}
"""
PEOPLE = Settings.of({"people": {"eva": {"email": "eva@firm.example", "roles": ["dpo", "admin"]}}})
ANNA: dict[str, Any] = {
    "id": "a",
    "name": "Anna",
    "email": "anna@example.se",
    "country": "NO",
    "language": "sv",
    "owner": "eva",
}
GIVEN = {"consents": [{"purpose": "marketing", "status": "given", "at": "2026-01-01"}]}


def place_with(folder: Path, to: str = "the contact", purpose: str = "") -> Place:
    """Return a place that greets Norwegians."""
    return Place(folder, RULES % (to, f", purpose: {purpose}" if purpose else ""), PEOPLE)


def reasons(place: Place) -> dict[str, int]:
    """Return how many intents are in each state."""
    with place.store.database.reading() as connection:
        return intents.sums(connection)


@pytest.mark.parametrize(
    ("purpose", "state", "sent"),
    [
        ("marketing", GIVEN, True),
        ("marketing", {}, False),
        ("marketing", GIVEN | {"restrict_processing": True}, False),
        ("marketing", GIVEN | {"restrict_processing": "no"}, False),
        ("marketing", GIVEN | {"objects_to_marketing": True}, False),
        ("marketing", GIVEN | {"deceased": True}, False),
        ("marketing", GIVEN | {"requests": [{"id": "r", "type": "objection", "status": "open"}]}, False),
        ("marketing", {"consents": [{"purpose": "marketing", "status": "given"}]}, False),
        ("legal_duty", {"restrict_processing": True, "objects_to_marketing": True}, True),
        ("legal_duty", {"email": None}, False),
    ],
)
def test_l3_l4_a_message_to_the_contact_is_withheld_where_it_must_be(
    tmp_path: Path, purpose: str, state: dict[str, Any], sent: bool
) -> None:
    """Restriction, objection and lack of consent withhold it; a legal duty passes; without an address nothing goes."""
    place = place_with(tmp_path, purpose=purpose)
    place.take(ANNA | state)
    place.live()

    assert ({"done": 1} if sent else {"withheld": 1}) == reasons(place)
    assert sent is bool(place.letters())


@pytest.mark.parametrize(
    ("to", "address"), [("eva", "eva@firm.example"), ("dpo", "eva@firm.example"), ("contact owner", "eva@firm.example")]
)
def test_messages_reach_people_by_name_role_and_ownership(tmp_path: Path, to: str, address: str) -> None:
    """People of the configuration are found by each; their language is the first configured."""
    place = place_with(tmp_path, to)
    place.take(ANNA)
    place.live()

    assert [(address, "Hello Anna")] == [(letter["To"], letter["Subject"]) for letter in place.letters()]


def test_s2_a_name_cannot_add_a_header(tmp_path: Path) -> None:
    """Line breaks in a contact's name become spaces."""
    place = place_with(tmp_path, "eva")
    place.take(ANNA | {"name": "X\r\nBcc: evil@example.se"})
    place.live()

    assert [(letter["Bcc"], letter["Subject"]) for letter in place.letters()] == [
        (None, "Hello X Bcc: evil@example.se")
    ]


class FailingPost:
    """A mail server that fails as told."""

    def __init__(self, failure: Exception) -> None:
        self.failure, self.tried = failure, 0

    def deliver(self, letter: Letter) -> None:
        """Fail."""
        self.tried += 1
        raise self.failure


def test_r10_a_failing_provider_delays_its_own_messages_and_parks_them_in_the_end(tmp_path: Path) -> None:
    """Each attempt waits longer; after the last one the message is parked, and it was tried no more often."""
    place = place_with(tmp_path, "eva")
    place.take(ANNA)
    place.run()
    post = FailingPost(TemporaryFailure("away"))
    scene = replace(place.scene(), post=post)
    for _ in range(400):
        carry_out(scene, place.installation.moment())
        place.clock.move(timedelta(minutes=10))

    assert (reasons(place), post.tried) == ({"parked": 1}, MOST_ATTEMPTS)
    waits = [wait_after(attempts, 1) for attempts in range(MOST_ATTEMPTS)]
    assert waits == sorted(waits)


def test_a_refused_address_is_parked_at_once(tmp_path: Path) -> None:
    """What cannot work is not tried again."""
    place = place_with(tmp_path, "eva")
    place.take(ANNA)
    place.run()
    post = FailingPost(PermanentFailure("no such address"))
    carry_out(replace(place.scene(), post=post), place.installation.moment())

    assert (reasons(place), post.tried) == ({"parked": 1}, 1)


def test_a_case_that_closed_before_its_message_went_out_says_nothing(tmp_path: Path) -> None:
    """What is no longer true is not told."""
    place = place_with(tmp_path, "eva")
    place.take(ANNA)
    place.run()
    place.take({"id": "a", "country": "SE"})
    place.live()

    assert (reasons(place), place.letters()) == ({"withheld": 1}, [])


def test_r2_sigkill_of_the_worker_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Twenty times the worker of durable-rules is killed before an event is decided: every letter comes once."""
    place = place_with(tmp_path, "eva")
    place.decider = Decider()
    for number in range(20):
        place.take(ANNA | {"id": f"a{number}", "name": f"N{number}"})
        tick(place.scene(), place.installation.moment())
        matcher = place.decider._matcher  # noqa: SLF001 - the process to kill
        assert matcher is not None
        assert matcher._worker is not None  # noqa: SLF001
        os.kill(matcher._worker.pid, signal.SIGKILL)  # noqa: SLF001
    place.decider.close()

    assert sorted(f"Hello N{number}" for number in range(20)) == sorted(letter["Subject"] for letter in place.letters())


def test_r14_no_further_message_goes_out_once_the_service_stops(tmp_path: Path) -> None:
    """The one under way is ended and noted; the rest waits in its rows, and goes out after the next start."""
    place = place_with(tmp_path, "eva")
    place.take(*(ANNA | {"id": f"a{number}"} for number in range(3)))
    place.run()
    carry_out(replace(place.scene(), is_stopping=lambda: bool(place.letters())), place.installation.moment())

    assert reasons(place) == {"done": 1, "pending": 2}
    place.act()
    assert reasons(place) == {"done": 3}


def test_r10_a_mail_server_that_never_answers_is_asked_once_in_a_pass(tmp_path: Path) -> None:
    """It takes the connection and says nothing: the first letter waits for it, the others keep their attempts."""
    place = place_with(tmp_path, "eva")
    place.take(*(ANNA | {"id": f"a{number}"} for number in range(8)))
    with socket.create_server(("127.0.0.1", 0)) as server:
        place.post = SmtpPost(f"smtp://127.0.0.1:{server.getsockname()[1]}", "privacy@firm.example", timeout=0.1)
        moved = place.live()

    assert (moved["postponed"], moved["delayed"]) == (1, 7)
