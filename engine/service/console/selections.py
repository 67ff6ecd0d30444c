"""Selections: how large each is, who is in it, how that went over ninety days, and its export into a file."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from fastapi import Query, Request, Response

from engine.service.console.charts import trend
from engine.service.console.downloads import downloaded
from engine.service.console.pages import pages
from engine.service.console.rendering import shown, to, voice_of
from engine.service.console.sessions import Operating, Seen
from engine.service.disclosed_file import NotWritten
from engine.service.exporting import FORMATS, Export, NoSelection, NotExported, export
from engine.service.http.access import Serving
from engine.service.http.paging import LARGEST, AfterKey
from engine.service.http.problems import HttpProblem
from engine.service.serving import Service
from engine.store import days, selection_feed, selection_page
from engine.store.days import Day
from engine.store.levels import MOST
from engine.vocabulary.calendar import local_date
from engine.vocabulary.problem import nearest_or_all

ROUTES = pages()
MANY = 10_000  # members of one selection that the list of all counts
A_PAGE, MOVES = 50, 15
TREND_DAYS, TICKS = 90, 6
Before = Annotated[int, Query(ge=0, le=LARGEST)]


@ROUTES.get("/selections")
def selections(request: Request, serving: Serving, _visitor: Seen) -> Response:
    """List the selections with their sizes."""
    with serving.store.database.reading() as connection:
        found = selection_page.listing(connection, MANY + 1)
    return shown(request, "selections.html", selections=found, many=MANY, rules=serving.scene.rulebook.rules)


@ROUTES.get("/selections/{name}")
def selection(
    request: Request, serving: Serving, _visitor: Seen, name: str, after: AfterKey = 0, before: Before = LARGEST
) -> Response:
    """Show one: its members, its trend, and who came and went."""
    today = local_date(voice_of(request, serving).now, serving.installation.settings.zone)
    since = today - timedelta(days=TREND_DAYS - 1)
    tables = serving.store.tables
    with serving.store.database.reading() as connection:
        kept = selection_page.named(connection, name, MOST)
        if kept is None or kept.entity not in tables.records:
            raise HttpProblem(404, "unknown", "no rule keeps such a selection")
        members = selection_page.members(connection, tables, kept, after, A_PAGE + 1)
        moves = selection_feed.latest(connection, tables, (kept.key, kept.entity), before, MOVES + 1)
        past = days.of_rule(connection, kept.rule, since)
    levels = [(day.strftime("%m-%d"), level) for day, level in carried(past, since, today)]
    return shown(
        request,
        "selection.html",
        kept=kept,
        rule=serving.scene.rulebook.rules.get(kept.rule),
        address=to("selections", name),
        members=members[:A_PAGE],
        next_member=members[A_PAGE - 1]["key"] if len(members) > A_PAGE else None,
        is_first=after == 0,
        moves=moves[:MOVES],
        next_move=moves[MOVES - 1]["seq"] if len(moves) > MOVES else None,
        plot=trend(levels, every=max(1, len(levels) // TICKS)) if levels else None,
        days=[one for one in reversed(past) if one.day >= since],
        formats=FORMATS,
    )


@ROUTES.post("/selections/{name}/export")
def export_selection(serving: Serving, form: Operating, name: str) -> Response:
    """Hand the members out as a file, as `ansgar export` writes it."""
    suffix = form.text("format")
    if suffix not in FORMATS:
        raise HttpProblem(422, "refused", f"the format: {nearest_or_all(suffix, FORMATS)}")
    fields = tuple(field for one in form.text("fields").split(",") if (field := one.strip()))
    return downloaded(f"{name}{suffix}", lambda file: _export(serving, Export(name, file, fields)))


def carried(past: Sequence[Day], since: date, until: date) -> list[tuple[date, int]]:
    """Return how many cases there were at the end of each day, which stays as it was where nothing moved.

    Days before the first that is known are not there.
    """
    known = {one.day: one.matched for one in past}
    level = next((one.matched for one in reversed(past) if one.day < since), None)
    found = []
    for number in range((until - since).days + 1):
        day = since + timedelta(days=number)
        level = known.get(day, level)
        if level is not None:
            found.append((day, level))
    return found


def _export(serving: Service, wanted: Export) -> None:
    try:
        export(serving.installation, serving.store, serving.scene.rulebook, wanted)
    except NoSelection as error:
        raise HttpProblem(404, "unknown", str(error)) from None
    except NotExported as error:
        raise HttpProblem(422, "refused", str(error)) from None
    except NotWritten:
        folder = Path(wanted.file).parent.parent
        raise HttpProblem(503, "unavailable", f"the file cannot be made in {folder}", retry_after=60) from None
