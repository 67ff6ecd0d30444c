"""Sessions of people at the console: a cookie in place of a token, and proof that a form is one of ours (S10)."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qsl, quote

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from engine.service.http.access import let_in, read_body, service_of
from engine.service.http.problems import HttpProblem
from engine.service.serving import Service
from engine.store import sessions
from engine.store.tokens import Holder
from engine.vocabulary.tongue import LANGUAGES, TONGUES, Tongue

HOME = "/console"
SESSION, LANGUAGE, THEME = "ansgar_session", "ansgar_language", "ansgar_theme"
LASTS = timedelta(hours=12)  # a working day; an unlocked screen is no reason to be let in tomorrow
YEAR = 31_536_000  # seconds that a choice of language or colours lasts
THEMES = ("auto", "light", "dark")
OWN_SITE = {"same-origin", "none"}
MOST_FIELDS = 20_000  # of one form: a batch of ten thousand names each deletion
FOREIGN = "this was not sent from a page of this console, or from one of a session that has ended; load the page again"


class SignedOut(Exception):
    """Nobody is signed in, or not any more."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page: in whose name, in which language and colours, and the word that their forms carry."""

    holder: Holder
    tongue: Tongue
    theme: str
    csrf: str

    def may(self, *scopes: str) -> bool:
        """True for who has one of the scopes."""
        return self.holder.may(*scopes)


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in and sent: texts by name, of which one can have several."""

    fields: tuple[tuple[str, str], ...]

    def text(self, name: str) -> str:
        """Return one text, without spaces around it; empty where there is none."""
        return next((text.strip() for key, text in self.fields if key == name), "")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return all texts of a name."""
        return tuple(text for key, text in self.fields if key == name)


@dataclass(frozen=True)
class Visiting:
    """Lets see a page who is signed in by a token with one of the scopes."""

    scopes: tuple[str, ...]

    async def __call__(self, request: Request) -> Visitor:
        """Return who looks; raises SignedOut."""
        service, secret = await service_of(request), request.cookies.get(SESSION, "")
        held = await run_in_threadpool(_holder, service, secret) if secret else None
        if held is None:
            raise SignedOut
        request.state.visitor = _visitor(request, service, held, secret)
        let_in(request, service, held, *self.scopes)
        found: Visitor = request.state.visitor
        return found


@dataclass(frozen=True)
class Sending:
    """Reads a form that was sent from a page of ours by somebody with one of the scopes."""

    scopes: tuple[str, ...]

    async def __call__(self, request: Request) -> Form:
        """Return the form; raises HttpProblem where somebody else's page may have sent it."""
        check_origin(request)
        visitor = await Visiting(self.scopes)(request)
        form = await form_of(request)
        if not hmac.compare_digest(form.text("csrf"), visitor.csrf):
            raise HttpProblem(403, "foreign", FOREIGN)
        return form


def seen_by(*scopes: str) -> Visiting:
    """Return what lets see a page who has one of the scopes."""
    return Visiting(scopes)


def sent_by(*scopes: str) -> Sending:
    """Return what reads a form of somebody who has one of the scopes."""
    return Sending(scopes)


async def visitor_of(request: Request) -> Visitor:
    """Return who sent a form; it has been read."""
    found: Visitor = request.state.visitor
    return found


def check_origin(request: Request) -> None:
    """Refuse what a browser says another site has sent; a caller that is no browser does not say."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    is_own = site in OWN_SITE if site else origin in {None, f"{request.url.scheme}://{request.headers.get('host')}"}
    if not is_own:
        raise HttpProblem(403, "foreign", FOREIGN)


async def form_of(request: Request) -> Form:
    """Return the form that a request carries; raises HttpProblem where it is none."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind != "application/x-www-form-urlencoded":
        raise HttpProblem(415, "unsupported-media-type", "a form was expected")
    try:
        found = parse_qsl((await read_body(request)).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HttpProblem(422, "refused", f"a form in UTF-8 of {MOST_FIELDS:,} fields at most was expected") from None
    if any("\0" in text for pair in found for text in pair):
        raise HttpProblem(422, "refused", "a text without NUL was expected")
    return Form(tuple(found))


def sign_in(service: Service, held: Holder, response: Response, *, is_secure: bool) -> None:
    """Begin a session for the holder of a token, and let a response carry its cookie."""
    now = service.installation.clock.now()
    with service.store.database.writing() as connection:
        secret = sessions.begin(connection, held.token, now, now + LASTS)
    response.set_cookie(SESSION, secret, path=HOME, secure=is_secure, httponly=True, samesite="lax")


def sign_out(service: Service, request: Request, response: Response) -> None:
    """End the session of a request."""
    with service.store.database.writing() as connection:
        sessions.end(connection, request.cookies.get(SESSION, ""))
    response.delete_cookie(SESSION, path=HOME, httponly=True, samesite="lax")


def remember(response: Response, name: str, choice: str) -> None:
    """Let a browser keep a choice that concerns nobody else."""
    response.set_cookie(name, choice, path=HOME, max_age=YEAR, samesite="lax", httponly=True)


def local(address: str) -> str:
    """Return an address within the console; its first page for any other, so that nobody is led elsewhere."""
    is_ours = address == HOME or address.startswith((f"{HOME}/", f"{HOME}?"))
    return address if is_ours and not any(sign in address for sign in "\\\r\n") else HOME


def path_asked(request: Request) -> str:
    """Return the path of a request as it was sent: an id within it stays quoted."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.decode("latin-1").partition("?")[0]


def sign_in_address(request: Request) -> str:
    """Return where somebody signs in, and comes back from to what they asked for."""
    wanted = path_asked(request) + (f"?{request.url.query}" if request.url.query else "")
    return f"{HOME}/sign-in?next={quote(wanted, safe='/')}" if request.method == "GET" else f"{HOME}/sign-in"


def tongue_of(request: Request, service: Service) -> Tongue:
    """Return the language of a request: the one chosen, else the first that its browser asks for, else our own."""
    asked = [part.partition(";")[0].strip()[:2].lower() for part in _accepted(request)]
    configured = service.installation.settings.languages
    wanted = (request.cookies.get(LANGUAGE, ""), *asked, *configured)
    return TONGUES[next((one for one in wanted if one in LANGUAGES), LANGUAGES[0])]


def theme_of(request: Request) -> str:
    """Return the colours of a request: light, dark, or as its system has them."""
    chosen = request.cookies.get(THEME, "")
    return chosen if chosen in THEMES else THEMES[0]


def _accepted(request: Request) -> list[str]:
    return request.headers.get("accept-language", "").split(",")[:10]


def _visitor(request: Request, service: Service, held: Holder, secret: str) -> Visitor:
    word = hmac.digest(secret.encode(), b"csrf", hashlib.sha256)
    return Visitor(held, tongue_of(request, service), theme_of(request), urlsafe_b64encode(word).decode())


def _holder(service: Service, secret: str) -> Holder | None:
    now = service.installation.clock.now()
    with service.store.database.reading() as connection:
        held = sessions.holder(connection, secret, now)
    if held is not None:
        service.uses.note(held.token, now)
    return held


ByWhom = Annotated[Visitor, Depends(visitor_of)]
Seen = Annotated[Visitor, Depends(seen_by("read"))]
Operating = Annotated[Form, Depends(sent_by("operate"))]
Approving = Annotated[Form, Depends(sent_by("approve"))]
Administering = Annotated[Form, Depends(sent_by("admin"))]
