"""Answers: how long a CRM waits for the card of a contact over HTTP, and a decision on one contact takes in process."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter, sleep
from typing import Any

import httpx
import uvicorn

from bench.place import Place
from bench.spread import percentile, round_to
from engine.evaluate.decision import Decider
from engine.service import cards
from engine.service.http.app import create_app
from engine.service.scene import Scene, open_scene
from engine.service.serving import Service
from engine.store import tokens

SAMPLES = 300
WARM = 20


def answered(place: Place) -> list[dict[str, Any]]:
    """Return the percentiles of answers about contacts chosen at random."""
    decider = Decider()
    scene = open_scene(place.installation, place.store, place.rulebook, decider)
    with _served(place, scene) as get:
        over_http = _timed(place, lambda number: get(f"/v1/contacts/p{number}/status"))
    in_process = _timed(place, lambda number: cards.card_of(scene, f"p{number}"))
    decided = _timed(place, lambda number: _decide(place, scene, number))
    decider.close()
    return [
        {"name": "status of a contact", "how": "HTTP on the loopback, one client", **over_http},
        {"name": "status of a contact", "how": "in process", **in_process},
        {
            "name": "decision on a contact, all rules",
            "how": "in process: facts read, Python and durable-rules",
            **decided,
        },
    ]


def _decide(place: Place, scene: Scene, number: int) -> None:
    with place.store.database.reading() as connection:
        facts = scene.records.facts(connection, "contact", number + 1)
    if facts is None:
        raise AssertionError("every contact of the population is there")
    scene.decider.decide(place.rulebook.rules.values(), facts, place.installation.moment(), f"bench-{number}")


def _timed(place: Place, ask: Callable[[int], object]) -> dict[str, float]:
    rng = random.Random(4)
    seconds = []
    for _ in range(WARM + SAMPLES):
        number = rng.randrange(place.contacts)
        began = perf_counter()
        ask(number)
        seconds.append(perf_counter() - began)
    kept = seconds[WARM:]
    return {f"p{percent} ms": round_to(percentile(kept, percent) * 1000) for percent in (50, 99)}


@contextmanager
def _served(place: Place, scene: Scene) -> Iterator[Callable[[str], object]]:
    """Give what asks a server of this process over a socket, as a CRM does."""
    with place.store.database.writing() as connection:
        token = tokens.create(connection, "bench", ("crm",), place.now)
    app = create_app(Service(place.installation, place.store, scene))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        yield lambda path: client.get(path).raise_for_status()
    server.should_exit = True
    thread.join()
