"""The feed of a selection: whoever replays it has the membership, whatever runs, erasures and restores there are."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from engine.service import erasing
from engine.service.events import delete_contact
from engine.store import deletions, selection_feed
from engine.store.tables import MEMBER_MOVE
from tests.doors import Api
from tests.installations import Place
from tests.service.test_destroying import PULSE, SETTINGS

RULES = """\
rules:
  - rule: wanted
    stage: live
    if: [{field: country, is: SE}]
    then: [{keep_in_selection: swedes}]
  - rule: erase
    owner: dpo
    legal_basis: x
    stage: live
    if: [{field: category, is: Prospect}]
    then: [{schedule_deletion: {grace: 1 day, purposes: all, recycle_bin: 2 days}}]
    stop_if_more_than: {contacts: 25, percent: 100}
"""
NAMES = ("a", "b", "c")


class Consumer:
    """A CRM that follows a selection by its feed, and reads the members anew where it is told to."""

    def __init__(self, place: Place) -> None:
        self.caller = Api(place).caller("crm", "crm")
        self.members: set[str] = set()
        self.cursor, self.anew = 0, 0

    def follow(self, limit: int = 2) -> set[str]:
        """Read on to the end; return the members as they are known then."""
        while True:
            found = self.caller.get(f"/v1/selections/swedes/changes?after={self.cursor}&limit={limit}")
            if found.status_code == 410:
                self.read_anew()
                continue
            for one in found.json()["changes"]:
                (self.members.add if one["joined"] else self.members.discard)(one["contact"])
            self.cursor = found.json()["next"]
            if not found.json()["changes"]:
                return self.members

    def read_anew(self) -> None:
        """Read the members, and go on from their cursor."""
        found = self.caller.get("/v1/selections/swedes/members").json()
        self.members, self.cursor = set(found["members"]), found["cursor"]
        self.anew += 1


def place_of(folder: Path) -> Place:
    """Return a place with three Swedes."""
    place = Place(folder, RULES, SETTINGS)
    place.take(PULSE, *({"id": name, "country": "SE"} for name in NAMES))
    place.live()
    return place


def members(place: Place) -> set[str]:
    """Return the members as they are."""
    return set(place.members("swedes") or ())


def test_who_comes_and_goes_is_told_in_order_a_few_at_a_time(tmp_path: Path) -> None:
    """From the beginning, and from any cursor on."""
    place = place_of(tmp_path)
    consumer = Consumer(place)
    assert consumer.follow() == set(NAMES)
    place.take({"id": "a", "country": "NO"}, {"id": "d", "country": "SE"})
    place.live()

    assert consumer.follow() == {"b", "c", "d"} == members(place)
    assert consumer.anew == 0


def test_whoever_is_put_away_leaves_and_is_named_until_it_is_erased(tmp_path: Path) -> None:
    """Who follows hears it; who did not is told to read anew once the moves are erased."""
    place = place_of(tmp_path)
    quick, slow = Consumer(place), Consumer(place)
    quick.follow()
    place.take({"id": "a", "category": "Prospect"})
    place.live()
    place.clock.move(timedelta(days=1))
    place.live()
    assert place.deletions()["a"][0] == "in_recycle_bin"
    assert quick.follow() == {"b", "c"}
    place.clock.move(timedelta(days=2))
    place.live()

    assert place.deletions() == {None: ("erased", None)}
    assert (quick.follow(), quick.anew) == ({"b", "c"}, 0)
    assert (slow.follow(), slow.anew) == ({"b", "c"}, 1)


def test_whoever_is_restored_leaves_no_move_under_the_key_that_it_had(tmp_path: Path) -> None:
    """It joins anew; what was before has nobody to be about."""
    place = place_of(tmp_path)
    before = place.key_of("a")
    place.take({"id": "a", "category": "Prospect"})
    place.live()
    place.clock.move(timedelta(days=1))
    place.live()
    _do(place, "restore", "a")
    place.take({"id": "a", "category": None})
    place.live()
    with place.store.database.reading() as connection:
        moves = connection.execute(select(MEMBER_MOVE.c.record, MEMBER_MOVE.c.joined)).all()

    assert (before, True) not in [tuple(one) for one in moves]
    assert (place.key_of("a"), True) in [tuple(one) for one in moves]
    assert Consumer(place).follow() == set(NAMES)


def test_whoever_the_crm_deletes_is_gone_from_the_feed_at_once(tmp_path: Path) -> None:
    """Its moves too: who follows reads anew, once."""
    place = place_of(tmp_path)
    consumer = Consumer(place)
    consumer.follow()
    with place.store.database.writing() as connection:
        delete_contact(place.scene(), connection, "contact", "a", place.installation.moment())

    assert (consumer.follow(), consumer.anew) == ({"b", "c"}, 1)
    assert (consumer.follow(), consumer.anew) == ({"b", "c"}, 1)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("move", "stay", "prospect", "delete", "restore", "day", "read")), st.sampled_from(NAMES)
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_whatever_happens_a_consumer_that_follows_has_the_membership(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    """One who reads after every step, and one who reads now and then."""
    place = place_of(tmp_path_factory.mktemp("feed"))
    eager, lazy = Consumer(place), Consumer(place)
    for what, name in steps:
        _do(place, what, name)
        place.live()
        assert eager.follow() == members(place)
        if what == "read":
            assert lazy.follow(limit=1) == members(place)
    assert lazy.follow() == members(place)


def _do(place: Place, what: str, name: str) -> None:
    sent: dict[str, dict[str, Any]] = {
        "move": {"country": "NO", "category": None},
        "stay": {"country": "SE", "category": None},
        "prospect": {"category": "Prospect"},
    }
    if what in sent:
        place.take({"id": name} | sent[what])
    elif what == "day":
        place.clock.move(timedelta(days=1))
    elif what == "delete":
        with place.store.database.writing() as connection:
            delete_contact(place.scene(), connection, "contact", name, place.installation.moment())
    elif what == "restore":
        with place.store.database.reading() as connection:
            found = deletions.read(connection, place.store.tables)
        for one in found:
            if one.state == "in_recycle_bin" and one.contact == name:
                erasing.restore(place.scene(), one, place.installation.moment())


def test_a_selection_that_nobody_keeps_has_no_feed(tmp_path: Path) -> None:
    """404, with a sentence."""
    place = place_of(tmp_path)
    with place.store.database.reading() as connection:
        assert selection_feed.read(connection, place.store.tables, "danes", 0, 10) is None
    assert Api(place).caller("crm", "crm").get("/v1/selections/danes/changes").status_code == 404
