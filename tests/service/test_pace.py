"""Pace: within any stretch of time no more go out than the rule says, whatever restarts or fails meanwhile."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.crm.letter import Letter
from engine.service.config import Settings
from engine.vocabulary.outcome import TemporaryFailure
from tests.installations import Place
from tests.rulebooks import rulebook

RULES = """\
rules:
  - rule: slow
    stage: live
    if: [{{field: country, is: NO}}]
    then:
      - notify: {{to: dpo, using: hello, pace: {pace}}}
      - notify: {{to: admin, using: hello}}
messages:
  hello: {{subject: "{{{{ contact.id }}}}", body: hello}}
"""
PEOPLE = Settings.of(
    {
        "people": {
            "eva": {"email": "eva@firm.example", "roles": ["dpo"]},
            "dag": {"email": "dag@firm.example", "roles": ["admin"]},
        }
    }
)


class Ledger:
    """A mail server that notes when it took what for whom; the attempts with the given numbers fail."""

    def __init__(self, place: Place, failing: frozenset[int] = frozenset()) -> None:
        self.place, self.failing, self.attempts = place, failing, 0
        self.taken: list[tuple[datetime, str, str]] = []

    def deliver(self, letter: Letter) -> None:
        """Fail, or take the letter."""
        self.attempts += 1
        if self.attempts in self.failing:
            raise TemporaryFailure("away", is_down=self.attempts % 2 == 0)
        self.taken.append((self.place.clock.now(), letter.to, letter.subject))

    def instants(self, to: str) -> list[datetime]:
        """Return when something went out to an address, in order."""
        return [at for at, address, _ in self.taken if address == to]


def contacts(first: int, count: int) -> list[dict[str, Any]]:
    """Return contacts that the rule matches."""
    return [{"id": f"c{number}", "country": "NO"} for number in range(first, first + count)]


def most_within(instants: list[datetime], span: timedelta) -> int:
    """Return the most that went out within any stretch of time of a length."""
    return max((sum(at <= one < at + span for one in instants) for at in instants), default=0)


@settings(max_examples=15, deadline=None)
@given(
    count=st.integers(1, 6),
    unit=st.sampled_from([("minute", timedelta(minutes=1)), ("hour", timedelta(hours=1))]),
    steps=st.lists(st.tuples(st.integers(0, 6), st.integers(1, 90)), min_size=1, max_size=6),
    failing=st.frozensets(st.integers(1, 60), max_size=5),
)
def test_r10_no_stretch_of_time_sees_more_than_the_pace_and_in_the_end_all_have_gone_out(
    count: int, unit: tuple[str, timedelta], steps: list[tuple[int, int]], failing: frozenset[int]
) -> None:
    """Contacts come in bursts, attempts fail, and each pass begins anew from the store, as after a restart."""
    with TemporaryDirectory() as folder:
        place = Place(Path(folder), RULES.format(pace=f"{count} per {unit[0]}"), PEOPLE)
        place.post = ledger = Ledger(place, failing)
        first = 0
        for new, seconds in steps:
            place.take(*contacts(first, new))
            first += new
            place.live()
            place.clock.move(timedelta(seconds=seconds))
        for _ in range(2 * first + 20):
            if len(ledger.taken) == 2 * first:
                break
            place.act()
            place.clock.move(max(unit[1], timedelta(minutes=10)))
        place.store.database.close()

    assert most_within(ledger.instants("eva@firm.example"), unit[1]) <= count
    assert Counter(f"c{number}" for number in range(first)) == Counter(
        subject for _, to, subject in ledger.taken if to == "eva@firm.example"
    )


def test_who_has_no_pace_does_not_wait_for_who_has(tmp_path: Path) -> None:
    """A backlog longer than a pass keeps no other message waiting, and goes out in the order in which it came."""
    place = Place(tmp_path, RULES.format(pace="2 per hour"), PEOPLE)
    place.post = ledger = Ledger(place)
    place.take(*contacts(0, 600))
    place.live()
    assert (len(ledger.instants("eva@firm.example")), len(ledger.instants("dag@firm.example"))) == (2, 600)
    place.clock.move(timedelta(minutes=59))
    assert place.act() == Counter()
    place.clock.move(timedelta(minutes=1))
    place.act()
    paced = [subject for _, to, subject in ledger.taken if to == "eva@firm.example"]

    assert paced == ["c0", "c1", "c2", "c3"]


def test_a_pace_that_is_lowered_counts_what_went_out_before(tmp_path: Path) -> None:
    """Rewording the pace is a new version of the rule, and no reason to send at once."""
    place = Place(tmp_path, RULES.format(pace="5 per hour"), PEOPLE)
    place.post = ledger = Ledger(place)
    place.take(*contacts(0, 9))
    place.live()
    place.rules = rulebook(RULES.format(pace="2 per hour"))
    place.clock.move(timedelta(minutes=30))
    place.live()
    assert len(ledger.instants("eva@firm.example")) == 5
    place.clock.move(timedelta(minutes=30))
    place.live()
    assert len(ledger.instants("eva@firm.example")) == 7
