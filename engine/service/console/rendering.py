"""Rendering: a template becomes a page in the language and colours of who looks; all text in it is inert (S10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.service.console import words
from engine.service.console.assets import address_of
from engine.service.console.chapters import CHAPTERS
from engine.service.console.sessions import HOME, THEMES, Visitor, path_asked, theme_of, tongue_of
from engine.service.report.teller import Teller
from engine.service.report.words import named
from engine.service.serving import Service
from engine.vocabulary.tongue import LANGUAGES

FOLDER = Path(__file__).parent
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONGEST_HOURS = timedelta(days=2)  # below it people count hours
SHORT_DIGEST = 12

# No script, style or frame but our own; a page of ours is framed by nobody, and forms go nowhere else (S10).
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Voice:
    """Says numbers, instants and codes as the console shows them."""

    teller: Teller
    now: datetime

    def say(self, *, en: str, sv: str) -> str:
        """Return the sentence of the language."""
        return self.teller.say(en=en, sv=sv)

    def number(self, number: float | Decimal) -> str:
        """Return a number."""
        return self.teller.tongue.number(number if isinstance(number, Decimal | int) else Decimal(repr(number)))

    def count(self, number: int, *, en: tuple[str, str], sv: tuple[str, str]) -> str:
        """Return how many of something there are: of each language the word for one, and for several."""
        one, many = self.teller.tongue.say(en=en[0], sv=sv[0]), self.teller.tongue.say(en=en[1], sv=sv[1])
        return f"{self.number(number)} {one if number == 1 else many}"

    def stamp(self, at: datetime | None) -> str:
        """Return an instant as tables have it: `2026-03-01 12:00`, in the zone of the installation."""
        return at.astimezone(self.teller.zone).strftime("%Y-%m-%d %H:%M") if at else ""

    def day(self, at: datetime | None) -> str:
        """Return the day of an instant: `2026-03-01`."""
        return at.astimezone(self.teller.zone).date().isoformat() if at else ""

    def near(self, at: datetime) -> str:
        """Return how far from now an instant is: `3 minutes ago`, `in 12 days`."""
        length = abs(at - self.now)
        if length < MINUTE:
            return self.say(en="just now", sv="just nu")
        units = (
            (HOUR, MINUTE, ("minute", "minutes"), ("minut", "minuter")),
            (LONGEST_HOURS, HOUR, ("hour", "hours"), ("timme", "timmar")),
            (timedelta.max, DAY, ("day", "days"), ("dag", "dagar")),
        )
        unit, en, sv = next((unit, en, sv) for below, unit, en, sv in units if length < below)
        told = self.count(length // unit, en=en, sv=sv)
        if at > self.now:
            return self.say(en=f"in {told}", sv=f"om {told}")
        return self.say(en=f"{told} ago", sv=f"för {told} sedan")

    def lasted(self, seconds: float) -> str:
        """Return how long something took: `12 ms`, `3.4 s`."""
        if seconds < 1:
            return f"{self.number(round(seconds * 1_000))} ms"
        return f"{self.number(Decimal(seconds).quantize(Decimal('0.1')))} s"

    def word(self, kind: str, code: str | None) -> str:
        """Return what a code of some kind is called."""
        return named(words.KINDS[kind], code, self.teller.language)


def voice_of(request: Request, service: Service) -> Voice:
    """Return the voice in which a request is answered."""
    installation = service.installation
    teller = Teller(tongue_of(request, service).language, installation.settings.zone)
    return Voice(teller, installation.clock.now())


def shown(request: Request, template: str, status: int = 200, **view: Any) -> Response:
    """Return a page: its template filled in with what it shows."""
    service: Service = request.app.state.service
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    voice = voice_of(request, service)
    frame = {
        "voice": voice,
        "say": voice.say,
        "visitor": visitor,
        "may": visitor.may if visitor else _nobody_may,
        "csrf": visitor.csrf if visitor else "",
        "language": voice.teller.language,
        "languages": LANGUAGES,
        "theme": theme_of(request),
        "themes": THEMES,
        "here": path_asked(request),
        "done": words.DONE.get(request.query_params.get("done", "")),
        "chapters": CHAPTERS,
        "chapter": request.url.path.removeprefix(HOME).strip("/").partition("/")[0],
        "service": service,
        "rulebook": service.scene.rulebook.digest[:SHORT_DIGEST] if service.has_rulebook else None,
        "version": version("ansgar"),
        "zone": service.installation.settings.time_zone,
    }
    content = environment().get_template(template).render(frame | view)
    return Response(content, status, HEADERS, "text/html; charset=utf-8")


def to(*parts: object) -> str:
    """Return the address of a page of the console, each part of it quoted."""
    return "/".join((HOME, *(quote(str(part), safe="") for part in parts)))


@cache
def environment() -> Environment:
    """Return what renders: text is escaped, and a name that is not there is an error."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"asset": address_of, "to": to, "HOME": HOME}
    return made


def _nobody_may(*_scopes: str) -> bool:
    return False
