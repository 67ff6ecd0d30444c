"""Digests: what can wait goes out in one letter a day for each address, once, and each message keeps its own outcome."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.crm.letter import Letter
from engine.service.config import Settings
from engine.store import registry
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure
from tests.actions.outward import told
from tests.installations import NOON, Place
from tests.receivers import Receiver
from tests.rulebooks import rulebook

RULES = """\
rules:
  - rule: first
    stage: live
    if: [{field: country, is: NO}]
    then:
      - notify: {to: dpo, using: hello, send: in_daily_digest}
  - rule: second
    stage: live
    if: [{field: category, is: Lead}]
    then:
      - notify: {to: eva, using: lead, send: in_daily_digest}
messages:
  hello: {subject: "Hello {{ contact.id }}", body: "From Norway: {{ contact.name }}"}
  lead: {subject: "Lead {{ contact.id }}", body: "New"}
"""
ERASURE = """\
---
rules:
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if: [{field: category, is: Prospect}]
    then:
      - schedule_deletion: {grace: 1 day, recycle_bin: 1 day}
    stop_if_more_than: {contacts: 25, percent: 50}
"""
PEOPLE = {
    "eva": {"email": "eva@firm.example", "roles": ["dpo"]},
    "dag": {"email": "dag@firm.example", "roles": ["dpo"]},
}
EVA, DAG = "eva@firm.example", "dag@firm.example"
# 12:00 UTC is 13:00 in Stockholm, so the next digest, at 07:00 there, is on the morrow at 06:00 UTC.
MORNING = datetime(2026, 3, 2, 6, tzinfo=UTC)


class Ledger:
    """A mail server that keeps each letter under its key once, and fails as told, by address."""

    def __init__(self) -> None:
        self.failures: dict[str, list[Exception]] = {}
        self.letters: dict[str, Letter] = {}
        self.attempts: list[Letter] = []

    def deliver(self, letter: Letter) -> None:
        """Fail, or take the letter."""
        self.attempts.append(letter)
        waiting = self.failures.get(letter.to, [])
        if waiting:
            raise waiting.pop(0)
        self.letters.setdefault(letter.key, letter)

    def read(self, to: str) -> str:
        """Return all that an address has got, in one text."""
        return "\n".join(one.body for one in self.letters.values() if one.to == to)


def place_with(folder: Path, **more: Any) -> tuple[Place, Ledger]:
    """Return a place with two rules whose messages can wait, and its mail server."""
    place = Place(folder, RULES, Settings.of({"people": PEOPLE, **more}))
    place.post = ledger = Ledger()
    return place, ledger


def norwegian(contact: str, **more: Any) -> dict[str, Any]:
    """Return a contact that the first rule matches."""
    return {"id": contact, "name": f"Name of {contact}", "country": "NO"} | more


def at(place: Place, instant: datetime) -> None:
    """Let it be a certain time, and do what is due then."""
    place.clock.instant = instant
    place.live()


def test_messages_of_a_day_are_one_letter_for_each_address(tmp_path: Path) -> None:
    """Nothing before the time of day; then each address gets one letter with all that is for it, in order."""
    place, ledger = place_with(tmp_path)
    place.take(norwegian("a"), norwegian("b", category="Lead"))
    place.live()
    at(place, MORNING - timedelta(seconds=1))
    assert ledger.attempts == []
    at(place, MORNING)

    assert {letter.to: letter.subject for letter in ledger.attempts} == {
        EVA: "3 messages of 2026-03-02",
        DAG: "2 messages of 2026-03-02",
    }
    assert [line for line in ledger.read(EVA).splitlines() if line] == [
        "Hello a",
        "From Norway: Name of a",
        "---",
        "Hello b",
        "From Norway: Name of b",
        "---",
        "Lead b",
        "New",
    ]
    assert told(place) == {"done": 3}
    at(place, MORNING + timedelta(days=3))
    assert len(ledger.attempts) == 2


def test_what_comes_after_the_time_of_day_waits_for_the_next(tmp_path: Path) -> None:
    """Two days are two letters, with keys of their own."""
    place, ledger = place_with(tmp_path)
    place.take(norwegian("a"))
    place.live()
    at(place, MORNING)
    place.take(norwegian("b"))
    at(place, MORNING + timedelta(minutes=5))
    assert len(ledger.letters) == 2
    at(place, MORNING + timedelta(days=1))

    assert len(ledger.letters) == 4
    assert ledger.read(EVA).count("Hello") == 2


@pytest.mark.parametrize(
    ("begin", "expected"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),
        (datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_the_time_of_day_is_that_of_the_wall_clock(tmp_path: Path, begin: datetime, expected: datetime) -> None:
    """It goes out once on the days on which clocks change: 02:30 is skipped, then kept, then comes twice."""
    place, ledger = place_with(tmp_path, mail={"digest_at": "02:30"})
    place.take(norwegian("a"))
    at(place, begin)
    # Skipped in spring: at the first instant after the gap. In autumn: at the first of the two.
    due = datetime(2026, 3, 29, 1, tzinfo=UTC) if begin.day == 28 else expected
    at(place, due - timedelta(seconds=1))
    assert ledger.attempts == []
    at(place, due)
    at(place, due + timedelta(hours=1))

    assert len(ledger.attempts) == 2


def test_a_case_that_closed_before_the_letter_is_left_out(tmp_path: Path) -> None:
    """Its message is withheld; the others go out."""
    place, ledger = place_with(tmp_path)
    place.take(norwegian("a"), norwegian("b"))
    place.live()
    place.take({"id": "a", "country": "SE"})
    at(place, MORNING)

    assert (told(place), ledger.read(EVA).count("Hello a"), len(ledger.letters) - 1) == (
        {"done": 1, "withheld": 1},
        0,
        1,
    )


def test_r2_a_letter_that_fails_is_attempted_again_under_its_key_and_the_others_are_not(tmp_path: Path) -> None:
    """The one who got the letter gets no second one; a message ends when all its addresses have it."""
    place, ledger = place_with(tmp_path)
    ledger.failures[EVA] = [TemporaryFailure("later"), TemporaryFailure("down", is_down=True)]
    place.take(norwegian("a"), norwegian("b", category="Lead"))
    place.live()
    at(place, MORNING)
    assert told(place) == {"pending": 3}
    for minutes in range(1, 20):
        at(place, MORNING + timedelta(minutes=minutes))

    assert told(place) == {"done": 3}
    assert sorted(sum(one.to == to for one in ledger.attempts) for to in (EVA, DAG)) == [1, 3]
    assert len({one.key for one in ledger.attempts if one.to == EVA}) == 1
    assert len({one.body for one in ledger.attempts if one.to == EVA}) == 1


def test_r9_an_address_that_is_refused_parks_what_only_it_could_have_got(tmp_path: Path) -> None:
    """The other address has its letter; what both were to get is parked, because one of them never will."""
    place, ledger = place_with(tmp_path)
    ledger.failures[EVA] = [PermanentFailure("refused")]
    place.take(norwegian("a"), {"id": "l", "category": "Lead"})
    place.live()
    at(place, MORNING)

    assert told(place) == {"parked": 2}
    assert ledger.read(DAG).count("Hello a") == 1


def test_a_rule_that_was_paused_meanwhile_is_in_the_next_letter(tmp_path: Path) -> None:
    """What is in a letter does not change once it has been attempted, so nothing is lost at who has seen its key."""
    place, ledger = place_with(tmp_path)
    place.take(norwegian("a"), {"id": "l", "category": "Lead"})
    place.live()
    with place.store.database.writing() as connection:
        key = registry.registered(connection)["second"].key
        registry.pause(connection, key, "x")
    at(place, MORNING)
    assert "Lead l" not in ledger.read(EVA)
    with place.store.database.writing() as connection:
        registry.resume(connection, key)
    at(place, MORNING + timedelta(minutes=5))
    assert "Lead l" not in ledger.read(EVA)
    at(place, MORNING + timedelta(days=1))

    assert ledger.read(EVA).count("Lead l") == 1
    assert told(place) == {"done": 2}


def test_a_rule_that_was_paused_between_two_attempts_is_in_the_next_letter(tmp_path: Path) -> None:
    """The letter goes out without it, under its key; so it needs another one, or a receiver would think it known."""
    place, ledger = place_with(tmp_path)
    ledger.failures[EVA] = [TemporaryFailure("later")]
    place.take(norwegian("a"), {"id": "l", "category": "Lead"})
    place.live()
    at(place, MORNING)
    with place.store.database.writing() as connection:
        key = registry.registered(connection)["second"].key
        registry.pause(connection, key, "x")
    at(place, MORNING + timedelta(minutes=5))
    assert (ledger.read(EVA).count("Hello a"), ledger.read(EVA).count("Lead l")) == (1, 0)
    with place.store.database.writing() as connection:
        registry.resume(connection, key)
    at(place, MORNING + timedelta(minutes=10))
    at(place, MORNING + timedelta(days=1))

    assert ledger.read(EVA).count("Lead l") == 1
    assert told(place) == {"done": 2}


def test_a_clock_that_goes_back_reopens_no_letter(tmp_path: Path) -> None:
    """A letter that went out is not written anew."""
    place, ledger = place_with(tmp_path)
    place.take(norwegian("a"))
    place.live()
    at(place, MORNING)
    place.take(norwegian("b"))
    at(place, NOON)
    at(place, MORNING)
    assert ledger.read(EVA).count("Hello b") == 0
    at(place, MORNING + timedelta(days=1))

    assert ledger.read(EVA).count("Hello b") == 1


def test_a_digest_goes_by_channel_too(tmp_path: Path) -> None:
    """One post for the channel, with all messages."""
    with Receiver() as ops:
        (tmp_path / "ops").write_text(f"json://127.0.0.1:{ops.server_port}/room")
        (tmp_path / "ops").chmod(0o600)
        place, ledger = place_with(tmp_path, channels={"ops": {"apprise": {"file": "ops"}}})
        place.rules = rulebook(RULES.replace("to: dpo, using", "to: dpo, by: [ops], using"))
        place.take(norwegian("a"), norwegian("b"))
        place.live()
        at(place, MORNING)

        assert (len(ops.calls), ledger.attempts) == (1, [])
        assert all(word in ops.calls[0][1] for word in ("2 messages", "Hello a", "Hello b"))


@settings(max_examples=12, deadline=None)
@given(
    arrivals=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40)), min_size=1, max_size=5),
    failing=st.lists(st.tuples(st.sampled_from([EVA, DAG]), st.booleans()), max_size=6),  # eight park a message
)
def test_r2_every_message_is_in_exactly_one_letter_to_each_address(
    arrivals: list[tuple[int, int]], failing: list[tuple[str, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However contacts come and letters fail, a receiver that honours keys reads each message once."""
    place, ledger = place_with(tmp_path_factory.mktemp("digest"))
    for to, is_down in failing:
        ledger.failures.setdefault(to, []).append(TemporaryFailure("away", is_down=is_down))
    first = 0
    for new, hours in arrivals:
        place.take(*(norwegian(f"<{number}>") for number in range(first, first + new)))
        first += new
        place.live()
        place.clock.move(timedelta(hours=hours))
    for _ in range(40):
        place.act()
        place.clock.move(timedelta(hours=2))
    place.store.database.close()

    assert [(1, 1)] * first == [
        (ledger.read(EVA).count(f"Hello <{number}>"), ledger.read(DAG).count(f"Hello <{number}>"))
        for number in range(first)
    ]


def test_l9_a_digest_in_the_outbox_goes_with_a_contact_of_which_it_speaks(tmp_path: Path) -> None:
    """After an erasure no file below the folder holds the name, also not where a letter spoke of others too."""
    place, _ = place_with(tmp_path, limits={"percent_per_day": 100})
    place.post = None
    place.rules = rulebook(RULES + ERASURE)
    place.take(norwegian("ghost", name="Canary Quill", category="Prospect"), norwegian("other"))
    place.live()
    at(place, MORNING)
    assert any("Canary" in letter.get_content() for letter in place.letters())
    for day in range(1, 4):
        at(place, MORNING + timedelta(days=day))
    place.store.database.close()
    found = [file.name for file in tmp_path.rglob("*") if file.is_file() and b"canary" in file.read_bytes().lower()]

    assert found == []
    assert place.key_of("ghost") == 0
