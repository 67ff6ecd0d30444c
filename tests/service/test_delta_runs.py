"""Delta runs: whom a run looks at, and for what reasons at everybody. That it comes to the same is `test_delta.py`."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from engine.store import changes
from tests.installations import NOON, Place
from tests.rulebooks import rulebook

OLD = "[{field: created_on, older_than: 1 year}, {field: country, is: NO}]"
BORN = "[{field: birth_date, anniversary_in_next: 7 days}]"
RULES = "rules: [{{rule: the-rule, stage: {stage}, if: {criteria}, then: [{{keep_in_selection: chosen}}]}}]"
A_DAY = timedelta(days=1)


def place_with(folder: Path, criteria: str = OLD) -> Place:
    """Return a place with a rule that was evaluated once, and with three people of whom one comes of age in a month."""
    place = Place(folder, RULES.format(stage="live", criteria=criteria))
    ripe = (NOON - timedelta(days=335)).date().isoformat()
    place.take(*({"id": name, "country": "NO", "created_on": "2020-01-01"} for name in "ab"))
    place.take({"id": "c", "country": "NO", "created_on": ripe, "birth_date": "1980-05-05"})
    place.run()
    return place


def looked_at(place: Place, *, full: bool = False) -> tuple[str, int]:
    """Run; return on what basis, and how many records were judged."""
    found = place.run(full=full).rules[0]
    return found.basis, found.tally.candidates


def test_who_changed_and_whom_time_has_reached_is_looked_at_and_nobody_else(tmp_path: Path) -> None:
    """Nothing moved: nobody. What the rule reads of one was written: that one. A threshold reached one: that one."""
    place = place_with(tmp_path)

    assert looked_at(place) == ("delta", 0)
    place.take({"id": "a", "email": "a@x.se"})
    assert looked_at(place) == ("delta", 0)
    place.take({"id": "a", "country": "SE"})
    assert looked_at(place) == ("delta", 1)
    place.clock.move(timedelta(days=40))
    assert looked_at(place) == ("delta", 1)
    assert place.members("chosen") == ["b", "c"]


def _forget_changes(place: Place) -> None:
    place.take({"id": "a", "country": "SE"})
    with place.store.database.writing() as connection:
        changes.mark_seen(connection, changes.newest(connection))
        assert changes.prune(connection, NOON + A_DAY) > 0


def _edit(place: Place) -> None:
    place.rules = rulebook(RULES.format(stage="live", criteria=OLD.replace("NO", "SE")))


def _go_to_watch(place: Place) -> None:
    place.rules = rulebook(RULES.format(stage="watch", criteria=OLD))


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (_edit, "the rule has changed"),
        (_go_to_watch, "first evaluation"),
        (_forget_changes, "the change log does not reach back so far"),
    ],
)
def test_everybody_is_looked_at_where_that_must_be_and_the_run_says_why(
    tmp_path: Path, happens: Callable[[Place], None], reason: str
) -> None:
    """Another version, another stage and a change log that was pruned each make the next run full, and only that."""
    place = place_with(tmp_path)
    happens(place)

    assert looked_at(place) == (f"full: {reason}", 3)
    assert looked_at(place) == ("delta", 0)


def test_full_can_be_asked_for(tmp_path: Path) -> None:
    """`run --full` looks at everybody, whatever changed."""
    assert looked_at(place_with(tmp_path), full=True) == ("full: asked for", 3)


def test_an_anniversary_is_looked_for_in_everybody_once_a_day(tmp_path: Path) -> None:
    """Within a day nobody; on another day all."""
    place = place_with(tmp_path, BORN)

    place.clock.move(timedelta(minutes=1))
    assert looked_at(place) == ("delta", 0)
    place.clock.move(A_DAY)
    assert looked_at(place) == ("full: a day or an instant has passed that concerns everybody", 3)


def test_who_moved_for_a_rule_that_is_read_is_looked_at_also_where_that_ran_alone(tmp_path: Path) -> None:
    """A rule that runs more often than its reader makes the reader look at those who moved, and at nobody else."""
    place = place_with(tmp_path)
    reader = (
        "{rule: reader, stage: live, if: [{selection: chosen, is_member: false}], then: [{keep_in_selection: others}]}]"
    )
    place.rules = rulebook(RULES.format(stage="live", criteria=OLD)[:-1] + ", " + reader)
    place.run()
    place.take({"id": "a", "country": "SE"})
    place.run("the-rule")

    found = place.run().rules[1]

    assert (found.basis, found.tally.candidates) == ("delta", 1)
    assert place.members("others") == ["a", "c"]


def test_a_run_that_moves_nothing_writes_nothing_but_its_own_record(tmp_path: Path) -> None:
    """No case, no member, no alert is written or deleted, nor looked for: what nobody touched is at rest."""
    place = place_with(tmp_path)
    written: list[str] = []

    def note(*passed: Any) -> None:
        found = re.match(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)", passed[2])
        written.extend(found.groups() if found else ())

    place.clock.move(timedelta(minutes=1))
    event.listen(place.store.database.engine, "before_cursor_execute", note)
    place.run()
    event.remove(place.store.database.engine, "before_cursor_execute", note)

    assert set(written) == {"run", "run_rule", "rule", "candidate", "outcome"}
