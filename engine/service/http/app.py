"""The API: what a CRM calls. Every 2xx to a write comes after its commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from engine.model.snapshot import Refused
from engine.service.console import book
from engine.service.http import (
    chaining,
    contacts,
    decisions,
    deleting,
    eventing,
    feeding,
    health,
    holding,
    looking,
    measuring,
    orders,
    outside,
    records,
    restricting,
    reviewing,
    ruling,
    selecting,
    tokens,
)
from engine.service.http.described.publishing import published
from engine.service.http.limits import Pace
from engine.service.http.problems import HttpProblem, on_framework, on_problem
from engine.service.http.requests import Requests
from engine.service.naming import Declined
from engine.service.serving import Service
from engine.store.deletions import IllegalMove
from engine.store.unavailable import StoreUnavailable

THREADS = 12  # the pool of the store has three connections more: for the loop, the tick and those who come in
PARTS = (
    *(chaining, contacts, decisions, deleting, eventing, feeding, health, holding, looking, measuring),
    *(orders, outside, restricting, reviewing, ruling, selecting, tokens),
)


@asynccontextmanager
async def _with_threads(_app: FastAPI) -> AsyncIterator[None]:
    """Let no more threads answer than have a connection at once."""
    current_default_thread_limiter().total_tokens = THREADS
    yield


def create_app(service: Service) -> FastAPI:
    """Return the application of a running service."""
    app = FastAPI(openapi_url=None, lifespan=_with_threads)
    app.state.service = service
    app.state.pace = Pace(service.installation.settings.server.requests_per_second)
    for kind in (HttpProblem, Refused, Declined, IllegalMove, StoreUnavailable):
        app.add_exception_handler(kind, on_problem)
    app.add_exception_handler(HTTPException, on_framework)
    app.add_exception_handler(RequestValidationError, on_framework)
    routers = [part.ROUTES for part in PARTS]
    routers += [records.routes_of(entity) for entity in service.installation.model.entities.values()]
    for one in (*routers, published(routers), *book.ROUTERS):
        app.include_router(one)
    app.add_middleware(Requests)
    return app
