"""Access: bearer tokens with scopes, asked before anything else is looked at; then bodies, of bounded size and pace."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from engine.service.http import once
from engine.service.http.limits import Pace, body_within
from engine.service.http.problems import HttpProblem
from engine.service.serving import Service
from engine.store import tokens
from engine.store.tokens import Holder

PURGING = "the store was restored from a backup and is purged of whom was erased since; try again soon"


async def service_of(request: Request) -> Service:
    """Return the service behind a request."""
    found: Service = request.app.state.service
    return found


Serving = Annotated[Service, Depends(service_of)]


def needs(*scopes: str) -> Callable[[Request], Awaitable[None]]:
    """Return what lets a request pass only with a token that has one of the scopes; `admin` has all."""

    async def check(request: Request) -> None:
        service: Service = request.app.state.service
        is_near = service.store.database.is_near
        held = _holder(request, service) if is_near else await run_in_threadpool(_holder, request, service)
        if not held.scopes & {*scopes, "admin"}:
            raise HttpProblem(403, "forbidden", f"this needs a token with scope {' or '.join(scopes)}")
        pace: Pace = request.app.state.pace
        pace.take(held.key)
        if service.purging:
            raise HttpProblem(503, "purging", PURGING, retry_after=5)
        request.state.caller = held

    return check


def _holder(request: Request, service: Service) -> Holder:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise HttpProblem(
            401, "unauthorized", "send `Authorization: Bearer TOKEN`; make one with `ansgar token create`"
        )
    with service.store.database.reading() as connection:
        held = tokens.holder(connection, token)
    if held is None:
        raise HttpProblem(401, "unauthorized", "this token is not valid")
    return held


async def caller_of(request: Request) -> str:
    """Return the name for which the token of a request was made; its scopes have been looked at."""
    held: Holder = request.state.caller
    return held.name


def body_for(*scopes: str) -> Callable[[Request], Awaitable[bytes]]:
    """Return what reads the body of a request whose token has one of the scopes, before anything is read.

    A request with an idempotency key goes on from there only where it was not answered before.
    """
    check = needs(*scopes)

    async def body(request: Request) -> bytes:
        await check(request)
        service = await service_of(request)
        server = service.installation.settings.server
        raw = b"".join([part async for part in body_within(request, server.largest_body, server.patience)])
        if once.HEADER in request.headers:
            held: Holder = request.state.caller
            await run_in_threadpool(once.begin, request, service, held.key, raw)
        return raw

    return body


CRM = [Depends(needs("crm"))]
READ = [Depends(needs("read"))]
CRM_OR_READ = [Depends(needs("crm", "read"))]
Body = Annotated[bytes, Depends(body_for("crm"))]
Caller = Annotated[str, Depends(caller_of)]
OperatorBody = Annotated[bytes, Depends(body_for("operate"))]
ApproverBody = Annotated[bytes, Depends(body_for("approve"))]
AdminBody = Annotated[bytes, Depends(body_for("admin"))]
