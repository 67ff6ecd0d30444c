"""Access: bearer tokens with scopes, asked before anything else is looked at; then bodies, of bounded size and pace."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from engine.service.http import once
from engine.service.http.limits import Pace, body_within
from engine.service.http.problems import HttpProblem
from engine.service.serving import Service
from engine.store import tokens
from engine.store.tokens import Holder

ASK_FOR_ONE = "send `Authorization: Bearer TOKEN`; make one with `ansgar token create`"
PURGING = "the store was restored from a backup and is purged of whom was erased since; try again soon"


async def service_of(request: Request) -> Service:
    """Return the service behind a request."""
    found: Service = request.app.state.service
    return found


Serving = Annotated[Service, Depends(service_of)]


@dataclass(frozen=True)
class Needs:
    """Lets a request pass only with a token that has one of the scopes; `admin` has all."""

    scopes: tuple[str, ...]

    async def __call__(self, request: Request) -> None:
        """Look at the token of a request."""
        service = await service_of(request)
        is_near = service.store.database.is_near
        held = _holder(request, service) if is_near else await run_in_threadpool(_holder, request, service)
        let_in(request, service, held, *self.scopes)


def needs(*scopes: str) -> Needs:
    """Return what lets a request pass only with a token that has one of the scopes."""
    return Needs(scopes)


def let_in(request: Request, service: Service, held: Holder, *scopes: str) -> None:
    """Let a request pass in the name of who is known to call, where they have one of the scopes."""
    if not held.may(*scopes):
        raise HttpProblem(403, "forbidden", f"this needs a token with scope {' or '.join(scopes)}")
    pace: Pace = request.app.state.pace
    pace.take(held.token)
    if service.purging:
        raise HttpProblem(503, "purging", PURGING, retry_after=5)
    request.state.holder = held


def _holder(request: Request, service: Service) -> Holder:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise HttpProblem(401, "unauthorized", ASK_FOR_ONE)
    now = service.installation.clock.now()
    with service.store.database.reading() as connection:
        held = tokens.holder(connection, token, now)
    if held is None:
        raise HttpProblem(401, "unauthorized", "this token is not valid")
    service.uses.note(held.token, now)
    return held


async def holder_of(request: Request) -> Holder:
    """Return who calls, and what their token lets them do; it has been looked at."""
    found: Holder = request.state.holder
    return found


async def caller_of(request: Request) -> str:
    """Return the name for which the token of a request was made; its scopes have been looked at."""
    return (await holder_of(request)).name


@dataclass(frozen=True)
class BodyFor:
    """Reads the body of a request whose token has one of the scopes, before anything is read."""

    scopes: tuple[str, ...]

    async def __call__(self, request: Request) -> bytes:
        """Return the body."""
        await Needs(self.scopes)(request)
        return await known(request, await read_body(request))


def body_for(*scopes: str) -> BodyFor:
    """Return what reads the body of a request whose token has one of the scopes."""
    return BodyFor(scopes)


async def read_body(request: Request) -> bytes:
    """Return the body, refused once it is too large or too slow."""
    server = (await service_of(request)).installation.settings.server
    return b"".join([part async for part in body_within(request, server.largest_body, server.patience)])


async def known(request: Request, raw: bytes) -> bytes:
    """Return a body whose sender is known; with an idempotency key only where that was not answered before."""
    if once.HEADER in request.headers:
        held = await holder_of(request)
        await run_in_threadpool(once.begin, request, await service_of(request), held.token, raw)
    return raw


CRM = [Depends(needs("crm"))]
READ = [Depends(needs("read"))]
CRM_OR_READ = [Depends(needs("crm", "read"))]
Body = Annotated[bytes, Depends(body_for("crm"))]
Caller = Annotated[str, Depends(caller_of)]
Held = Annotated[Holder, Depends(holder_of)]
OperatorBody = Annotated[bytes, Depends(body_for("operate"))]
ApproverBody = Annotated[bytes, Depends(body_for("approve"))]
AdminBody = Annotated[bytes, Depends(body_for("admin"))]
