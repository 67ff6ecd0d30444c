"""Requests: each has an id, one line in the log, and an answer, whatever befalls it; none says whom it was about."""

import re
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
        request, began, status = _id_of(scope), perf_counter(), 0
        scope["path"] = path_of(scope)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (ID.encode(), request.encode())]
            await send(message)

        with bound(request=request):
            with contained(_tell):
                await self._app(scope, receive, sending)
            if not status:
                await answer(HttpProblem(500, "fault", FAULT, request=request))(scope, receive, sending)
            seconds, route = round(perf_counter() - began, 6), _route_of(scope)
            service: Service = scope["app"].state.service
            service.metrics.observe_request(route or "", scope["method"], status, seconds)
            LOG.info("request", method=scope["method"], route=route, status=status, seconds=seconds)


def _tell(error: Exception) -> None:
    LOG.error("request failed", **told(error))


def _id_of(scope: Scope) -> str:
    """Return the id that a request came with, where it is fit to be repeated, or one of our own."""
    found = dict(scope["headers"]).get(ID.encode(), b"").decode("latin-1")
    return found if _FIT.fullmatch(found) else uuid4().hex


def _route_of(scope: Scope) -> str | None:
    """Return the pattern that an address matched: the address itself can name a person."""
    return getattr(scope.get("route"), "path", None)
