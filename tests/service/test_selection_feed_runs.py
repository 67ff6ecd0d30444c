"""The feed of a selection while rules are edited and runs commit: whoever follows has the membership of some commit."""

import threading
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from engine.service.events import delete_contact
from engine.store import registry
from engine.store.tables import MEMBER_MOVE
from tests.doors import Api
from tests.installations import Place
from tests.rulebooks import rulebook
from tests.service.test_selection_feed import Consumer
from tests.service.test_two_processes import another

NAMES = tuple("abcdef")
RULE = """\
  - rule: {id}
    stage: {stage}
    if: [{{field: country, is: {country}}}]
    then: [{{keep_in_selection: {selection}}}]
"""


def rules_of(*rules: tuple[str, str, str, str]) -> str:
    """Return a rulebook of rules, each by its id, stage, country and selection."""
    names = ("id", "stage", "country", "selection")
    return "rules:\n" + "".join(RULE.format(**dict(zip(names, rule, strict=True))) for rule in rules)


KEPT, FOLLOWED = ("one", "live", "SE", "swedes"), "swedes"
BOOKS = {
    "as it was": rules_of(KEPT),
    "of others": rules_of(("one", "live", "NO", "swedes")),
    "by another": rules_of(("two", "live", "DK", "swedes")),
    "by both in turn": rules_of(("two", "live", "SE", "swedes"), ("one", "live", "NO", "others")),
    "under other names": rules_of(("two", "live", "SE", "others"), ("one", "live", "NO", "swedes")),
    "watched": rules_of(("one", "watch", "SE", "swedes")),
    "gone": rules_of(("two", "live", "SE", "others")),
}


class Follower(Consumer):
    """A consumer that takes a selection that nobody keeps for an empty one, for as long as that lasts."""

    def follow(self, limit: int = 2) -> set[str]:
        """Read on to the end; return the members as they are known then."""
        if self.caller.get(f"/v1/selections/{FOLLOWED}/changes?after={self.cursor}").status_code == 404:
            self.members = set()
            return self.members
        return super().follow(limit)


def place_of(folder: Path) -> Place:
    """Return a place with contacts of three countries, and a rule that keeps those of one."""
    place = Place(folder, BOOKS["as it was"])
    place.take(*({"id": name, "country": ("SE", "NO", "DK")[index % 3]} for index, name in enumerate(NAMES)))
    place.live()
    return place


def edit(place: Place, text: str) -> None:
    """Let other rules hold, and run them."""
    place.rules = rulebook(text)
    place.live()


def members(place: Place) -> set[str]:
    """Return the members as they are."""
    return set(place.members(FOLLOWED) or ())


def test_a_selection_that_passes_to_another_rule_is_read_anew(tmp_path: Path) -> None:
    """The rule was given another id: the one that is gone keeps nobody under this name, whatever it still has."""
    place = place_of(tmp_path)
    consumer = Follower(place)
    before = consumer.follow()
    edit(place, BOOKS["by another"])
    after = consumer.follow()

    assert (before, after, members(place)) == ({"a", "d"}, {"c", "f"}, {"c", "f"})
    assert (consumer.anew, consumer.follow(), consumer.anew) == (1, {"c", "f"}, 1)
    assert Follower(place).follow() == {"c", "f"}


def test_a_selection_that_its_keeper_gives_up_does_not_fall_back_to_one_that_is_gone(tmp_path: Path) -> None:
    """Nobody keeps it, though a rule that is gone from the rulebook had it before; once it returns, it does again."""
    place = place_of(tmp_path)
    consumer = Follower(place)
    consumer.follow()
    found = []
    for book in ("by another", "gone", "as it was"):
        edit(place, BOOKS[book])
        found.append((consumer.follow(), place.members(FOLLOWED)))

    assert found == [({"c", "f"}, ["c", "f"]), (set(), None), ({"a", "d"}, ["a", "d"])]


def test_a_selection_that_only_its_criteria_change_for_goes_on(tmp_path: Path) -> None:
    """Who leaves and who joins by an edit is told as any other move: nobody reads anew."""
    place = place_of(tmp_path)
    consumer = Follower(place)
    consumer.follow()
    edit(place, BOOKS["of others"])

    assert (consumer.follow(limit=1), consumer.anew) == ({"b", "e"}, 0)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.sampled_from(NAMES), st.sampled_from(("SE", "NO", "DK"))),
        st.tuples(st.just("delete"), st.sampled_from(NAMES), st.just("")),
        st.tuples(st.just("edit"), st.sampled_from(sorted(BOOKS)), st.just("")),
        st.tuples(st.just("retire"), st.sampled_from(("one", "two")), st.just("")),
        st.tuples(st.just("read"), st.integers(1, 5), st.just("")),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=7, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_whatever_is_edited_a_consumer_that_follows_has_the_membership(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any, str]]
) -> None:
    """Contacts move and go, rules are edited, renamed, swapped and retired; pages are of any length."""
    place = place_of(tmp_path_factory.mktemp("feed"))
    eager, lazy = Follower(place), Follower(place)
    for what, which, country in steps:
        do(place, what, which, country)
        assert eager.follow() == members(place)
        if what == "read":
            assert lazy.follow(limit=which) == members(place)
    assert lazy.follow() == members(place)


def do(place: Place, what: str, which: Any, country: str) -> None:
    """Let one thing happen, and what comes of it."""
    if what == "edit":
        place.rules = rulebook(BOOKS[which])
    elif what == "move":
        place.take({"id": which, "country": country})
    elif what in {"delete", "retire"}:
        with place.store.database.writing() as connection:
            if what == "retire":
                registry.retire(connection, which, place.clock.now())
            else:
                delete_contact(place.scene(), connection, "contact", which, place.installation.moment())
    place.live()


def test_a_consumer_that_reads_while_runs_commit_misses_no_move_and_sees_none_twice(tmp_path: Path) -> None:
    """Two processes move contacts and run rules, a third reads pages, and members with their cursor, all the while."""
    place = place_of(tmp_path)
    done, seen = threading.Event(), list[tuple[int, str, bool]]()
    caller = Api(place).caller("crm", "crm")
    read_anew: list[tuple[int, set[str]]] = []

    def follow(cursor: int) -> int:
        page = caller.get(f"/v1/selections/{FOLLOWED}/changes?after={cursor}&limit=3").json()
        seen.extend((one["cursor"], one["contact"], one["joined"]) for one in page["changes"])
        return int(page["next"])

    def consume() -> None:
        cursor = 0
        while not done.is_set():
            cursor = follow(cursor)
            found = caller.get(f"/v1/selections/{FOLLOWED}/members").json()
            read_anew.append((found["cursor"], set(found["members"])))
        while (further := follow(cursor)) != cursor:
            cursor = further

    with another(place) as other, ThreadPoolExecutor(3) as pool:
        fellow = copy(place)
        fellow.store = other.store
        consuming = pool.submit(consume)
        for one in [pool.submit(move_about, place, "abc"), pool.submit(move_about, fellow, "def")]:
            one.result()
        done.set()
        consuming.result()
    with place.store.database.reading() as connection:
        written = connection.execute(select(MEMBER_MOVE.c.seq, MEMBER_MOVE.c.joined).order_by(MEMBER_MOVE.c.seq)).all()

    assert [(number, joined) for number, _, joined in seen] == [tuple(one) for one in written]
    assert replayed(seen, seen[-1][0]) == members(place)
    assert all(replayed(seen, cursor) == found for cursor, found in read_anew)
    assert len(read_anew) > 1


def replayed(moves: list[tuple[int, str, bool]], cursor: int) -> set[str]:
    """Return the membership that moves up to a cursor make."""
    found: set[str] = set()
    for number, contact, joined in moves:
        if number <= cursor:
            (found.add if joined else found.discard)(contact)
    return found


def move_about(place: Place, names: str) -> None:
    """Let contacts of one's own come and go, a run after each step."""
    for number in range(12):
        place.take(*({"id": name, "country": ("SE", "NO")[(number + index) % 2]} for index, name in enumerate(names)))
        place.run()
