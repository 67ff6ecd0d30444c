"""Access: bearer tokens with scopes, asked before anything else is looked at; and bodies of bounded size."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from engine.model.snapshot import Refusal, Refused, escaped, read_json
from engine.model.values import is_storable
from engine.service.http.problems import HttpProblem
from engine.service.serving import Service
from engine.store import tokens
from engine.vocabulary.problem import nearest_or_all

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
        with service_of(request).store.database.reading() as connection:
            held = tokens.scopes_of(connection, token)
        if held is None:
            raise HttpProblem(401, "unauthorized", "this token is not valid")
        if not held & {*scopes, "admin"}:
            raise HttpProblem(403, "forbidden", f"this needs a token with scope {' or '.join(scopes)}")

    return check


def body_for(*scopes: str) -> Callable[[Request], Awaitable[bytes]]:
    """Return what reads the body of who may send one, refused once it is too large, whatever its declared length."""
    allowed = needs(*scopes)

    async def read(request: Request) -> bytes:
        await run_in_threadpool(allowed, request)
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > LARGEST_BODY:
                raise HttpProblem(413, "too-large", f"a body has {LARGEST_BODY >> 20} MiB at most")
            parts.append(part)
        return b"".join(parts)

    return read


def texts_of(raw: bytes, *, required: Iterable[str] = (), optional: Iterable[str] = ()) -> dict[str, str]:
    """Return the texts of a JSON object by their keys; raises Refused with a pointer for every fault."""
    found, needed, known = read_json(raw or b"{}"), tuple(required), {*required, *optional}
    if not isinstance(found, dict):
        raise Refused([Refusal("", "a JSON object was expected")])
    faults = [Refusal(f"/{escaped(name)}", nearest_or_all(name, known)) for name in found if name not in known]
    faults += [Refusal(f"/{name}", "this is needed") for name in needed if name not in found]
    faults += [
        Refusal(f"/{name}", "a text was expected")
        for name in known & found.keys()
        if not isinstance(found[name], str) or not is_storable(found[name])
    ]
    if faults:
        raise Refused(faults)
    return {name: str(text) for name, text in found.items()}


Body = Annotated[bytes, Depends(body_for("crm"))]
OperatorBody = Annotated[bytes, Depends(body_for("operate"))]
