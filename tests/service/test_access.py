"""Access (S3): of every route there is, who may call it; asked before anything else is looked at, and never by address."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import update
from structlog.typing import EventDict

from engine.store import tokens
from engine.store.access_tables import TOKEN
from engine.store.tokens import SCOPES
from tests.doors import Api
from tests.installations import Place

PAGE = Path(__file__).parents[2] / "docs" / "access.md"
ANYBODY = "anybody"
# Of every route: the scopes of which a token needs one; `admin` has all. A new route needs a decision.
WHO = {
    "GET /openapi.json": ANYBODY,
    "GET /docs": ANYBODY,
    "GET /healthz": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /metrics": "read",
    **{
        f"{method} /v1/{records}/{{record}}": scopes
        for records in ("contacts", "companies", "projects")
        for method, scopes in (("PUT", "crm"), ("PATCH", "crm"), ("GET", "crm read"), ("DELETE", "crm"))
    },
    "POST /v1/contacts/import": "crm",
    "POST /v1/companies/import": "crm",
    "POST /v1/projects/import": "crm",
    "POST /v1/events": "crm",
    "POST /v1/orders/{order}/result": "crm",
    "POST /v1/decisions": "crm",
    "GET /v1/contacts/{contact}/status": "crm read",
    "GET /v1/contacts/{contact}/explain": "crm read",
    "GET /v1/contacts/{contact}/report": "read",
    "GET /v1/selections": "crm read",
    "GET /v1/selections/{name}/members": "crm read",
    "GET /v1/selections/{name}/changes": "crm read",
    "GET /v1/cases": "read",
    "GET /v1/alerts": "read",
    "POST /v1/alerts/{alert}/lower": "operate",
    "GET /v1/runs": "read",
    "GET /v1/runs/{run}": "read",
    "GET /v1/rules": "read",
    "POST /v1/rules/check": "admin",
    "POST /v1/plan": "admin",
    "POST /v1/rules/{rule}/runs": "operate",
    "POST /v1/rules/{rule}/release": "approve",
    "GET /v1/rules/{rule}": "read",
    "POST /v1/rules/{rule}/pause": "operate",
    "POST /v1/rules/{rule}/promote": "approve",
    "POST /v1/rules/{rule}/retire": "admin",
    "GET /v1/deletions": "read",
    "GET /v1/deletions/batches": "read",
    "GET /v1/deletions/{deletion}": "read",
    "POST /v1/deletions/approve": "approve",
    "POST /v1/deletions/keep": "operate",
    "POST /v1/deletions/restore": "operate",
    "GET /v1/messages": "read",
    "POST /v1/messages/replay": "operate",
    "GET /v1/notices": "read",
    "POST /v1/notices/replay": "operate",
    "GET /v1/recipients": "read",
    "GET /v1/recipients/told": "read",
    "POST /v1/recipients/replay": "operate",
    "POST /v1/recipients/settle": "operate",
    "GET /v1/feeds": "read",
    "POST /v1/feeds/{feed}/accept": "approve",
    "GET /v1/audit": "read",
    "POST /v1/audit/verify": "operate",
    "GET /v1/holds": "read",
    "POST /v1/holds": "operate",
    "POST /v1/holds/{hold}/lift": "operate",
    "GET /v1/restrictions": "read",
    "POST /v1/restrictions/{contact}/lift": "operate",
    "POST /v1/restrictions/{contact}/permit": "operate",
    "POST /v1/restrictions/permissions/{permission}/withdraw": "operate",
    "GET /v1/reviews": "read",
    "GET /v1/reviews/{review}": "read",
    "POST /v1/reviews/{review}/answer": "operate",
    "GET /v1/tokens": "admin",
    "POST /v1/tokens": "admin",
    "DELETE /v1/tokens/{token}": "admin",
}
GUARDED = {route: set(scopes.split()) for route, scopes in WHO.items() if scopes != ANYBODY}
UNREADABLE, NOBODY, NONSENSE = b"\xff{", "999999", "limit=nonsense&after=nonsense"
Headers = dict[str, str]


@dataclass(frozen=True)
class Call:
    """A call of a route at which everything is wrong besides: the body, the id, the numbers of a page."""

    route: str
    headers: Headers
    query: str = NONSENSE

    @property
    def method(self) -> str:
        """How it is called."""
        return self.route.partition(" ")[0]

    @property
    def url(self) -> str:
        """Where it is called: for each part of the address that varies, an id that is nowhere."""
        parts = self.route.partition(" ")[2].split("/")
        return "/".join(NOBODY if part.startswith("{") else part for part in parts) + f"?{self.query}"


def answered(api: Api, calls: Iterable[Call]) -> dict[str, int]:
    """Make calls and return the status of each by its route."""

    async def ask() -> dict[str, int]:
        transport = httpx.ASGITransport(api.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ansgar") as client:
            return {
                one.route: (
                    await client.request(one.method, one.url, headers=one.headers, content=UNREADABLE)
                ).status_code
                for one in calls
            }

    return asyncio.run(ask())


@pytest.fixture
def api(tmp_path: Path) -> Api:
    """Give the API of an empty place."""
    return Api(Place(tmp_path))


def test_s3_the_page_on_access_says_who_may_call() -> None:
    """Each route stands in the table of `docs/access.md`, in the row of its scopes, and no other does."""
    rows = re.findall(r"^\| ([a-z ]+) \| (`[A-Z]+ /.*) \|$", PAGE.read_text(), re.MULTILINE)
    said = {route: scopes.replace(" or ", " ") for scopes, routes in rows for route in re.findall(r"`([^`]+)`", routes)}

    assert said == WHO


def token(api: Api, *scopes: str, days: float | None = None) -> str:
    """Return a token of these scopes, one that expires in so many days where that is asked for."""
    now = api.place.clock.now()
    with api.place.store.database.writing() as connection:
        return tokens.create(connection, "x", scopes, now, None if days is None else now + timedelta(days=days))


def bearer(text: str) -> Headers:
    """Return the headers that carry a token."""
    return {"authorization": f"Bearer {text}"}


def test_s3_every_route_has_a_decision(api: Api) -> None:
    """The list of routes of the application is the list of decisions: none is missing, none is of a route that is gone."""
    routes = {
        f"{method} {one.path}".replace(":id}", "}")
        for one in iter_route_contexts(api.app.routes)
        for method in one.methods or ()
        if method != "HEAD" and not str(one.path).startswith("/console")  # its routes have decisions of their own
    }

    assert routes == set(WHO)


@pytest.mark.parametrize("scope", SCOPES)
def test_s3_a_scope_opens_its_own_routes_and_no_others(api: Api, scope: str) -> None:
    """403 before the body, the id or a number is looked at; who may call gets an answer about those."""
    headers = bearer(token(api, scope))
    found = answered(api, (Call(route, headers) for route in GUARDED))
    mine = {route for route, scopes in GUARDED.items() if scope in {*scopes, "admin"}}

    assert {route for route, status in found.items() if status != 403} == mine
    assert {found[route] for route in mine} <= {200, 404, 409, 422}


def revoked(api: Api) -> Headers:
    """Return the headers of somebody whose token was revoked."""
    headers = bearer(token(api, *SCOPES))
    with api.place.store.database.writing() as connection:
        assert tokens.revoke(connection, tokens.newest(connection), api.place.clock.now())
    return headers


def expired(api: Api) -> Headers:
    """Return the headers of somebody whose token has expired this very instant."""
    headers = bearer(token(api, *SCOPES, days=1))
    api.place.clock.move(timedelta(days=1))
    return headers


NOT_LET_IN: dict[str, Callable[[Api], Headers]] = {
    "nothing": lambda _: {},
    "wrong": lambda _: bearer(tokens.PREFIX + "x" * 43),
    "revoked": revoked,
    "expired": expired,
    "basic": lambda api: {"authorization": f"Basic {token(api, *SCOPES)}"},
    "bare": lambda api: {"authorization": token(api, *SCOPES)},
    "cookie": lambda api: {"cookie": f"token={token(api, *SCOPES)}; authorization=Bearer {token(api, *SCOPES)}"},
}


@pytest.mark.parametrize("kind", NOT_LET_IN)
def test_s3_nobody_calls_anything_without_a_valid_token(api: Api, kind: str) -> None:
    """Without one, with a wrong, revoked or expired one, or one that is not sent as a bearer's: 401 at every route."""
    headers = NOT_LET_IN[kind](api)

    assert set(answered(api, (Call(route, headers) for route in GUARDED)).values()) == {401}


@pytest.mark.parametrize("name", ["token", "access_token", "authorization", "Authorization"])
def test_s3_a_token_in_an_address_opens_nothing_and_is_in_no_log(api: Api, name: str, logs: list[EventDict]) -> None:
    """An address is kept by proxies, browsers and logs: no route looks for a token there."""
    text = token(api, *SCOPES)
    said = f"Bearer%20{text}" if name.lower() == "authorization" else text
    found = answered(api, (Call(route, {}, f"{name}={said}") for route in GUARDED))

    assert set(found.values()) == {401}
    assert text not in str(logs)


def test_s3_what_was_a_token_once_is_told_from_nothing_else(api: Api) -> None:
    """Unknown, revoked and expired are answered with the same words: nobody learns that there was such a token."""
    said = {kind: all_said(api, NOT_LET_IN[kind](api)) for kind in ("wrong", "revoked", "expired")}

    assert len(set(said.values())) == 1
    assert "this token is not valid" in said["wrong"]


def all_said(api: Api, headers: Headers) -> str:
    """Return all that is said to somebody who asks for runs, save the id of the request."""
    caller = api.anybody()
    caller.headers.update(headers)
    answer = caller.get("/v1/runs")
    told = sorted(one for one in answer.headers.items() if one[0] != "x-request-id")
    return f"{answer.status_code} {answer.text} {told}"


def test_s3_anybody_may_ask_whether_it_lives(api: Api) -> None:
    """What needs no token is answered without one, and a wrong one does no harm."""
    is_open = [route for route in WHO if route not in GUARDED]
    found = [answered(api, (Call(route, headers) for route in is_open)) for headers in ({}, bearer("x"))]

    assert found == [dict.fromkeys(is_open, 200)] * 2


def test_s3_revocation_and_expiry_hold_at_once_whoever_revokes(api: Api) -> None:
    """The next call after it is refused, also where another process revoked; one microsecond earlier it was not."""
    caller, short = api.caller("eva", "read"), api.anybody()
    short.headers.update(bearer(token(api, "read", days=1)))
    assert caller.get("/v1/runs").status_code == 200
    other = Place(api.place.folder)  # as another process has it: connections of its own
    with other.store.database.writing() as connection:
        tokens.revoke(connection, 1, other.clock.now())
    assert caller.get("/v1/runs").status_code == 401
    api.place.clock.move(timedelta(days=1, microseconds=-1))
    assert short.get("/v1/runs").status_code == 200
    api.place.clock.move(timedelta(microseconds=1))
    assert short.get("/v1/runs").status_code == 401


def test_a_call_writes_nothing_and_its_minute_is_kept_until_it_is_written(api: Api) -> None:
    """What was noted twice in a minute is one use; the next minute is another."""
    caller, database = api.caller("eva", "read"), api.place.store.database
    api.place.clock.move(timedelta(seconds=59))
    last = []
    for minutes in (0, 0, 1):
        api.place.clock.move(timedelta(minutes=minutes))
        assert caller.get("/v1/runs").status_code == 200
        with database.reading() as connection:
            last.append(tokens.listing(connection)[0]["last_used_at"])
        api.service.uses.write(database)
    with database.reading() as connection:
        last.append(tokens.listing(connection)[0]["last_used_at"])
    noon = api.place.clock.now().replace(second=0, minute=0)

    assert last == [None, noon, noon, noon + timedelta(minutes=1)]


def test_what_is_written_is_not_written_again(api: Api) -> None:
    """While nobody calls in another minute, a tick writes nothing."""
    caller, database = api.caller("eva", "read"), api.place.store.database
    last = []
    for seconds in (0, 59, 60):
        api.place.clock.move(timedelta(seconds=seconds))
        caller.get("/v1/runs")
        api.service.uses.write(database)
        with database.writing() as connection:
            last.append(tokens.listing(connection)[0]["last_used_at"])
            connection.execute(update(TOKEN).values(last_used_at=None))

    assert [one is not None for one in last] == [True, False, True]


def test_a_use_that_another_process_saw_later_stays(api: Api) -> None:
    """The later minute holds, whoever writes last."""
    now, database = api.place.clock.now(), api.place.store.database
    token(api, "read")
    with database.writing() as connection:
        tokens.note_uses(connection, {1: now})
        tokens.note_uses(connection, {1: now - timedelta(hours=1), 99: now})

    with database.reading() as connection:
        assert tokens.listing(connection)[0]["last_used_at"] == now
