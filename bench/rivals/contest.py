"""The contest: each rival in a process of its own, with a limit of time, its verdicts compared with Ansgar's."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.rivals.catalogue import DUCKDB, MISSING, PER_CONTACT, Rival
from bench.spread import ratio, round_to, spread
from bench.verdicts import Verdicts, differing

LIMIT_SECONDS = 60.0
MICRO = 1_000_000


@dataclass(slots=True)
class Outcome:
    """What a process told: seconds of its rounds, verdicts, and where it stopped short of the end."""

    rounds: list[float] = field(default_factory=list)
    rounds_on_one_core: list[float] = field(default_factory=list)
    verdicts: Verdicts | None = None
    facts_seconds: float = 0
    done: int = 0
    seconds: float = 0
    trouble: str = ""

    def hear(self, news: dict[str, Any]) -> None:
        """Take a line in."""
        self.done, self.seconds = news.get("done", self.done), news.get("seconds", self.seconds)
        self.facts_seconds = news.get("facts_seconds", self.facts_seconds)
        if "round" in news:
            (self.rounds_on_one_core if news.get("threads") else self.rounds).append(news["round"])
        if "verdicts" in news:
            self.verdicts = {rule: int(value, 16) for rule, value in news["verdicts"].items()}
        if "gave_up" in news:
            self.trouble = f"gave up after {self.done} contacts: {news['gave_up']}"


def per_contact(rival: Rival, ours: tuple[Verdicts, Sequence[float]], sample: int, rounds: int) -> dict[str, Any]:
    """Return the figures of an engine that is fed contact by contact; `ours` are verdicts, and seconds per contact."""
    if not rival.is_there:
        return {"name": rival.name, "trouble": MISSING}
    heard = listened("bench.rivals.worker", rival.module, rival.prepare, str(sample), str(rounds))
    each = [seconds / sample for seconds in heard.rounds]
    if not each and heard.done:
        each = [heard.seconds / heard.done]
    found: dict[str, Any] = {"name": rival.title, "contacts": sample if heard.rounds else heard.done}
    if each:
        with_facts = [one + heard.facts_seconds / sample for one in each]
        found |= {
            "µs per contact": {name: round_to(value * MICRO) for name, value in spread(each).as_json().items()},
            "facts µs per contact": round_to(heard.facts_seconds / sample * MICRO),
            "over a full run": ratio(each, ours[1]).as_json(),
            "with facts, over a full run": ratio(with_facts, ours[1]).as_json(),
        }
    if heard.verdicts is not None:
        found["verdicts that differ"] = differing(heard.verdicts, ours[0], sample)
    return found | ({"trouble": heard.trouble} if heard.trouble else {})


def set_based(ours: tuple[Verdicts, Sequence[float]], contacts: int, rounds: int, folder: Path) -> dict[str, Any]:
    """Return the figures of DuckDB over all contacts; `ours` are verdicts, and seconds of full runs."""
    if not DUCKDB.is_there:
        return {"name": DUCKDB.name, "trouble": MISSING}
    heard = listened(DUCKDB.module, str(contacts), str(rounds), str(folder), limit=10 * LIMIT_SECONDS)
    found: dict[str, Any] = {"name": DUCKDB.title, "contacts": contacts}
    if heard.rounds:
        found |= {
            "seconds": spread(heard.rounds).as_json(),
            "a full run over it": ratio(ours[1], heard.rounds).as_json(),
        }
    if heard.rounds_on_one_core:
        found["a full run over it on one core"] = ratio(ours[1], heard.rounds_on_one_core).as_json()
    if heard.verdicts is not None:
        found["verdicts that differ"] = differing(heard.verdicts, ours[0], contacts)
    return found | ({"trouble": heard.trouble} if heard.trouble else {})


def listened(module: str, *arguments: str, limit: float = LIMIT_SECONDS) -> Outcome:
    """Run a module as a process and return what it told, however it ended."""
    call = (sys.executable, "-m", module, *arguments)
    heard, told, end = Outcome(), b"", ""
    try:
        done = subprocess.run(call, capture_output=True, timeout=limit, check=False)
        told = done.stdout
        if done.returncode < 0:
            end = f"crashed (signal {-done.returncode})"
        elif done.returncode:
            end = "failed: " + done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    except subprocess.TimeoutExpired as late:
        told, end = late.stdout or b"", f"stopped after {limit:.0f} s"
    for line in told.splitlines():
        if line.endswith(b"}"):
            heard.hear(json.loads(line))
    if end:
        heard.trouble = f"{end} after {heard.done} contacts"
    return heard


def contest(ours: tuple[Verdicts, Sequence[float]], contacts: int, sample: int, rounds: int) -> list[dict[str, Any]]:
    """Return the figures of those that are fed contact by contact; `ours` are verdicts and seconds of full runs."""
    each = [seconds / contacts for seconds in ours[1]]
    return [per_contact(rival, (ours[0], each), sample, rounds) for rival in PER_CONTACT]
