"""The page of a record: who it is, what stands about it, what will happen, what every rule says, and what is held."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from fastapi import Request, Response
from starlette.convertors import register_url_convertor

from engine.service.console import portrait
from engine.service.console.finding import Gone, gone
from engine.service.console.pages import pages
from engine.service.console.portrait import Portrait, Whom
from engine.service.console.rendering import Voice, shown, voice_of
from engine.service.console.sessions import Seen
from engine.service.http.access import Serving
from engine.service.http.addresses import IdConvertor
from engine.service.report.document import Items, Told
from engine.service.restricting import GROUNDS
from engine.store.restrictions import USES

register_url_convertor("id", IdConvertor())
ROUTES = pages()
KINDS = {"contact": "contacts", "company": "companies", "project": "projects"}  # those that have pages
MOST_ITEMS = 100  # of a collection that the page shows; the report has all
SEVERITY_TONES = {"info": "info", "warning": "warn", "blocking": "bad"}
VERDICT_TONES = {"match": "good", "undecided": "warn", "waiting": "info"}


def _showing(entity: str, plural: str) -> Callable[..., Response]:
    def show(request: Request, record: str, serving: Serving, _visitor: Seen, ahead: str = "") -> Response:
        """Show the page, or that nothing is known of such an id, and whether it was erased here."""
        voice, whom = voice_of(request, serving), Whom(entity, plural, record)
        moment = serving.installation.moment()
        with serving.store.database.reading() as connection:
            found = portrait.read(serving.scene, connection, whom, voice, moment, ahead=ahead == "all")
            lost = gone(serving.scene, connection, entity, record) if found is None else None
        return _page(request, whom, found, voice) if found else absent(request, whom, lost)

    return show


def absent(request: Request, whom: Whom, lost: Gone | None) -> Response:
    """Return the page of an id of which nothing is known, but for what is left of an erasure."""
    return shown(request, "absent.html", 404, whom=whom, gone=lost)


def _page(request: Request, whom: Whom, found: Portrait, voice: Voice) -> Response:
    protected = found.protection
    return shown(
        request,
        "record.html",
        whom=whom,
        it=found,
        fields=[(one.label, value_of(one, voice), one) for one in found.report.fields if one.is_there],
        empty=[one.label for one in found.report.fields if not one.is_there],
        collections=[(one, *table_of(one, voice)) for one in found.report.collections if one.items],
        held=bool(protected and protected.holds),
        restricted=bool(found.card and found.card["restricted"]),
        uses=USES,
        grounds=GROUNDS,
        today=voice.now.astimezone(voice.teller.zone).date().isoformat(),
        severity_tones=SEVERITY_TONES,
        verdict_tones=VERDICT_TONES,
    )


def value_of(one: Told, voice: Voice) -> str:
    """Return a value as tables have it: days and instants in figures, all else as the report has it."""
    if not one.unclear:
        match one.value:
            case datetime():
                return voice.stamp(one.value)
            case date():
                return one.value.isoformat()
            case Decimal():
                return voice.number(one.value)
    return voice.teller.value(one)


def table_of(one: Items, voice: Voice) -> tuple[list[str], list[list[str]]]:
    """Return the columns that have something in them, and the rows below them: the first so many."""
    shape, items = one.items[0][1], one.items[:MOST_ITEMS]
    used = [number for number, _ in enumerate(shape) if any(values[number].is_there for _, values in items)]
    rows = [[value_of(values[number], voice) for number in used] for _, values in items]
    return [shape[number].label for number in used], rows


for _entity, _plural in KINDS.items():
    ROUTES.add_api_route(f"/{_plural}/{{record:id}}", _showing(_entity, _plural), methods=["GET"])
