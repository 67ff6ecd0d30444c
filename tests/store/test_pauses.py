"""Pauses by a person: nothing reaches outside, clocks stand still, and the pause of a limit is another thing."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engine.crm.orders import Answered, Order
from engine.service.config import Settings
from engine.store import deletions, pauses, registry
from engine.vocabulary.outcome import TemporaryFailure
from tests.installations import NOON, Place

RULES = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if: [{field: category, is: Prospect}]
    then:
      - keep_in_selection: leaving
      - notify: {to: dpo, using: news}
      - schedule_deletion:
          purposes: all
          grace: 14 days
          recycle_bin: 5 days
          warn: {to: dpo, using: bye, at: 7 days before}
    stop_if_more_than: {contacts: 3}
messages:
  news: {subject: News, body: "{{ contact.name }}"}
  bye: {subject: Goodbye, body: "{{ deletion.due_at | date }}"}
"""
SETTINGS = Settings.of(
    {"people": {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}, "limits": {"percent_per_day": 100}}
)


def place_with(folder: Path, *names: str, **keywords: Any) -> Place:
    """Return a place with contacts that the rule matches."""
    place = Place(folder, RULES, SETTINGS, **keywords)
    place.take(*({"id": name, "name": name, "category": "Prospect"} for name in names))
    return place


def pause(place: Place) -> bool:
    """Pause the rule now."""
    with place.store.database.writing() as connection:
        key = registry.registered(connection)["erase"].key
        return pauses.pause(connection, key, "something is odd", place.clock.now())


def release(place: Place) -> int:
    """Release the rule now."""
    with place.store.database.writing() as connection:
        return pauses.release(connection, registry.registered(connection)["erase"].key, place.clock.now())


def pass_days(place: Place, days: int) -> None:
    """Let days pass, each with a run that acts."""
    for _ in range(days):
        place.clock.move(timedelta(days=1))
        place.live()


def subjects(place: Place) -> list[str]:
    """Return the subjects of the letters that went out."""
    return [str(letter["Subject"]) for letter in place.letters()]


def test_while_paused_nothing_reaches_outside_and_selections_go_on(tmp_path: Path) -> None:
    """No letter, no warning, no deletion for a month; membership still follows the truth."""
    place = place_with(tmp_path, "a")
    place.run()
    assert pause(place)
    assert not pause(place)
    place.take({"id": "b", "category": "Prospect"})
    pass_days(place, 30)

    assert place.letters() == []
    assert {"scheduled"} == {state for state, _ in place.deletions().values()}
    assert place.members("leaving") == ["a", "b"]


def test_clocks_stand_still_while_paused(tmp_path: Path) -> None:
    """Grace and warning go on where the pause found them, for what was scheduled before it and during it."""
    place = place_with(tmp_path, "a")
    place.live()
    pass_days(place, 4)
    pause(place)
    pass_days(place, 10)
    place.take({"id": "b", "category": "Prospect"})
    pass_days(place, 20)
    assert release(place) == 2
    place.live()

    with place.store.database.reading() as connection:
        due = {one.contact: one.due_at for one in deletions.read(connection, place.store.tables)}
    now = place.clock.now()
    # Local days: the clock went forward meanwhile, so elapsed time is an hour off the wall clock of the grace.
    assert abs(due["a"] - (now + timedelta(days=10))) <= timedelta(hours=1)
    assert abs(due["b"] - (now + timedelta(days=14))) <= timedelta(hours=1)
    assert subjects(place) == ["News", "News"]
    pass_days(place, 3)
    assert sorted(subjects(place)) == ["Goodbye", "News", "News"]
    pass_days(place, 5)
    assert place.deletions()["a"][0] == "warned"
    pass_days(place, 3)
    assert place.deletions()["a"][0] == "in_recycle_bin"
    assert place.deletions()["b"][0] == "warned"


def test_a_pause_holds_orders_whose_outcome_is_unknown_and_the_end_of_the_bin(tmp_path: Path) -> None:
    """What was ordered is not asked again, and what can still be restored is not erased, until the release."""
    crm = Ledger()
    place = place_with(tmp_path, "a", crm=crm)
    place.live()
    pass_days(place, 14)
    assert (place.deletions()["a"][0], len(crm.keys)) == ("ordered", 1)
    pause(place)
    for _ in range(10):
        place.clock.move(timedelta(hours=1))
        place.live()
    assert len(crm.keys) == 1
    release(place)
    place.live()
    assert (place.deletions()["a"][0], len(crm.keys)) == ("in_recycle_bin", 2)
    pause(place)
    pass_days(place, 30)
    assert place.deletions() == {"a": ("in_recycle_bin", None)}
    release(place)
    place.live()

    assert place.deletions() == {None: ("erased", None)}


def test_an_order_that_waited_is_examined_afresh(tmp_path: Path) -> None:
    """Ordered, then paused before anybody was asked: when released, a contact that no longer matches stays."""
    crm = Ledger()
    place = place_with(tmp_path, "a", crm=crm)
    place.live()
    pass_days(place, 14)
    with place.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE deletion SET attempts = 0")
    pause(place)
    place.take({"id": "a", "category": "Customer"})
    place.clock.move(timedelta(days=1))
    release(place)
    place.act()

    assert place.deletions()["a"] == ("cancelled", "NO_LONGER_TRUE")
    assert (len(crm.keys), place.key_of("a") > 0) == (1, True)


def test_the_pause_of_a_limit_is_another_and_stays(tmp_path: Path) -> None:
    """A person's release does not let a tripped limit go."""
    place = place_with(tmp_path, *"abcd")
    assert place.run().rules[0].is_stopped
    pause(place)
    release(place)

    with place.store.database.reading() as connection:
        stored = registry.registered(connection)["erase"]
    assert (stored.paused_at, stored.pause_reason, stored.paused is not None) == (None, None, True)
    pass_days(place, 20)
    assert place.deletions() == {}


def test_a_pause_is_known_by_its_reason_and_time(tmp_path: Path) -> None:
    """The registry keeps why and since when."""
    place = place_with(tmp_path)
    place.run()
    pause(place)
    with place.store.database.reading() as connection:
        stored = registry.registered(connection)["erase"]

        assert (stored.paused_at, stored.pause_reason, stored.paused) == (NOON, "something is odd", None)
        assert pauses.is_paused(connection, "erase")
        assert not pauses.is_paused(connection, "another")


class Ledger:
    """A CRM that does not answer the first time, and keeps what it was asked."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def order(self, order: Order, now: datetime) -> Answered:
        """Time out once, then delete."""
        self.keys.append(order.key)
        if len(self.keys) == 1:
            raise TemporaryFailure("time-out")
        return Answered("deleted")
