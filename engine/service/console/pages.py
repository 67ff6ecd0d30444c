"""Pages: routes of the console; what goes wrong is a page, too, and who is not signed in is asked to sign in."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.convertors import register_url_convertor
from starlette.responses import RedirectResponse

from engine.model.snapshot import Refused
from engine.service.console.rendering import HEADERS, shown
from engine.service.console.sessions import HOME, SignedOut, sign_in_address
from engine.service.http.addresses import IdConvertor
from engine.service.http.problems import HttpProblem, problem_of
from engine.service.naming import Declined
from engine.store.deletions import IllegalMove
from engine.store.unavailable import StoreUnavailable

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
SEE_OTHER = 303


class Page(APIRoute):
    """A route that people look at."""

    def get_route_handler(self) -> Handler:
        """Return the framework's handler with what is around it."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except SignedOut:
                return moved(sign_in_address(request))
            except (HttpProblem, Declined, IllegalMove, Refused, StoreUnavailable, RequestValidationError) as error:
                problem = problem_of(error)
                return shown(request, "problem.html", problem.status, problem=problem)

        return answered


def pages() -> APIRouter:
    """Return a router of pages; `{name:id}` in an address is the id of a record or a rule, slashes included."""
    register_url_convertor("id", IdConvertor())
    return APIRouter(prefix=HOME, include_in_schema=False, route_class=Page)


def moved(address: str, done: str = "") -> Response:
    """Lead to another page, after something was `done`: a word of `words.DONE`."""
    path, mark, fragment = address.partition("#")
    said = f"{'&' if '?' in path else '?'}done={done}" if done else ""
    return RedirectResponse(f"{path}{said}{mark}{fragment}", SEE_OTHER, HEADERS)
