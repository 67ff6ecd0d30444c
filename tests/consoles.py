"""Consoles for tests: a place with a story of ten days behind it, served over real HTTP, and people with tokens."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from socket import socket
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from engine.service import holding
from engine.service.config import Settings
from engine.service.holding import HoldWanted
from engine.service.tick import tick
from engine.store import tokens
from tests.doors import Api
from tests.installations import Place

STORY = Path(__file__).parent / "fixtures" / "story.yaml"
SETTINGS = Settings.of(
    {
        "people": {
            "eva": {"email": "eva@firm.example", "roles": ["dpo"]},
            "dag": {"email": "dag@firm.example", "roles": ["management", "sales-ops"]},
        },
        "limits": {"percent_per_day": 100},
    }
)
MARK = "¤"  # where something hostile may stand in the rules
WORD = re.compile(r'name="csrf" value="([^"]+)"')
EVERYTHING = ("read", "operate", "approve", "admin")
LOST = {
    "id": "lost-1",
    "name": "Åsa Öberg",
    "email": "asa@firm.example",
    "category": "Customer",
    "created_on": "2024-01-10",
}
BUSY: dict[str, Any] = {
    "id": "busy-1",
    "name": "Bo Berg",
    "category": "Customer",
    "created_on": "2024-01-10",
    "activities": [{"id": "a1", "type": "email", "direction": "incoming", "at": "2026-02-20"}],
}


def told_story(folder: Path, hostile: str = "") -> Place:
    """Return a place whose contacts have lived through ten days: what is due, held, binned, late, and answered.

    What is `hostile` stands in the names of contacts, the titles and messages of rules, and the reasons of people.
    """
    rules = STORY.read_text(encoding="utf-8").replace(MARK, json.dumps(hostile)[1:-1])
    place = Place(folder, rules, SETTINGS)
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "story.yaml").write_text(rules, encoding="utf-8")
    place.rules = place.installation.load_rules().rulebook or place.rules  # as a service would, from its folder
    place.take(*({**one, "name": one.get("name", "") + hostile} for one in _people()))
    for day in range(10):
        if day == 2:
            place.take(*({**one, "created_on": "2024-02-01"} for one in _partners()))
        if day == 4:
            place.take({"id": "busy-1", "restrict_processing": True}, {"id": "lost-2", "category": "Former customer"})
            holding.place(
                place.installation, place.store, HoldWanted("lead-3", f"a lawsuit{hostile}", owner="eva"), "eva"
            )
        tick(place.scene(), place.installation.moment())
        place.clock.move(timedelta(days=1))
    tick(place.scene(), place.installation.moment())
    return place


def _people() -> Iterator[dict[str, Any]]:
    yield from (LOST, BUSY)
    for number in range(2, 9):
        yield {"id": f"lost-{number}", "name": f"Kim {number}", "category": "Customer", "created_on": "2023-05-01"}
    for number in range(1, 7):
        yield {"id": f"lead-{number}", "name": f"Lo {number}", "category": "Lead", "created_on": "2023-04-01"}
    yield {
        "id": "buyer-1",
        "name": "Mo",
        "category": "Lead",
        "created_on": "2026-01-15",
        "sales": [{"id": "s1", "status": "sold", "amount": 1200, "at": "2026-02-01"}],
    }
    yield {"id": "prospect-1", "name": "No", "category": "Prospect", "created_on": "2025-01-01"}
    yield {
        "id": "prospect-2",
        "name": "Pim",
        "category": "Prospect",
        "created_on": "2025-01-01",
        "no_automated_decisions": True,
    }
    yield {"id": "unknown-1", "name": "Ro", "category": "Customer"}


def _partners() -> Iterator[dict[str, Any]]:
    for number in range(1, 8):
        yield {"id": f"partner-{number}", "name": f"Sam {number}", "category": "Partner"}


class Listener(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False, ws="none"))
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        self.listening.set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"


class Console(Api):
    """The console and the API of a place, served over HTTP by this process."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.listener = Listener(self.app)
        self._browsers: list[httpx.Client] = []

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"{self.listener.url}/console"

    def token(self, name: str = "eva", *scopes: str) -> str:
        """Return a token of somebody, who may do everything where no scopes are given."""
        with self.place.store.database.writing() as connection:
            return tokens.create(connection, name, scopes or EVERYTHING, self.place.clock.now())

    def browser(self) -> httpx.Client:
        """Return a browser in which nobody has signed in; it is closed with the console."""
        self._browsers.append(httpx.Client(base_url=self.listener.url))
        return self._browsers[-1]

    def visitor(self, *scopes: str) -> httpx.Client:
        """Return a browser in which somebody with a token of these scopes, or of all, has signed in."""
        browser = self.browser()
        found = browser.post("/console/sign-in", data={"token": self.token("eva", *scopes)})
        assert (found.status_code, found.headers["location"]) == (303, "/console"), found.text
        return browser

    def close(self) -> None:
        """Close all browsers, and let nobody follow runs any more."""
        self.service.scene.progress.close()
        for one in self._browsers:
            one.close()


def word_of(browser: httpx.Client) -> str:
    """Return the word that forms of a session carry (CSRF)."""
    found = WORD.search(browser.get("/console").text)
    assert found is not None
    return found[1]


@contextmanager
def served(place: Place) -> Iterator[Console]:
    """Give the console of a place, served until the end."""
    console = Console(place)
    thread = threading.Thread(target=console.listener.run, daemon=True)
    thread.start()
    assert console.listener.listening.wait(10)
    try:
        yield console
    finally:
        console.close()
        console.listener.should_exit = True
        thread.join(10)
