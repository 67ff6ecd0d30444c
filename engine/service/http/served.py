"""Served: what every route has in common: reading answers carry entity tags, and acting ones are given once a key."""

import json
from collections.abc import Callable, Coroutine
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.convertors import register_url_convertor

from engine.service.http import once
from engine.service.http.addresses import IdConvertor
from engine.service.keeping import tag

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Served(APIRoute):
    """A route of the API."""

    def get_route_handler(self) -> Handler:
        """Return the framework's handler with what comes after it."""
        handle = super().get_route_handler()

        async def served(request: Request) -> Response:
            if request.method == "GET":
                return _tagged(request, await handle(request))
            return await once.answered(request, handle)

        return served


def routes(prefix: str) -> APIRouter:
    """Return a router whose routes are served so; `{name:id}` in an address is the id of a record."""
    register_url_convertor("id", IdConvertor())
    return APIRouter(prefix=prefix, route_class=Served)


def json_of(document: object) -> Response:
    """Return an answer that goes out as it is: the framework would look through all of it in a thread of its own."""
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=_instant)
    return Response(content, media_type="application/json")


def _instant(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not to be told as JSON")


def matches(condition: str, present: str | None) -> bool:
    """Tell whether a list of entity tags, or `*`, names what is present; None where nothing is (RFC 9110, 13.1)."""
    if condition.strip() == "*":
        return present is not None
    return present is not None and present in {
        one.strip().removeprefix("W/").strip('"') for one in condition.split(",")
    }


def _tagged(request: Request, response: Response) -> Response:
    if response.status_code != HTTPStatus.OK or "etag" in response.headers:
        return response
    present = tag(bytes(response.body))
    condition = request.headers.get("if-none-match")
    if condition is not None and matches(condition, present):
        response = Response(status_code=HTTPStatus.NOT_MODIFIED)
    response.headers["etag"] = f'"{present}"'
    response.headers["cache-control"] = "private, no-cache"  # it is asked again each time, and may answer 304
    return response
