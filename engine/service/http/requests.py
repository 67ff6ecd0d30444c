"""Requests: each has an id, one line in the log, and an answer, whatever befalls it; none says whom it was about."""

import re
from dataclasses import dataclass
from time import perf_counter
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.service.faults import contained, told
from engine.service.http.addresses import path_of
from engine.service.http.problems import HttpProblem, answer
from engine.service.logs import bound, logger
from engine.service.serving import Service

LOG = logger("http")
ID = "x-request-id"
CLOSE = (b"connection", b"close")  # where a body is refused before its end, nobody listens to the rest
FAULT = "an error in this service; its log says more under this request's id"
_FIT = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Requests:
    """The outermost layer: names a request, lets it be answered, and tells how that went."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = path_of(scope)
        one, began = _Exchange(_id_of(scope), receive, send, is_read=not _has_body(scope)), perf_counter()
        with bound(request=one.id):
            with contained(_tell):
                await self._app(scope, one.receive, one.send)
            if not one.status:
                await answer(HttpProblem(500, "fault", FAULT, request=one.id))(scope, one.receive, one.send)
            seconds, route = round(perf_counter() - began, 6), _route_of(scope)
            service: Service = scope["app"].state.service
            service.metrics.observe_request(route or "", scope["method"], one.status, seconds)
            LOG.info("request", method=scope["method"], route=route, status=one.status, seconds=seconds)


@dataclass(slots=True)
class _Exchange:
    """A request and its answer on their way: whether all of the one has come, and the status of the other; 0: none."""

    id: str
    receiving: Receive
    sending: Send
    is_read: bool
    status: int = 0

    async def receive(self) -> Message:
        message = await self.receiving()
        self.is_read = self.is_read or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            more = [(ID.encode(), self.id.encode()), *([] if self.is_read else [CLOSE])]
            message["headers"] = [*message.get("headers", ()), *more]
        await self.sending(message)


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def _tell(error: Exception) -> None:
    LOG.error("request failed", **told(error))


def _id_of(scope: Scope) -> str:
    """Return the id that a request came with, where it is fit to be repeated, or one of our own."""
    found = dict(scope["headers"]).get(ID.encode(), b"").decode("latin-1")
    return found if _FIT.fullmatch(found) else uuid4().hex


def _route_of(scope: Scope) -> str | None:
    """Return the pattern that an address matched: the address itself can name a person."""
    return getattr(scope.get("route"), "path", None)
