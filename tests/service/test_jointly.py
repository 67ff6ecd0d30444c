"""Jointly: what comes while the store is busy is committed together, and nobody fails for what another has brought."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.service.jointly import Jointly
from engine.store import inbox
from engine.store.unavailable import StoreUnavailable
from tests.doors import Api
from tests.installations import Place

Collect = Callable[[], Sequence[int]]


class Desk:
    """Writes numbers, as the store would: it can be kept busy, and refuses some numbers with all that is beside them."""

    def __init__(self, most: int = 100, bad: frozenset[int] = frozenset()) -> None:
        self.written: list[list[int]] = []
        self.free, self._bad = threading.Event(), bad
        self.free.set()
        self.is_asked = threading.Event()
        self.jointly = Jointly(self.write, most)

    def write(self, collect: Collect) -> list[str]:
        """Write what there is."""
        self.is_asked.set()
        self.free.wait(10)
        numbers = list(collect())
        if self._bad & set(numbers):
            raise ValueError(sorted(self._bad & set(numbers)))
        self.written.append(numbers)
        return [f"answer {number}" for number in numbers]

    def bring_all(self, numbers: Sequence[int]) -> list[str]:
        """Bring numbers, each in a thread of its own, while the desk is busy; return answers and errors in order."""
        with ThreadPoolExecutor(len(numbers)) as pool:
            self.free.clear()
            asked = [pool.submit(self._answer, number) for number in numbers]
            while self.jointly.length < len(numbers):
                threading.Event().wait(0.001)
            self.free.set()
            return [one.result(10) for one in asked]

    def _answer(self, number: int) -> str:
        try:
            return self.jointly.bring(number, 1)
        except ValueError as error:
            return f"refused {error}"


def test_what_waits_is_written_together() -> None:
    """Ten that come while the store is busy are one transaction, and each gets its own answer."""
    desk = Desk()

    assert desk.bring_all(range(10)) == [f"answer {number}" for number in range(10)]
    assert [sorted(one) for one in desk.written] == [list(range(10))]


def test_no_more_is_written_together_than_allowed() -> None:
    """What is over the limit waits for the next turn."""
    desk = Desk(most=4)

    assert desk.bring_all(range(10)) == [f"answer {number}" for number in range(10)]
    assert [len(one) for one in desk.written] == [4, 4, 2]


@settings(max_examples=30, deadline=None)
@given(bad=st.frozensets(st.integers(0, 7), max_size=4), most=st.integers(1, 9))
def test_nobody_fails_for_what_another_has_brought(bad: frozenset[int], most: int) -> None:
    """Whoever brought what cannot be written is told so; all others are written once."""
    desk = Desk(most, bad)
    found = desk.bring_all(range(8))

    assert found == [f"refused [{one}]" if one in bad else f"answer {one}" for one in range(8)]
    assert sorted(number for one in desk.written for number in one) == sorted(set(range(8)) - bad)


def test_a_store_that_cannot_be_used_fails_for_all_and_is_asked_again() -> None:
    """Nobody waits for ever: all who wait are told, and the next one tries anew."""
    desk = Desk()
    asked = list[bool]()

    def write(_collect: Collect) -> list[str]:
        asked.append(True)
        raise StoreUnavailable("full")

    desk.jointly.write = write
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            desk.jointly.bring(1, 1)
    assert len(asked) == 2


def test_r1_events_of_several_callers_are_committed_before_any_is_answered(tmp_path: Path) -> None:
    """Each caller's answer counts its own events; what two of them bring is taken once and repeated once."""
    api = Api(Place(tmp_path))
    caller = api.caller("crm", "crm")

    def event(name: str) -> dict[str, object]:
        head = {"specversion": "1.0", "source": "/crm", "id": name, "type": "crm.contact.changed"}
        return head | {"subject": f"c-{name}", "data": {"category": "Lead"}}

    batches = [[event("a"), event("b")], [event("b"), event("c")], [{"id": "wrong"}]]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda one: caller.call("POST", "/v1/events", json=one), batches))

    assert sorted((one.json()["accepted"], one.json()["repeated"], len(one.json()["refused"])) for one in found) == [
        (0, 0, 1),
        (1, 1, 0),
        (2, 0, 0),
    ]
    with api.place.store.database.reading() as connection:
        assert len(inbox.unheard(connection, 100)[0]) == 3
