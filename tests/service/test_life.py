"""The life of a deletion: contacts are driven through every transition, by what really causes it, and through no other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.crm.orders import Answered
from engine.service import deciding, erasing
from engine.service.approving import Word
from engine.service.config import Settings
from engine.service.deciding import Desk
from engine.store import deletions, holds
from engine.store.tables import DELETION_MOVE
from engine.vocabulary.outcome import TemporaryFailure
from tests.installations import Place
from tests.service.test_destroying import GHOST, PULSE, ScriptedCrm, pass_days

RULE = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if:
      all:
        - {field: category, is: Prospect}
        - {count: activities, in_last: 2 years, equals: 0}
    then:
      - schedule_deletion: {grace: 14 days%s}
    stop_if_more_than: {contacts: 25}
"""
WARN = ", warn: {to: contact owner}"
ASK = ", approval: {from: dpo}"
PEOPLE = {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}
CONTACT = GHOST | {"owner": "eva"}
FALSE, TRUE = {"id": "ghost", "category": "Customer"}, {"id": "ghost", "category": "Prospect"}
DISPUTE: dict[str, Any] = {"id": "ghost", "requests": [{"id": "r", "type": "dispute", "status": "open"}]}
CLOSED: dict[str, Any] = {"id": "ghost", "requests": [{"id": "r", "type": "dispute", "status": "closed"}]}
Step = Callable[["Life"], None]


class Life:
    """One contact, whose deletion goes its way by what happens to it."""

    def __init__(self, folder: Path, more: str = "", *answers: Answered | Exception) -> None:
        self.place = Place(folder, RULE % more, crm=ScriptedCrm(*answers))
        self.allow(500)
        self.place.take(PULSE, CONTACT)
        self.place.live()

    def allow(self, most: int) -> None:
        """Let so many deletions a day be allowed."""
        settings = Settings.of({"people": PEOPLE, "limits": {"deletions_per_day": most, "percent_per_day": 100}})
        self.place.installation = replace(self.place.installation, settings=settings)

    def days(self, days: int, *, pulse: bool = True) -> None:
        """Let days pass."""
        pass_days(self.place, days, pulse=pulse)

    def an_hour(self) -> None:
        """Let an hour pass, in which nobody looks."""
        self.place.clock.move(timedelta(hours=1))

    def take(self, record: dict[str, Any]) -> None:
        """Let the CRM send something, and the service look at it."""
        self.place.take(record)
        self.place.live()

    def approve(self) -> None:
        """Approve it, held or waiting."""
        with self.place.store.database.writing() as connection:
            desk = Desk(self.place.installation, connection, self.place.store.tables, self.place.rules)
            deciding.approve(desk, [self.one()], Word("eva"), self.place.installation.moment())

    def hold(self) -> None:
        """Place a hold, and let the service look."""
        with self.place.store.database.writing() as connection:
            holds.add(connection, ("contact", self.place.key_of("ghost")), "legal", "why", self.place.clock.now())
        self.place.act()

    def restore(self) -> None:
        """Bring the contact back."""
        erasing.restore(self.place.scene(), self.one(), self.place.installation.moment())

    def one(self) -> deletions.Deletion:
        """Return the newest deletion."""
        with self.place.store.database.reading() as connection:
            return max(deletions.read(connection, self.place.store.tables), key=lambda one: one.key)

    def moves(self) -> set[tuple[str, str]]:
        """Return the transitions that there were, without those that only changed the reason."""
        with self.place.store.database.reading() as connection:
            rows = connection.execute(select(DELETION_MOVE).order_by(DELETION_MOVE.c.deletion, DELETION_MOVE.c.seq))
            told = [(row.deletion, row.state) for row in rows]
        return {(a, b) for (one, a), (other, b) in pairwise(told) if one == other and a != b}


def days(number: int, *, pulse: bool = True) -> Step:
    """Return the step in which days pass."""
    return lambda life: life.days(number, pulse=pulse)


def take(record: dict[str, Any]) -> Step:
    """Return the step in which the CRM sends something."""
    return lambda life: life.take(record)


def allow(most: int) -> Step:
    """Return the step in which so many deletions a day become the limit."""
    return lambda life: life.allow(most)


UNCLEAR = TemporaryFailure("time-out")
STALE = {"id": "ghost", "birth_date": "1980-01-01"}
STORIES: dict[str, tuple[str, tuple[Answered | Exception, ...], tuple[Step, ...]]] = {
    "plain": ("", (), (days(15), days(15))),
    "warned": (WARN, (), (days(15),)),
    "restored": ("", (), (days(15), Life.restore)),
    "no longer true": ("", (), (take(FALSE),)),
    "no longer true, after a warning": (WARN, (), (take(FALSE),)),
    "disputed": ("", (), (take(DISPUTE), days(15), take(CLOSED))),
    "disputed, after a warning": (WARN, (), (take(DISPUTE), days(15), take(FALSE))),
    "feed stale": ("", (), (days(15, pulse=False), Life.approve)),
    "feed stale, after a warning": (WARN, (), (days(15, pulse=False), take(FALSE))),
    "held, then disputed": ("", (), (days(15, pulse=False), take(DISPUTE))),
    "kept, then held": ("", (), (take(DISPUTE), days(15), days(8, pulse=False), take(CLOSED))),
    "approved": (ASK, (), (days(15), Life.approve, days(1))),
    "due, no longer true": (ASK, (), (days(15), take(FALSE))),
    "due, disputed": (ASK, (), (days(15), take(DISPUTE))),
    "due, feed stale": (ASK, (), (days(15), days(8, pulse=False))),
    "approved, changed": (ASK, (), (days(15), Life.approve, take(STALE))),
    "approved, no longer true": (ASK, (), (days(15), Life.approve, take(FALSE))),
    "approved, on hold": (ASK, (), (days(15), Life.approve, Life.hold)),
    "approved, over the limit": (ASK, (), (days(15), Life.approve, allow(0), days(1))),
    "refused": ("", (Answered("refused", "open invoice"),), (days(15),)),
    "outcome unknown": ("", (UNCLEAR,), (days(14), Life.an_hour, take(FALSE), days(9))),
}


def told(tmp_path: Path) -> set[tuple[str, str]]:
    """Return the transitions of all stories together."""
    found: set[tuple[str, str]] = set()
    for number, (more, answers, story) in enumerate(STORIES.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        life = Life(folder, more, *answers)
        for step in story:
            step(life)
        found |= life.moves()
    return found


def test_contacts_are_driven_through_every_transition_and_no_other(tmp_path: Path) -> None:
    """What `MOVES` allows happens, each by its cause; what it does not allow never does."""
    lawful = {(state, to) for state, moves in deletions.MOVES.items() for to in moves}
    by_void = {("ordered", "due")}  # in tests/service/test_held.py: an order that never went out

    assert told(tmp_path) == lawful - by_void


@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_lawfully(tmp_path: Path, name: str) -> None:
    """However it goes: nobody is gone here whom the CRM has not deleted, and nobody twice."""
    more, answers, story = STORIES[name]
    life = Life(tmp_path, more, *answers)
    for step in story:
        step(life)
    crm = life.place.crm
    assert isinstance(crm, ScriptedCrm)
    is_here = life.place.key_of("ghost") > 0

    assert is_here or len(crm.keys) == 1
