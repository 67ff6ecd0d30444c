"""Notify: every destination is told once, by mail and by channel, and one that fails keeps no other waiting."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from engine.crm.letter import Letter
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure
from tests.actions.outward import ANNA, acted, place_with, told
from tests.installations import Place
from tests.receivers import Receiver


def letters(place: Place) -> list[tuple[str, str]]:
    """Return address and subject of every letter."""
    return sorted((str(letter["To"]), str(letter["Subject"])) for letter in place.letters())


EVA, DAG = ("eva@firm.example", "Hello Anna Canary"), ("dag@firm.example", "Hello Anna Canary")


@pytest.mark.parametrize(
    ("action", "by_mail", "by_channel"),
    [
        ("{to: dpo, using: hello}", [DAG, EVA], 0),
        ("{to: dpo, using: hello, by: [email, ops]}", [DAG, EVA], 1),
        ("{to: dpo, using: hello, by: [ops, ops]}", [], 1),
        ("{to: ops, using: hello}", [], 1),
        ("{to: ops, using: hello, by: [ops]}", [], 1),
        ("{to: support, using: hello, by: [email, ops]}", [], 1),
        ("{to: contact owner, using: hello}", [EVA], 0),
    ],
)
def test_a_message_takes_the_ways_that_are_named(
    tmp_path: Path, action: str, by_mail: list[tuple[str, str]], by_channel: int
) -> None:
    """E-mail unless something is said; a channel by itself where it is named as the recipient."""
    with Receiver() as ops:
        place = acted(tmp_path, None, f"notify: {action}", ops=ops)

        assert (by_mail, by_channel) == (letters(place), len(ops.calls))
        assert told(place) == {"done": 1}
        assert [("Hello Anna Canary", "It is 4711.")] * by_channel == [
            (json.loads(body)["title"], json.loads(body)["message"]) for _, body in ops.calls
        ]


@pytest.mark.parametrize("action", ["{to: support, using: hello}", "{to: contact owner, using: hello}"])
def test_a_message_that_nobody_would_get_is_withheld(tmp_path: Path, action: str) -> None:
    """A role that nobody has, and the owner of a contact that has none."""
    place = acted(tmp_path, None, f"notify: {action}", ANNA | {"owner": None})

    assert told(place, reasons=True) == {"NO_ADDRESS": 1}


def test_r2_a_channel_that_fails_delays_its_own_message_only(tmp_path: Path) -> None:
    """Those who got theirs by mail get it once; the channel gets it as soon as it takes it."""
    with Receiver(500) as ops:
        place = place_with(tmp_path, "notify: {to: dpo, using: hello, by: [ops, email]}", ops=ops)
        place.live()
        assert (letters(place), len(ops.calls), told(place)) == ([DAG, EVA], 1, {"pending": 1})
        for letter in (place.folder / "var" / "outbox").glob("*.eml"):
            letter.unlink()
        ops.status = 200
        place.clock.move(timedelta(minutes=5))
        place.live()

        assert (letters(place), len(ops.calls), told(place)) == ([], 2, {"done": 1})


class PickyPost:
    """A mail server that fails for one address as told."""

    def __init__(self, address: str, failure: Exception) -> None:
        self.address, self.failure = address, failure
        self.taken: list[tuple[str, str]] = []

    def deliver(self, letter: Letter) -> None:
        """Fail for the one, take the others."""
        if letter.to == self.address:
            raise self.failure
        self.taken.append((letter.key, letter.to))


@pytest.mark.parametrize(
    ("failure", "state"), [(PermanentFailure("refused"), "parked"), (TemporaryFailure("later"), "pending")]
)
@pytest.mark.parametrize(("failing", "other"), [(EVA[0], DAG[0]), (DAG[0], EVA[0])])
def test_r9_one_address_that_fails_keeps_no_other_from_its_letter(
    tmp_path: Path, failure: Exception, state: str, failing: str, other: str
) -> None:
    """Of two people with a role the other one is told, once, also when the first is tried again."""
    place = place_with(tmp_path, "notify: {to: dpo, using: hello}")
    place.post = PickyPost(failing, failure)
    for _ in range(10):
        place.live()
        place.clock.move(timedelta(minutes=1))

    assert [other] == [to for _, to in place.post.taken]
    assert {state: 1} == told(place)


def test_each_address_has_a_key_of_its_own_that_stays(tmp_path: Path) -> None:
    """A receiver can tell repetitions from letters to others."""
    place = place_with(tmp_path, "notify: {to: dpo, using: hello}")
    post = PickyPost("", PermanentFailure(""))
    place.post = post
    place.live()

    assert len({key for key, _ in post.taken}) == 2
    assert all(key.startswith("intent-1") for key, _ in post.taken)
