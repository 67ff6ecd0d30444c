"""Deletions: what waits for an approval, what comes to be due when, and the queue of all deletions by their state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request, Response

from engine.service.console.ninety_days import DAYS, Drawing, drawing, expected
from engine.service.console.pages import moved, pages
from engine.service.console.rendering import Voice, shown, to, voice_of
from engine.service.console.sessions import Operating, Seen
from engine.service.http.access import Serving
from engine.service.http.paging import AfterCursor, cursor, position_of
from engine.service.http.problems import HttpProblem
from engine.service.serving import Service
from engine.store import batches, deletion_queue, levels
from engine.store.batches import Batch
from engine.store.columns import to_microseconds
from engine.store.database import Connection
from engine.store.deletions import ENDS, MOVES, Deletion
from engine.vocabulary.calendar import end_of_day

ROUTES = pages()
PAGE, FEW = 50, 10  # deletions of a page of the queue, and batches of the page
# What needs somebody stands first; a page without a state shows the first of which there is something.
ORDER = ("held", "failed", "refused", "due", "approved", "warned", "scheduled", "kept", "ordered", "confirmed")
STATES = (*ORDER, *(state for state in MOVES if state not in ORDER))
TONES = {"held": "warn", "failed": "bad", "refused": "bad"}


@dataclass(frozen=True, slots=True)
class Queue:
    """What the page shows: how many there are of each state, those of one state, and where the next page begins."""

    counts: dict[str, int]
    state: str
    found: Sequence[Deletion]
    next: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Batches that wait for an approval, and where the next page of them begins."""

    found: Sequence[Batch]
    next: str


@ROUTES.get("/deletions")
def deletions(
    request: Request,
    serving: Serving,
    _visitor: Seen,
    state: str = "",
    after: AfterCursor = "",
    batches: AfterCursor = "",
) -> Response:
    """Show the page."""
    if state and state not in MOVES:
        raise HttpProblem(404, "unknown", f"no deletion has such a state; there are: {', '.join(STATES)}")
    voice = voice_of(request, serving)
    today = serving.installation.moment().today
    with serving.store.database.reading() as connection:
        queue = _queue(connection, serving, state, after)
        waiting = _waiting(connection, batches)
        until = end_of_day(today + timedelta(days=DAYS), voice.teller.zone)
        coming = deletion_queue.coming(connection, until, voice.teller.zone)
    return shown(
        request,
        "deletions.html",
        queue=queue,
        waiting=waiting,
        is_first=not after,
        rules=serving.scene.rulebook.rules,
        coming=drawing(coming, serving.scene.rulebook, voice),
        foreseen=_foreseen(serving, voice),
        foresight=serving.foresight,
        states=STATES,
        tones=TONES,
        most=levels.MOST,
        days=DAYS,
    )


@ROUTES.post("/deletions/forecast")
def begin_forecast(serving: Serving, _form: Operating) -> Response:
    """Begin to make a forecast, beside all else."""
    serving.foresight.begin(serving.scene, DAYS)
    return moved(to("deletions") + "#forecast", "forecast_begun")


def _foreseen(serving: Service, voice: Voice) -> Drawing | None:
    newest = serving.foresight.newest
    return drawing(expected(newest.forecast), serving.scene.rulebook, voice) if newest is not None else None


def _queue(connection: Connection, serving: Service, state: str, after: str) -> Queue:
    counts = levels.of_deletions(connection)
    chosen = state or next((one for one in STATES if counts[one]), ORDER[0])
    place = position_of(after, int, int)
    behind = None if place is None else (int(place[0]), int(place[1]))
    found = deletion_queue.in_state(
        connection, serving.store.tables, chosen, PAGE + 1, behind, newest_first=chosen in ENDS
    )
    last = found[PAGE - 1] if len(found) > PAGE else None
    goes_on = cursor((to_microseconds(last.due_at), last.key)) if last is not None else ""
    return Queue(counts, chosen, found[:PAGE], goes_on)


def _waiting(connection: Connection, after: str) -> Waiting:
    place = position_of(after, str, int, int)
    behind = None if place is None else (str(place[0]), int(place[1]), int(place[2]))
    found = batches.waiting(connection, FEW + 1, levels.MOST, behind)
    last = found[FEW - 1] if len(found) > FEW else None
    goes_on = cursor((last.state, to_microseconds(last.answer_by), last.key)) if last is not None else ""
    return Waiting(found[:FEW], goes_on)
