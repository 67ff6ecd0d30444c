"""Access to the console (S3, S10): who sees which page and does what; nothing is done but by a form of its own pages."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from engine.service.console.sessions import LASTS
from engine.service.pruning import prune
from engine.store import tokens
from engine.store.tokens import SCOPES
from tests.consoles import Console, served, word_of
from tests.installations import Place

ANYBODY = "anybody"
# Of every route of the console: the scopes of which a token needs one; `admin` has all. A new route needs a decision.
WHO = {
    "GET /console": "read",
    "GET /console/sign-in": ANYBODY,
    "POST /console/sign-in": ANYBODY,
    "POST /console/preferences": ANYBODY,
    "POST /console/sign-out": "crm read operate approve admin",
    "GET /console/deletions": "read",
    "POST /console/deletions/forecast": "operate",
    "GET /console/deletions/{deletion}": "read",
    "POST /console/deletions/{deletion}/release": "approve",
    "POST /console/deletions/{deletion}/keep": "operate",
    "POST /console/deletions/{deletion}/restore": "operate",
    "GET /console/deletions/batches/{batch}": "read",
    "POST /console/deletions/batches/{batch}/approve": "approve",
    "POST /console/deletions/batches/{batch}/keep": "operate",
    "GET /console/reviews": "read",
    "GET /console/reviews/{review}": "read",
    "POST /console/reviews/{review}/answer": "operate",
    "GET /console/assets/{digest}/{name}": ANYBODY,
    "GET /console/contacts": "read",
    "POST /console/contacts": "read",
    **{f"GET /console/{kind}/{{record}}": "read" for kind in ("contacts", "companies", "projects")},
    **{f"GET /console/{kind}/{{record}}/explain": "read" for kind in ("contacts", "companies", "projects")},
    **{f"GET /console/{kind}/{{record}}/report": "read" for kind in ("contacts", "companies", "projects")},
    **{f"POST /console/{kind}/{{record}}/{{deed}}": "operate" for kind in ("contacts", "companies", "projects")},
    "GET /console/runs": "read",
    "GET /console/runs/{run}": "read",
    "GET /console/runs/{run}/rules/{rule}": "read",
    "POST /console/rules/{rule}/funnel": "operate",
    "GET /console/live": "read",
    "GET /console/{rest:path}": "crm read operate approve admin",
    "GET /console/rules": "read",
    "GET /console/rules/{rule}": "read",
    "GET /console/rules/{rule}/cases": "read",
    "GET /console/rules/{rule}/stopped": "read",
    "GET /console/rules/{rule}/edit": "admin",
    "POST /console/rules/{rule}/edit": "admin",
    "POST /console/rules/{rule}/run": "operate",
    "POST /console/rules/{rule}/tests": "operate",
    "POST /console/rules/{rule}/pause": "operate",
    "POST /console/rules/{rule}/release": "approve",
    "POST /console/rules/{rule}/plan": "approve",
    "POST /console/rules/{rule}/promote": "approve",
    "POST /console/rules/{rule}/retire": "admin",
    "GET /console/selections": "read",
    "GET /console/selections/{name}": "read",
    "POST /console/selections/{name}/export": "operate",
    "GET /console/alerts": "read",
    "POST /console/alerts/{alert}/lower": "operate",
    "GET /console/holds": "read",
    "POST /console/holds": "operate",
    "POST /console/holds/{hold}/lift": "operate",
    "POST /console/restrictions/lift": "operate",
    "POST /console/restrictions/permit": "operate",
    "POST /console/restrictions/permissions/{permission}/withdraw": "operate",
    "GET /console/messages": "read",
    "POST /console/messages/replay": "operate",
    "GET /console/messages/notices": "read",
    "POST /console/messages/notices/replay": "operate",
    "GET /console/messages/recipients": "read",
    "POST /console/messages/recipients/replay": "operate",
    "POST /console/messages/recipients/settle": "operate",
    "GET /console/audit": "read",
    "POST /console/audit/verify": "operate",
    "POST /console/audit/export": "admin",
}
GUARDED = {route: set(scopes.split()) for route, scopes in WHO.items() if scopes != ANYBODY}
ACTING = [route for route in GUARDED if route.startswith("POST")]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """Give the console of an empty place."""
    with served(Place(tmp_path)) as found:
        yield found


def address(route: str) -> str:
    """Return an address of a route: for each part that varies, something that is nowhere."""
    return "/".join("999999" if part.startswith("{") else part for part in route.partition(" ")[2].split("/"))


def called(client: httpx.Client, route: str, **form: str) -> httpx.Response:
    """Call a route; return the answer, wherever that leads. Of one that does not end its beginning is enough."""
    method = route.partition(" ")[0]
    with client.stream(method, address(route), data=form or {"nothing": ""}) as found:
        if not found.headers.get("content-type", "").startswith("text/event-stream"):
            found.read()
    return found


def test_s3_every_route_of_the_console_has_a_decision(console: Console) -> None:
    """The list of routes below /console is the list of decisions: none is missing, none is of a route that is gone."""
    routes = {
        f"{method} {one.path}".replace(":id}", "}")
        for one in iter_route_contexts(console.app.routes)
        for method in one.methods or ()
        if method != "HEAD" and str(one.path).startswith("/console")
    }

    assert routes == set(WHO)


@pytest.mark.parametrize("route", GUARDED)
def test_s10_who_is_not_signed_in_is_led_to_the_sign_in(console: Console, route: str) -> None:
    """No page and no act without a session: one is asked to sign in, and is led back to what was asked for."""
    found = called(console.browser(), route)

    assert found.status_code == 303
    assert found.headers["location"].startswith("/console/sign-in")


@pytest.mark.parametrize("scope", SCOPES)
def test_s3_a_session_may_what_its_token_may(console: Console, scope: str) -> None:
    """A page or an act of another scope is refused, as a page, before the form is read."""
    client = console.visitor(scope)
    found = {route: called(client, route, csrf="wrong").status_code for route in GUARDED if "sign-out" not in route}
    mine = {route for route, scopes in GUARDED.items() if scope in {*scopes, "admin"} and "sign-out" not in route}
    pages = {route for route in mine if route.startswith("GET")}

    assert {found[route] for route in pages} <= {200, 404}
    assert {status for route, status in found.items() if route not in pages} <= {403}


@pytest.mark.parametrize("route", ACTING)
def test_s10_nothing_is_done_without_the_word_of_the_session(console: Console, route: str) -> None:
    """A form that lacks the word, or has that of another session, is refused."""
    client, other = console.visitor(), console.visitor()

    assert called(client, route).status_code == 403
    assert called(client, route, csrf=word_of(other)).status_code == 403
    assert word_of(client) != word_of(other)


@pytest.mark.parametrize("route", [*ACTING, "POST /console/sign-in", "POST /console/preferences"])
@pytest.mark.parametrize(
    "sender",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_s10_what_another_site_sends_is_refused(console: Console, route: str, sender: dict[str, str]) -> None:
    """Also with the right cookie and word: the browser says where a form comes from."""
    client = console.visitor()
    found = client.post(address(route), data={"csrf": word_of(client), "token": console.token()}, headers=sender)

    assert found.status_code == 403
    assert "set-cookie" not in found.headers


@pytest.mark.parametrize("path", ["/console", "/console/sign-in", "/console/nowhere", "/console?done=signed_out"])
def test_s10_every_page_forbids_what_is_not_its_own(console: Console, path: str) -> None:
    """No inline script or style, nothing from elsewhere, no frame around it, and no copy of it anywhere."""
    found = console.visitor().get(path)
    policy = dict(part.strip().partition(" ")[::2] for part in found.headers["content-security-policy"].split(";"))

    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert (found.headers["x-frame-options"], found.headers["cache-control"]) == ("DENY", "no-store")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", found.text)
    assert not re.search(r"(?:src|href|action)=\"(?!/console)(?!#)", found.text)


def test_s10_the_cookie_of_a_session_is_out_of_reach(console: Console) -> None:
    """No script reads it, no other site's form brings it, and it is not the token."""
    token = console.token()
    found = httpx.post(f"{console.url}/sign-in", data={"token": token})
    cookie = found.headers["set-cookie"]

    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/console"))
    assert token not in cookie
    assert token not in found.text


def test_s10_a_session_ends_with_its_token_its_time_or_a_word(console: Console) -> None:
    """Signed out, revoked, or after twelve hours: the cookie is good for nothing."""
    out, late, revoked = console.visitor(), console.visitor(), console.visitor()
    cookie = {"ansgar_session": out.cookies["ansgar_session"]}
    assert out.post("/console/sign-out", data={"csrf": word_of(out)}).status_code == 303
    with console.place.store.database.writing() as connection:
        tokens.revoke(connection, tokens.newest(connection), console.place.clock.now())

    assert "ansgar_session" not in out.cookies
    assert httpx.get(console.url, cookies=cookie).status_code == 303
    assert (late.get("/console").status_code, revoked.get("/console").status_code) == (200, 303)
    console.place.clock.move(LASTS)
    assert late.get("/console").status_code == 303


def test_s10_a_wrong_token_signs_nobody_in(console: Console) -> None:
    """The page says so, and nothing of what was sent stands in it."""
    found = httpx.post(f"{console.url}/sign-in", data={"token": "ansgar_wrong", "next": "/console/runs"})

    assert (found.status_code, "set-cookie" in found.headers) == (401, False)
    assert "ansgar_wrong" not in found.text
    assert 'value="/console/runs"' in found.text


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/console.evil.example",
        "/\\evil.example",
        "/v1/contacts",
        "/console\r\nx: y",
    ],
)
def test_s10_nobody_is_led_elsewhere(console: Console, wanted: str) -> None:
    """After the sign-in one comes to a page of the console, whatever the address said."""
    found = httpx.post(f"{console.url}/sign-in", data={"token": console.token(), "next": wanted})

    assert found.headers["location"] == "/console"


def test_s10_pages_are_in_the_language_and_colours_that_were_chosen(console: Console) -> None:
    """The choice lasts; before it, the language is the browser's."""
    client = console.visitor()
    asked = client.get("/console", headers={"accept-language": "sv-SE,sv;q=0.9,en;q=0.8"})
    client.post("/console/preferences", data={"language": "sv", "theme": "dark", "next": "/console"})
    chosen = client.get("/console", headers={"accept-language": "en"})

    assert '<html lang="sv" data-theme="auto">' in asked.text
    assert '<html lang="sv" data-theme="dark">' in chosen.text


def test_sessions_that_are_over_are_removed(console: Console) -> None:
    """Pruning leaves no row of a session that has expired."""
    console.visitor()
    console.place.clock.move(LASTS + timedelta(seconds=1))

    assert prune(console.place.scene(), console.place.installation.moment())["sessions"] == 1
