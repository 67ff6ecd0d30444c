"""Logs as they are written: one JSON event a line whatever is in it, with the run and the request that caused it."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog

from engine.service.logs import bound, configure_logs, logger
from engine.service.tick import tick
from tests.doors import Api
from tests.installations import Place
from tests.service.test_metrics import ERASE, POISON, RULES

Lines = Callable[[], list[str]]
NASTY = [
    "a\nb",
    "a\r\nb",
    "\x1b[2K\x1b[1A",
    "a\u2028b",
    "a\u2029b",
    "\x85",
    "\x0b\x0c",
    "\x7f",
    "\x00",
    '"}\n{"event": "x"',
    "\ud800",
]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Give what stands in the log as it is written, line by line as terminals and shippers see lines."""
    quiet, written = structlog.get_config(), StringIO()
    monkeypatch.setattr("sys.stderr", written)
    configure_logs(logging.DEBUG)
    yield lambda: written.getvalue().splitlines()
    structlog.configure(**quiet)


@pytest.mark.parametrize("text", NASTY)
def test_s8_a_log_line_cannot_be_forged(text: str, lines: Lines) -> None:
    """In an event, a key, a value or within one, bound or not: it is one line of plain ASCII, and says what was said."""
    with bound(request=text):
        logger("test").warning(text, value=text, deep=[{text: text}], **{f"key {text}": 1})
    found = lines()

    assert len(found) == 1
    assert all(" " <= sign <= "~" for sign in found[0])
    said = json.loads(found[0])
    assert (said["event"], said["request"], said["value"], said["deep"]) == (text, text, text, [{text: text}])


@pytest.mark.parametrize("text", NASTY[:-1])  # what pytest keeps of Python's own logs cannot be such text
def test_s8_s9_a_library_cannot_forge_a_line_and_tells_no_value(text: str, lines: Lines) -> None:
    """What a library logs is one event: the beginning of its own sentence, and of an error its kind and place."""
    library = logging.getLogger("apscheduler.test")
    library.error('Job "%s" raised an exception\nfuture: zzcanary', f"zzcanary {text}")
    try:
        dict[str, int]()[f"zzcanary {text}"]
    except KeyError:
        library.exception("Exception in ASGI application\n")
    found = [json.loads(line) for line in lines()]

    assert [(one["event"], one["library"], one["says"]) for one in found] == [
        ("a library says", "apscheduler.test", 'Job "%s" raised an exception'),
        ("a library says", "apscheduler.test", "Exception in ASGI application"),
    ]
    assert (found[1]["kind"], found[1]["where"].split(":")[0]) == ("KeyError", "test_logs.py")
    assert "zzcanary" not in str(found)


def test_what_is_bound_ends_with_its_block(lines: Lines) -> None:
    """Within each other both are told, the inner one wins, and outside neither is left."""
    with bound(request="r1", run=1):
        with bound(run=2):
            logger("test").warning("inner")
        logger("test").warning("outer")
    logger("test").warning("after")
    found = [json.loads(line) for line in lines()]

    assert [(one.get("request"), one.get("run")) for one in found] == [("r1", 2), ("r1", 1), (None, None)]


def logged(lines: Lines) -> list[dict[str, Any]]:
    """Return the events that were logged."""
    return [json.loads(line) for line in lines()]


def test_all_that_a_run_logs_says_which_run(tmp_path: Path, lines: Lines) -> None:
    """A rule that fails, a limit that trips, changes that are looked at, a run that ends: by number, and nothing else has one."""
    rules = (RULES + POISON + ERASE.removeprefix("rules:\n")).replace("contacts: 3", "contacts: 1")
    place = Place(tmp_path, rules)
    huge = [{"id": f"s{n}", "amount": 999_999_999_999, "at": "2026-01-01"} for n in range(1_000)]
    place.take({"id": "rich", "sales": huge}, {"id": "a", "category": "Prospect"}, {"id": "b", "category": "Prospect"})
    service = Api(place).service
    for days in (0, 1):
        place.clock.move(timedelta(days=days))
        tick(service.scene, place.installation.moment())
    service.attempt()
    runs = {one["event"]: one.get("run") for one in logged(lines)}

    of_runs = {"rule failed", "limit tripped, rule paused", "changes looked at", "run finished"}
    assert of_runs <= runs.keys()
    assert {event for event, run in runs.items() if run is None} & of_runs == set()


def test_a_request_is_told_with_the_run_that_it_causes(tmp_path: Path, lines: Lines) -> None:
    """The request's id, its own or the one that is bound around the call, stands at what its run logs."""
    place = Place(tmp_path, RULES)
    place.take({"id": "old", "created_on": "2020-01-01"})
    caller = Api(place).caller("ola", "operate")
    with bound(request="req-1"):
        answered = caller.post("/v1/rules/lost/runs")
    found = [one for one in logged(lines) if one["event"] == "run finished"]

    assert [(one["request"], one["run"]) for one in found] == [(answered.headers.get("x-request-id", "req-1"), 1)]
