"""Following runs live: what is told while they go on, when they end, and to whom; read over HTTP as browsers do."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from engine.service.console import live
from engine.service.observing import run_observed
from engine.service.progress import Step
from engine.service.runner import ALL
from engine.service.watching import look_at_changes
from tests.consoles import Console, served, told_story
from tests.installations import Place

TWO = """
rules:
  - {rule: norwegians, stage: live, if: [{field: country, is: NO}], then: [{keep_in_selection: norwegians}]}
  - {rule: swedes, stage: live, if: [{field: country, is: SE}], then: [{keep_in_selection: swedes}]}
"""


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """Give the console of a place with two rules and three contacts."""
    place = Place(tmp_path, TWO)
    place.take({"id": "a", "country": "NO"}, {"id": "b", "country": "SE"}, {"id": "c", "country": "NO"})
    with served(place) as found:
        yield found


def steps(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Give what a stream of events tells."""
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def run(console: Console) -> None:
    """Run all rules as the service does."""
    run_observed(console.service.scene, console.place.rules, console.place.installation.moment(), ALL, "schedule")


def test_a_run_is_followed_rule_by_rule_to_its_end(console: Console) -> None:
    """Who follows is told how many rules are done of how many, and at the end what the run has come to."""
    with console.visitor("read").stream("GET", "/console/live", headers={"accept-language": "sv"}) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 3000"
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = steps(lines)
        # Each step is read before the next: together they would be told as the newest of them.
        first = Step(7, "api", 0, 2)
        heard = []
        for step in (first, Step(7, "api", 1, 2)):
            console.service.scene.progress.tell(step)
            heard.append(next(told))
        assert [(one["run"], one["done"], one["rules"], one["state"]) for one in heard] == [
            (7, 0, 2, "evaluating"),
            (7, 1, 2, "evaluating"),
        ]
        assert heard[1]["says"] == "Körning 7 (API): 1 av 2 regler prövade"
        thread = threading.Thread(target=run, args=(console,))
        thread.start()
        ended = next(one for one in told if one["state"] == "done")
        thread.join()

    assert (ended["trigger"], ended["done"], ended["entered"], ended["left"], ended["failed"]) == (
        "schedule",
        2,
        3,
        0,
        0,
    )
    assert ended["says"].endswith("klar; 3 nya, 0 lämnade")


def test_a_run_tells_each_of_its_rules_and_that_it_brings_cases_in_line(console: Console) -> None:
    """In its own thread, one after another; the last is told when it is committed."""
    heard: list[Step | None] = []
    with console.service.scene.progress.heard_by(heard.append):
        run(console)
        console.place.take({"id": "b", "country": "NO"})
        look_at_changes(console.service.scene, console.place.installation.moment())
    told = [(one.state, one.done, one.rules, one.entered, one.left) for one in heard if one]

    assert told == [
        ("evaluating", 0, 2, 0, 0),
        ("evaluating", 1, 2, 0, 0),
        ("settling", 2, 2, 0, 0),
        ("done", 2, 2, 3, 0),
        ("done", 2, 2, 1, 1),
    ]


def test_who_comes_while_a_run_goes_on_is_told_at_once_how_far_it_is(console: Console) -> None:
    """Also that it has failed, if it does; of one that is over nothing."""
    progress = console.service.scene.progress
    run(console)
    progress.tell(Step(8, "api", 1, 2))
    with console.visitor("read").stream("GET", "/console/live") as stream:
        told = steps(stream.iter_lines())
        assert next(told)["run"] == 8
        progress.undone()

        assert next(told)["state"] == "failed"


def test_a_stream_ends_when_the_service_stops(console: Console) -> None:
    """Nothing that is open holds up the stop (R14); who comes later is told nothing."""
    with console.visitor("read").stream("GET", "/console/live") as stream:
        lines = stream.iter_lines()
        next(lines)
        console.service.scene.progress.close()
        list(lines)

    assert [line for line in console.visitor("read").get("/console/live").text.splitlines() if line] == ["retry: 3000"]


def test_no_more_follow_at_once_than_there_is_room_for(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is told to come later; when somebody has left there is room again."""
    monkeypatch.setattr(live, "MOST_STREAMS", 1)
    browser = console.visitor("read")
    with browser.stream("GET", "/console/live") as stream:
        lines = stream.iter_lines()
        next(lines)
        refused = console.visitor("read").get("/console/live")
        assert (refused.status_code, "load the page again later" in refused.text) == (503, True)
    until = monotonic() + 10
    while console.service.scene.progress.listeners and monotonic() < until:
        console.visitor("read").get("/console/assets/none")  # while this is answered the server sees who has left

    with browser.stream("GET", "/console/live") as stream:
        assert stream.status_code == 200


def test_a_slow_reader_is_told_the_newest_of_each_run(tmp_path: Path) -> None:
    """What nobody has read yet is not kept step by step, and not of more runs than are of use."""
    progress = told_story(tmp_path).scene().progress

    async def heard() -> list[Step]:
        ear = live.Ear()
        with progress.heard_by(ear.hear):
            for run_number in range(1, live.MOST_WAITING + 11):
                for done in range(3):
                    progress.tell(Step(run_number, "api", done, 3))
            found = await ear.steps(5)
            return found if len(found) == live.MOST_WAITING else [*found, *await ear.steps(5)]

    found = asyncio.run(heard())
    assert [one.run for one in found] == list(range(11, live.MOST_WAITING + 11))
    assert {one.done for one in found} == {2}


def test_nobody_follows_without_a_session(console: Console) -> None:
    """Nor with one whose token may not read."""
    assert httpx.get(f"{console.url}/live").status_code == 303
    assert console.visitor("crm").get("/console/live").status_code == 403
