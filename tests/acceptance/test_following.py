"""Following the runs of a real server: what a change came to is told at once, and nobody who follows holds up the stop."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.server import Server

RULES = "rules: [{rule: norwegians, stage: live, if: [{field: country, is: NO}], then: [{keep_in_selection: chosen}]}]"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Give a server with one rule, which runs."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(RULES)
    made = Server(tmp_path)
    made.start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def test_r14_a_change_is_told_at_once_and_a_stop_ends_what_is_followed(server: Server) -> None:
    """The event comes from the loop's own run; on SIGTERM the stream is ended in order, not cut off."""
    token = server.headers["authorization"].removeprefix("Bearer ")
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=30) as browser:
        browser.post("/console/sign-in", data={"token": token})
        with browser.stream("GET", "/console/live") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 3000"
            server.call("PUT", "/v1/contacts/a", json={"id": "a", "country": "NO"}).raise_for_status()
            told = (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))
            step = next(one for one in told if one["trigger"] == "change")
            assert (step["state"], step["entered"]) == ("done", 1)
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            rest = list(lines)

    assert [line for line in rest if "fault" in line] == []
    assert server.process.wait(15) == 0
