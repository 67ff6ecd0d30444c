"""Load: requests at a fixed pace or as fast as they are answered, over open connections, and how long each took."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter

Call = tuple[str, str, bytes]  # method, path, body
FAILED = 400  # and above


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and the token to call it with."""

    port: int
    token: str

    def request(self, call: Call) -> bytes:
        """Return a call as it goes over the wire."""
        method, path, body = call
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass(slots=True)
class Times:
    """Seconds of every call, from when it was due; and how many were not answered as expected."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0


class Line:
    """One open connection; it carries one call at a time."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def call(self, call: Call) -> tuple[int, bytes]:
        """Send a call; return status and body of its answer."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._target.port)
        self._writer.write(self._target.request(call))
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head[9:12]), await self._reader.readexactly(length)


async def at_pace(target: Target, calls: Iterator[Call], per_second: int, seconds: float, lines: int = 16) -> Times:
    """Send calls at a fixed pace, whether earlier ones were answered or not; their time counts from when they were due.

    So a server that stalls does not slow down those who measure it (coordinated omission).
    """
    times, free = Times(), asyncio.Queue[Line]()
    for _ in range(lines):
        free.put_nowait(Line(target))
    began = perf_counter()
    tasks = []
    for number in range(int(per_second * seconds)):
        due = began + number / per_second
        await asyncio.sleep(max(0.0, due - perf_counter()))
        tasks.append(asyncio.create_task(_timed(free, next(calls), due, times)))
    await asyncio.gather(*tasks)
    return times


async def _timed(free: "asyncio.Queue[Line]", call: Call, due: float, times: Times) -> None:
    line = await free.get()
    status, _ = await line.call(call)
    times.seconds.append(perf_counter() - due)
    times.failed += status >= FAILED
    free.put_nowait(line)


async def one_by_one(target: Target, calls: Iterator[Call], count: int) -> Times:
    """Send calls, each once the one before is answered."""
    times, line = Times(), Line(target)
    for _ in range(count):
        began = perf_counter()
        status, _ = await line.call(next(calls))
        times.seconds.append(perf_counter() - began)
        times.failed += status >= FAILED
    return times


async def at_once(target: Target, calls: Iterator[Call], seconds: float, lines: int) -> tuple[int, Times]:
    """Send calls over some lines as fast as they are answered; return how many in that time."""
    times, until = Times(), perf_counter() + seconds

    async def run() -> None:
        line = Line(target)
        while perf_counter() < until:
            began = perf_counter()
            status, _ = await line.call(next(calls))
            times.seconds.append(perf_counter() - began)
            times.failed += status >= FAILED

    await asyncio.gather(*(run() for _ in range(lines)))
    return len(times.seconds), times


def as_body(document: object) -> bytes:
    """Return a document as the body of a call."""
    return json.dumps(document).encode()


def endless(make: Callable[[int], Call]) -> Iterator[Call]:
    """Give calls by their numbers."""
    number = 0
    while True:
        yield make(number)
        number += 1
