"""The sidecar: how fast `ansgar serve` answers a CRM, while it judges, and while an import runs; over real HTTP."""

import asyncio
import os
import random
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self

from bench import console
from bench.latency import rules_text
from bench.load import Call, Target, Times, as_body, at_once, at_pace, endless, one_by_one
from bench.place import THIRTY, filled, loaded, opened
from bench.population import contacts
from bench.snapshots import record
from bench.spread import percentile, round_to
from engine.store import tokens
from engine.vocabulary.clock import SystemClock

SERVE = "import sys; from engine.service.cli.main import main; sys.argv = ['ansgar', 'serve', *sys.argv[1:]]; main()"
SEND = """
import sys, urllib.request
with open(sys.argv[1], "rb") as lines:
    call = urllib.request.Request(f"http://127.0.0.1:{sys.argv[2]}/v1/contacts/import", data=lines, method="POST")
    call.add_header("authorization", f"Bearer {sys.argv[3]}")
    with urllib.request.urlopen(call) as response:
        response.read()
"""
LINES = "lines.ndjson"
TWENTY = 20
PACE = 200  # requests a second
MOST_IDS = 10_000
BATCH = 100  # events
WORKERS = 4  # of the CRM, each of which waits for the answer before it sends on
STORE = "sqlite:///{folder}/var/ansgar.db"
CALM = 2.0  # seconds without anything left to judge


def measured(folder: Path, count: int, seconds: float) -> Mapping[str, Any]:
    """Return the figures of a server with so many contacts and fifty rules; each load lasts for some seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rules").mkdir()
    (folder / "rules" / "thirty.yaml").write_bytes(THIRTY.read_bytes())
    (folder / "rules" / "twenty.yaml").write_text(rules_text(TWENTY), encoding="utf-8")
    (folder / "config.yaml").write_text("server: {requests_per_second: null}\n", encoding="utf-8")
    (folder / "var").mkdir()
    place = opened(STORE, folder, loaded(THIRTY.read_text(encoding="utf-8")), count)
    filled(place, quickly=True)
    with place.store.database.writing() as connection:
        token = tokens.create(connection, "bench", ("crm", "read"), place.now)
        console.with_history(connection, tuple(place.rulebook.rules), place.now)
    place.store.database.close()
    items = _written(folder, count)
    with _serving(folder, token) as target:
        return _figures(target, (folder, count, items), seconds)


def _figures(target: "Serving", filled_with: tuple[Path, int, int], seconds: float) -> dict[str, Any]:
    rng, (folder, count, items) = random.Random(5), filled_with
    statuses = endless(lambda _: ("GET", f"/v1/contacts/p{rng.randrange(count)}/status", b""))
    decisions = endless(lambda _: ("POST", "/v1/decisions", _asking(rng, count)))
    found: dict[str, Any] = {
        "contacts": count,
        "status": _shown(asyncio.run(at_pace(target, statuses, PACE, seconds))),
        "decisions of 10,000": _shown(asyncio.run(one_by_one(target, decisions, 20))),
    }
    found["status while an import runs"] = asyncio.run(_while_importing(target, statuses, (folder, items), seconds))
    target.settle()
    found["pages"] = console.measured(target.port, target.token)
    number, times = asyncio.run(at_once(target, _events(rng, count), seconds, WORKERS))
    found["events"] = _shown(times) | {"events/s": round(number * BATCH / seconds)}
    return found


async def _while_importing(
    target: Target, statuses: Iterator[Call], what: tuple[Path, int], seconds: float
) -> dict[str, Any]:
    """Ask for the status at the same pace while contacts are imported anew, each of them with a change."""
    importing = asyncio.create_task(asyncio.to_thread(_import, target, *what))
    await asyncio.sleep(1)
    times = await at_pace(target, statuses, PACE, seconds)
    was_running = not importing.done()
    taken = await importing
    return _shown(times) | {"the import ran on": was_running, "import items/s": round(taken)}


def _import(target: Target, folder: Path, items: int) -> float:
    """Import all contacts, each changed, from a process of its own; return the items a second."""
    began = monotonic()
    call = (sys.executable, "-c", SEND, str(folder / LINES), str(target.port), target.token)
    subprocess.run(call, check=True)
    return items / (monotonic() - began)


def _written(folder: Path, count: int) -> int:
    """Write what is imported, all contacts with another telephone number; return how many items that are."""
    items = 0
    with (folder / LINES).open("wb") as file:
        for one in contacts(count):
            items += 1 + len(one.activities) + len(one.consents)
            file.write(as_body(record(one) | {"phone": f"+46 {one.number}"}) + b"\n")
    return items


def _asking(rng: random.Random, count: int) -> bytes:
    ids = [f"p{number}" for number in rng.sample(range(count), min(count, MOST_IDS))]
    return as_body({"use": "email", "purpose": "marketing", "contacts": ids})


def _events(rng: random.Random, count: int) -> Iterator[Call]:
    def batch(number: int) -> Call:
        return "POST", "/v1/events", as_body([_event(rng, count, number * BATCH + one) for one in range(BATCH)])

    return endless(batch)


def _event(rng: random.Random, count: int, number: int) -> dict[str, Any]:
    at = SystemClock().now().isoformat()
    kind, data = rng.choice(
        (
            ("contact.changed", {"phone": f"+47 {number}"}),
            ("contact.changed", {"category": rng.choice(("Customer", "Lead", "Partner"))}),
            ("activity.logged", {"id": f"b{number}", "type": "email", "direction": "incoming", "at": at}),
            ("consent.given", {"purpose": "news", "legal_basis": "consent", "at": at}),
        )
    )
    subject = f"p{rng.randrange(count)}"
    head = {"specversion": "1.0", "source": "/bench", "id": f"{os.getpid()}-{number}", "type": f"crm.{kind}"}
    return head | {"subject": subject, "time": at, "data": data}


def _shown(times: Times) -> dict[str, Any]:
    milliseconds = [one * 1_000 for one in times.seconds]
    return {
        "calls": len(milliseconds),
        "failed": times.failed,
        "p50 ms": round_to(percentile(milliseconds, 50), 3),
        "p99 ms": round_to(percentile(milliseconds, 99), 3),
        "max ms": round_to(max(milliseconds), 3),
    }


@dataclass(frozen=True, slots=True)
class Serving(Target):
    """A running server."""

    process: "subprocess.Popen[bytes]"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(20)

    def settle(self) -> None:
        """Wait until the server has judged what there is."""
        calm = monotonic()
        used = self._cpu()
        while monotonic() < calm + CALM:
            sleep(0.2)
            before, used = used, self._cpu()
            if used - before > 2:  # hundredths of a second
                calm = monotonic()

    def _cpu(self) -> int:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])


def _serving(folder: Path, token: str) -> Serving:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with (folder / "log").open("wb") as log:
        call = (sys.executable, "-c", SERVE, "--port", str(port))
        process = subprocess.Popen(call, cwd=folder, stdout=log, stderr=log)
    made = Serving(port, token, process)
    until = monotonic() + 60
    while monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz"):
                break
        except urllib.error.URLError:
            sleep(0.1)
    made.settle()
    return made
