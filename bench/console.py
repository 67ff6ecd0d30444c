"""The console: how long its pages take with many contacts and ten thousand runs behind them; over real HTTP."""

import re
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from http.cookiejar import CookieJar
from time import perf_counter
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

from sqlalchemy import insert

from bench.spread import percentile, round_to
from engine.store.database import Connection
from engine.store.tables import RUN, RUN_RULE

RUNS = 10_000
TIMES = 20  # that each page is loaded
LINK = r'href="(/console/{}/[^"?#]+)"'
LISTS = ("runs", "rules", "contacts", "selections", "alerts", "deletions", "reviews", "holds", "messages", "audit")


def with_history(connection: Connection, rules: tuple[str, ...], now: datetime) -> None:
    """Write runs as the tick leaves them, a minute from one to the next, each with a line for every rule."""
    for first in range(0, RUNS, 1_000):
        numbers = range(first, first + 1_000)
        connection.execute(insert(RUN), [_run(number, len(rules), now) for number in numbers])
        lines = [_line(number, rule) for number in numbers for rule in rules]
        connection.execute(insert(RUN_RULE), lines)


def _run(number: int, rules: int, now: datetime) -> dict[str, Any]:
    at, moved = now - timedelta(minutes=RUNS - number), int(number % 7 == 0)
    sums = {"rules": rules, "matched": 900, "entered": 3 * moved, "left": moved, "undecided": 9, "failed": 0}
    took = {"evaluate_seconds": 0.05, "act_seconds": 0.01}
    head = {"key": number + 1, "started_at": at, "now": at, "mode": "delta", "trigger": "schedule", "rulebook": "bench"}
    return head | sums | took


def _line(number: int, rule: str) -> dict[str, Any]:
    tally = {"matched": 18, "entered": 0, "left": 0, "undecided": 0, "candidates": 1}
    about = {"stage": "live", "version": "bench", "actions": "{}", "error": None, "basis": "delta"}
    return {"run": number + 1, "rule": rule} | tally | about


def measured(port: int, token: str) -> Mapping[str, Any]:
    """Return how many milliseconds each kind of page takes: the lists, and the first page that each leads to."""
    visitor = _signed_in(port, token)
    return {name: _shown(visitor, f"http://127.0.0.1:{port}{path}") for name, path in _pages(visitor, port)}


def _signed_in(port: int, token: str) -> urllib.request.OpenerDirector:
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    visitor.open(f"http://127.0.0.1:{port}/console/sign-in", urlencode({"token": token}).encode()).read()
    return visitor


def _pages(visitor: urllib.request.OpenerDirector, port: int) -> Iterator[tuple[str, str]]:
    yield "today", "/console"
    for name in LISTS:
        path = f"/console/{name}"
        yield name, path
        with visitor.open(f"http://127.0.0.1:{port}{path}") as response:
            found = re.search(LINK.format(name), response.read().decode())
        if found is not None:
            yield f"one of {name}", found[1]
    yield "a contact", "/console/contacts/p5"


def _shown(visitor: urllib.request.OpenerDirector, address: str) -> dict[str, Any]:
    times = []
    for _ in range(TIMES):
        began = perf_counter()
        try:
            with visitor.open(address) as response:
                response.read()
        except HTTPError as error:
            return {"status": error.code}
        times.append((perf_counter() - began) * 1_000)
    return {"p50 ms": round_to(percentile(times, 50), 3), "max ms": round_to(max(times), 3)}
