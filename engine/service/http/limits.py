"""Limits: how large, how slow and how often requests may be, so that no caller exhausts the service (S5)."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from time import monotonic

from fastapi import Request
from starlette.requests import ClientDisconnect

from engine.service.http.problems import HttpProblem

LEAST_PACE = 16 << 10  # bytes a second that a body must bring on average, once its grace is over
MOST_CALLERS = 10_000  # that are remembered at once


async def body_within(request: Request, most: int, grace: float) -> AsyncIterator[bytes]:
    """Give the parts of a body; raises HttpProblem once it is too large, or comes too slowly.

    `grace` is in seconds: every body has so many, and more while it brings enough of itself.
    """
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":  # a small one can stand for gigabytes
        raise HttpProblem(415, "unsupported-encoding", "send the body as it is, without content-encoding")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise _too_large(most)
    parts, began, size = request.stream(), monotonic(), 0
    while True:
        left = began + grace + size / LEAST_PACE - monotonic()
        try:
            part = await asyncio.wait_for(anext(parts), max(left, 0))
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise HttpProblem(408, "too-slow", "the body came too slowly; send it again") from None
        except ClientDisconnect:
            raise HttpProblem(400, "broken-off", "the body broke off") from None
        size += len(part)
        if size > most:
            raise _too_large(most)
        yield part


def _too_large(most: int) -> HttpProblem:
    return HttpProblem(413, "too-large", f"a body has {most:,} bytes at most here")


@dataclass(slots=True)
class Pace:
    """How many requests each caller still has: so many a second, and twice as many at once (a token bucket)."""

    per_second: int | None
    clock: Callable[[], float] = monotonic
    left: dict[int, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, caller: int) -> None:
        """Take one of a caller's requests; raises HttpProblem where none is left now."""
        if self.per_second is None:
            return
        now, most = self.clock(), 2.0 * self.per_second
        with self._lock:
            left, since = self.left.pop(caller, (most, now))
            left = min(most, left + (now - since) * self.per_second)
            self.left[caller] = (max(left - 1, 0), now)
            if len(self.left) > MOST_CALLERS:
                del self.left[next(iter(self.left))]
        if left < 1:
            raise HttpProblem(429, "too-many", f"{self.per_second} requests a second are allowed", retry_after=1)
