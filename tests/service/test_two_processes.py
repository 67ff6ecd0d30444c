"""Two processes on one store: limits are shared, nothing happens twice, and each sees what the other has decided."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from engine.evaluate.decision import Decider
from engine.service.acting import carry_out
from engine.service.config import Settings
from engine.service.runner import run
from engine.service.scene import Scene
from engine.store import deletions, registry, room
from engine.store.database import open_database
from tests.installations import Place
from tests.service.test_destroying import PULSE, ScriptedCrm, crowd, pass_days, place_with


@contextmanager
def another(place: Place) -> Iterator[Scene]:
    """Give the scene of another process on the store of a place: with connections and a decider of its own."""
    url = place.store.database.engine.url.render_as_string(hide_password=False)
    database, decider = open_database(url), Decider()
    decider.load(place.rules)
    yield replace(place.scene(), store=replace(place.store, database=database), decider=decider)
    decider.close()
    database.close()


def at_once(*works: Callable[[], object]) -> None:
    """Do several things at the same time, and wait until all are done."""
    barrier = threading.Barrier(len(works))

    def begin(work: Callable[[], object]) -> None:
        barrier.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(begin, work) for work in works]:
            done.result()


def limited(place: Place, most: int) -> None:
    """Let a place allow so many deletions a day."""
    settings = Settings.of({"limits": {"deletions_per_day": most, "percent_per_day": 100}})
    place.installation = replace(place.installation, settings=settings)


def due_place(folder: Path, count: int) -> tuple[Place, ScriptedCrm]:
    """Return a place with so many deletions that become due within the hour, and what its CRM deletes."""
    crm = ScriptedCrm()
    place = place_with(folder, *crowd(count), crm=crm)
    pass_days(place, 13)
    return place, crm


def pass_days_alone(place: Place) -> None:
    """Let the day come on which deletions are due, without anybody acting yet."""
    place.clock.move(timedelta(days=2))
    place.take(PULSE | {"activities": [{"id": "a", "at": place.clock.now().isoformat()}]})


def test_r7_what_two_processes_order_together_stays_under_the_daily_limit(tmp_path: Path) -> None:
    """Eleven due, ten allowed: whoever looks first or second, none of them is ordered."""
    place, crm = due_place(tmp_path, 11)
    limited(place, 10)
    pass_days_alone(place)
    moment = place.installation.moment()
    with another(place) as other:
        at_once(place.act, lambda: carry_out(other, moment))

    assert crm.keys == []
    assert {state for state, _ in place.deletions().values()} == {"held"}


def test_r2_what_two_processes_order_together_is_ordered_once_each(tmp_path: Path) -> None:
    """Ten due, ten allowed: each under its own key, once."""
    place, crm = due_place(tmp_path, 10)
    limited(place, 10)
    pass_days_alone(place)
    moment = place.installation.moment()
    with another(place) as other:
        at_once(place.act, lambda: carry_out(other, moment))

    assert sorted(crm.keys) == sorted({f"deletion-{number}" for number in range(1, 11)})
    assert {state for state, _ in place.deletions().values()} == {"in_recycle_bin"}


def test_r7_two_runs_at_once_trip_the_limit_of_a_rule_once_and_schedule_nobody(tmp_path: Path) -> None:
    """Twenty-six for a limit of twenty-five: both runs find the rule paused for the same set."""
    place = place_with(tmp_path, *crowd(26))
    moment = place.installation.moment()
    with another(place) as other:
        at_once(place.run, lambda: run(place.installation, other.store, place.rules, moment))

    assert place.deletions() == {}
    with place.store.database.reading() as connection:
        assert registry.registered(connection)["erase"].paused is not None


def test_r7_two_runs_at_once_schedule_each_deletion_once(tmp_path: Path) -> None:
    """Twenty for a limit of twenty-five."""
    place = place_with(tmp_path, *crowd(20))
    moment = place.installation.moment()
    with another(place) as other:
        at_once(place.run, lambda: run(place.installation, other.store, place.rules, moment))

    assert len(place.deletions()) == 20


def test_r7_room_under_the_daily_limit_is_taken_before_anything_is_ordered(tmp_path: Path) -> None:
    """What one process has cleared counts for the other, although no order is written yet; a day later it is free."""
    place, _ = due_place(tmp_path, 3)
    now = place.clock.now()
    with place.store.database.writing() as connection:
        keys = [one.key for one in deletions.read(connection, place.store.tables)]
        room.take(connection, keys[:2], now)
    with another(place) as other, other.store.database.reading() as connection:
        assert room.taken(connection, now) == 2
        assert room.lacking(connection, keys, now) == keys[2:]
        assert room.taken(connection, now + timedelta(days=1)) == 0
