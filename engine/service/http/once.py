"""Once: a request with an idempotency key is carried out once; the same again is answered as it was."""

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from engine.service.http.problems import HttpProblem
from engine.service.serving import Service
from engine.store import answers
from engine.store.answers import Asked

HEADER = "idempotency-key"
LONGEST_KEY = 200
REPLAYED = {"idempotency-replayed": "true"}


@dataclass(frozen=True, slots=True)
class Replayed(Exception):
    """The answer that was given before."""

    status: int
    body: str


def begin(request: Request, service: Service, caller: int, raw: bytes) -> None:
    """Note that a request with a key is carried out, once its caller is known and its body is there.

    Raises Replayed where it was answered before, and HttpProblem where the key was used for something else, or where
    the same request is being carried out.
    """
    word = request.headers.get(HEADER)
    if word is None or request.method != "POST":
        return
    if not 0 < len(word) <= LONGEST_KEY:
        raise HttpProblem(422, "refused", f"an Idempotency-Key has {LONGEST_KEY} characters at most")
    asked = Asked(caller, _digest(word), _digest(request.method, request.url.path, request.url.query, raw.hex()))
    with service.store.database.writing() as connection:
        found = answers.begin(connection, asked, service.installation.clock.now())
    if found is None:
        request.state.asked = asked
    elif found.asked != asked.asked:
        raise HttpProblem(409, "key-reused", "this Idempotency-Key came with another request; use a new one for each")
    elif found.status is None:
        raise HttpProblem(409, "in-progress", "the same request is being carried out; ask again in a moment")
    else:
        raise Replayed(found.status, found.body or "")


async def answered(request: Request, handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    """Return the answer to a request; where it came with a key, the answer is kept, or the key is free again."""
    is_done = False
    try:
        response = await handle(request)
        is_done = response.status_code < HTTPStatus.BAD_REQUEST and response.headers.get("cache-control") != "no-store"
        if is_done and _asked(request):
            await run_in_threadpool(_keep, request, response)
    except Replayed as before:
        return Response(before.body, before.status, REPLAYED, "application/json")
    finally:
        if not is_done and _asked(request):
            await run_in_threadpool(_forget, request)
    return response


def _asked(request: Request) -> Asked | None:
    found: Asked | None = getattr(request.state, "asked", None)
    return found


def _keep(request: Request, response: Response) -> None:
    asked = _asked(request)
    service: Service = request.app.state.service
    if asked is not None:
        with service.store.database.writing() as connection:
            answers.keep(connection, asked, response.status_code, bytes(response.body).decode())


def _forget(request: Request) -> None:
    asked = _asked(request)
    service: Service = request.app.state.service
    if asked is not None:
        with service.store.database.writing() as connection:
            answers.forget(connection, asked)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
