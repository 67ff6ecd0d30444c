"""Live: runs are followed while they go on, by server-sent events; what is told comes from the runs themselves."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from time import monotonic

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from engine.service.console.pages import pages
from engine.service.console.rendering import HEADERS, Voice, voice_of
from engine.service.console.sessions import Seen
from engine.service.http.access import Serving
from engine.service.http.problems import HttpProblem
from engine.service.progress import DONE, FAILED, SETTLING, Progress, Step

ROUTES = pages()
MOST_STREAMS = 30  # that are open at once: each holds a connection
MOST_WAITING = 50  # runs of which one who reads slowly is told
BEAT = 15.0  # seconds after which something is sent whatever happens, so that nobody between closes the connection
LASTS = 300.0  # seconds; then the stream ends, and whoever still follows asks anew, by a session that still holds
RETRY = "retry: 3000\n\n"  # milliseconds


class Ear:
    """Hears, in an event loop, what runs tell in their threads; keeps the newest step of each until it is sent."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._steps: dict[int, Step] = {}
        self._heard = asyncio.Event()
        self.is_over = False

    def hear(self, step: Step | None) -> None:
        """Take a step, or that there will be nothing more, from any thread."""
        with suppress(RuntimeError):  # the loop has ended: so has who listens
            self._loop.call_soon_threadsafe(self._take, step)

    def _take(self, step: Step | None) -> None:
        if step is None:
            self.is_over = True
        else:
            self._steps.pop(step.run, None)
            self._steps[step.run] = step
            if len(self._steps) > MOST_WAITING:
                del self._steps[next(iter(self._steps))]
        self._heard.set()

    async def steps(self, seconds: float) -> list[Step]:
        """Return what was heard, the oldest first; nothing where that many seconds were quiet."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        self._heard.clear()
        found, self._steps = list(self._steps.values()), {}
        return found


@ROUTES.get("/live")
async def live(request: Request, serving: Serving, _visitor: Seen) -> Response:
    """Tell how far runs are until whoever follows leaves, the service stops, or some minutes have passed."""
    progress = serving.scene.progress
    if progress.listeners >= MOST_STREAMS:
        raise HttpProblem(503, "busy", "too many follow the runs at once; load the page again later", retry_after=60)
    told = _told(progress, voice_of(request, serving))
    return StreamingResponse(told, headers=HEADERS, media_type="text/event-stream")


async def _told(progress: Progress, voice: Voice) -> AsyncIterator[str]:
    ear = Ear()
    with progress.heard_by(ear.hear):
        yield RETRY
        going_on = progress.newest
        if going_on is not None and not going_on.is_over:
            yield event(going_on, voice)
        until = monotonic() + LASTS
        while monotonic() < until:
            steps = await ear.steps(BEAT)
            if ear.is_over:
                return
            for step in steps:
                yield event(step, voice)
            if not steps:
                yield ":\n\n"


def event(step: Step, voice: Voice) -> str:
    """Return a step as a server-sent event, with a sentence in the language of who follows."""
    shares = {"done": step.done, "rules": step.rules}
    told = {"run": step.run, "trigger": step.trigger, "state": step.state, **shares, "says": _sentence(step, voice)}
    if step.state == DONE:
        told |= {name: getattr(step, name) for name in ("entered", "left", "undecided", "failed")}
    return f"event: progress\ndata: {json.dumps(told)}\n\n"


def _sentence(step: Step, voice: Voice) -> str:
    of = voice.say(en=f"Run {step.run}", sv=f"Körning {step.run}") + f" ({voice.word('trigger', step.trigger)}): "
    rules = voice.count(step.rules, en=("rule", "rules"), sv=("regel", "regler"))
    if step.state == FAILED:
        return of + voice.say(en="failed, and was undone", sv="misslyckades och gjordes ogjord")
    if step.state == DONE:
        entered, left = voice.number(step.entered), voice.number(step.left)
        return of + voice.say(en=f"done; {entered} entered, {left} left", sv=f"klar; {entered} nya, {left} lämnade")
    if step.state == SETTLING:
        return of + voice.say(en="bringing cases in line", sv="för in utfallet")
    done = voice.number(step.done)
    return of + voice.say(en=f"{done} of {rules} evaluated", sv=f"{done} av {rules} prövade")
