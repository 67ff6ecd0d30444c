"""Access: bearer tokens with scopes, asked before anything else is looked at; and bodies of bounded size."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from engine.service.http.problems import HttpProblem
from engine.service.serving import Service
from engine.store import tokens
from engine.store.tokens import Holder

PURGING = "the store was restored from a backup and is purged of whom was erased since; try again soon"
LARGEST_BODY = 16 << 20  # bytes


def service_of(request: Request) -> Service:
    """Return the service behind a request."""
    found: Service = request.app.state.service
    return found


Serving = Annotated[Service, Depends(service_of)]


def needs(*scopes: str) -> Callable[[Request], None]:
    """Return what lets a request pass only with a token that has one of the scopes; `admin` has all."""

    def check(request: Request) -> None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise HttpProblem(
                401, "unauthorized", "send `Authorization: Bearer TOKEN`; make one with `ansgar token create`"
            )
        service = service_of(request)
        now = service.installation.clock.now()
        with service.store.database.reading() as connection:
            held = tokens.holder(connection, token, now)
        if held is None:
            raise HttpProblem(401, "unauthorized", "this token is not valid")
        service.uses.note(held.token, now)
        let_in(request, held, *scopes)

    return check


def let_in(request: Request, held: Holder, *scopes: str) -> None:
    """Let a request pass in the name of who is known to call, where they have one of the scopes."""
    if not held.may(*scopes):
        raise HttpProblem(403, "forbidden", f"this needs a token with scope {' or '.join(scopes)}")
    if service_of(request).purging:
        raise HttpProblem(503, "purging", PURGING)
    request.state.holder, request.state.caller = held, held.name


def caller_of(request: Request) -> str:
    """Return the name for which the token of a request was made; its scopes have been looked at."""
    return str(request.state.caller)


def holder_of(request: Request) -> Holder:
    """Return who calls, and what their token lets them do; it has been looked at."""
    found: Holder = request.state.holder
    return found


def body_for(*scopes: str) -> Callable[[Request], Awaitable[bytes]]:
    """Return what reads the body of a request whose token has one of the scopes, before anything is read."""

    async def body(request: Request) -> bytes:
        await run_in_threadpool(needs(*scopes), request)
        return await read_body(request)

    return body


async def read_body(request: Request) -> bytes:
    """Return the body, refused once it is too large, whatever its declared length."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise HttpProblem(413, "too-large", f"a body has {LARGEST_BODY >> 20} MiB at most")
        parts.append(part)
    return b"".join(parts)


Body = Annotated[bytes, Depends(body_for("crm"))]
Caller = Annotated[str, Depends(caller_of)]
Held = Annotated[Holder, Depends(holder_of)]
OperatorBody = Annotated[bytes, Depends(body_for("operate"))]
