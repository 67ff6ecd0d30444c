"""Limits of requests (S5): each caller has a pace; a body has a length and a time."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request

from engine.service.config import Settings
from engine.service.http.limits import MOST_CALLERS, Pace, body_within
from engine.service.http.problems import HttpProblem
from tests.doors import Api
from tests.installations import Place


def test_s5_a_caller_has_a_pace_and_may_save_up_a_second(tmp_path: Path) -> None:
    """Twice as many at once, then as many a second; 429 says when to ask again, and others are not held up."""
    api = Api(Place(tmp_path, settings=Settings.of({"server": {"requests_per_second": 3}})))
    seconds = [0.0]
    api.app.state.pace = Pace(3, lambda: seconds[0])
    eva, dag = api.caller("eva", "read"), api.caller("dag", "read")

    assert [eva.get("/v1/runs").status_code for _ in range(7)] == [200] * 6 + [429]
    assert eva.get("/v1/runs").headers["retry-after"] == "1"
    assert dag.get("/v1/runs").status_code == 200
    seconds[0] = 1.0
    assert [eva.get("/v1/runs").status_code for _ in range(4)] == [200] * 3 + [429]


def test_s5_paces_of_any_number_of_callers_take_little_memory() -> None:
    """Those who called last are remembered."""
    pace = Pace(1, lambda: 0.0)
    for caller in range(MOST_CALLERS + 10):
        pace.take(caller)

    assert len(pace.left) == MOST_CALLERS


def test_without_a_pace_nobody_is_held_up() -> None:
    """`requests_per_second: null`."""
    pace = Pace(None, lambda: 0.0)
    for _ in range(10_000):
        pace.take(1)


def read(parts: list[bytes | None], most: int, grace: float) -> bytes:
    """Read a body that comes in parts; None never comes."""

    async def receive() -> dict[str, object]:
        part = parts.pop(0) if parts else b""
        if part is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def all_of(body: AsyncIterator[bytes]) -> bytes:
        return b"".join([part async for part in body])

    request = Request({"type": "http", "method": "PUT", "headers": []}, receive)
    return asyncio.run(all_of(body_within(request, most, grace)))


def test_s5_a_body_is_read_up_to_its_limit() -> None:
    """One byte more is too much, in however many parts it comes."""
    assert read([b"abc", b"de"], 5, 60) == b"abcde"
    with pytest.raises(HttpProblem, match="5 bytes") as refused:
        read([b"abc", b"def"], 5, 60)
    assert refused.value.status == 413


def test_s5_a_body_that_does_not_come_is_given_up() -> None:
    """408 when its time is over, also when a part of it has come."""
    with pytest.raises(HttpProblem, match="too slowly") as refused:
        read([b"abc", None], 100, 0.01)
    assert refused.value.status == 408
