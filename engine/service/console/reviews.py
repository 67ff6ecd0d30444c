"""Reviews: what waits for a person (Art. 22), all that is needed to answer one, and the answer."""

from collections.abc import Sequence

from fastapi import Request, Response

from engine.service import reviewing
from engine.service.console.pages import moved, pages
from engine.service.console.rendering import shown, to, voice_of
from engine.service.console.said import reason_of
from engine.service.console.sessions import ByWhom, Operating, Seen
from engine.service.doubts import Doubts, is_clock_off
from engine.service.http.access import Serving
from engine.service.http.paging import AfterCursor, Key, cursor, position_of
from engine.service.http.problems import HttpProblem
from engine.service.review_queue import question_of
from engine.service.reviewing import Answer, describer_of
from engine.service.serving import Service
from engine.store import reviews as stored
from engine.store.columns import to_microseconds
from engine.store.database import Connection
from engine.store.reviews import ANSWERED, OPEN, VOID, Review

ROUTES = pages()
PAGE = 50
STATES = (OPEN, ANSWERED, VOID)
SECTIONS = ("grounds", "criteria", "then")
NO_TERM = 0  # in the place of when an answer is due


@ROUTES.get("/reviews")
def reviews(request: Request, serving: Serving, _visitor: Seen, state: str = OPEN, after: AfterCursor = "") -> Response:
    """Show the reviews of a state: open ones by when an answer is due, ended ones on demand, the newest first."""
    if state not in STATES:
        raise HttpProblem(404, "unknown", f"no review has such a state; there are: {', '.join(STATES)}")
    with serving.store.database.reading() as connection:
        found = _found(connection, serving, state, after)
    rulebook, last = serving.scene.rulebook, found[PAGE - 1] if len(found) > PAGE else None
    return shown(
        request,
        "reviews.html",
        found=[(one, question_of(rulebook, one)) for one in found[:PAGE]],
        rules=rulebook.rules,
        state=state,
        states=STATES,
        next=_place(last) if last is not None else "",
        is_first=not after,
    )


@ROUTES.get("/reviews/{review}")
def review(request: Request, serving: Serving, _visitor: Seen, review: Key) -> Response:
    """Show all that a person needs to answer."""
    scene, language = serving.scene, voice_of(request, serving).teller.language
    with serving.store.database.reading() as connection:
        one = stored.by_key(connection, serving.store.tables, review)
        around = Doubts(is_clock_off(scene, connection))
    if one is None:
        raise HttpProblem(404, "unknown", f"there is no review {review}")
    seen = reviewing.shown(scene, review, serving.installation.moment(), language, around)
    rule, asked = scene.rulebook.rules.get(one.rule), question_of(scene.rulebook, one)
    describer = describer_of(serving.installation, scene.rulebook, language)
    told = describer.describe(rule).sections if rule is not None else ()
    return shown(
        request,
        "review.html",
        one=one,
        seen=seen,
        head=seen.head,
        rule=rule,
        asked=asked,
        tree=describer.spoken(rule, seen.tree) if rule is not None and seen.tree is not None else None,
        is_late=one.state == OPEN and one.due_at is not None and one.due_at < serving.installation.clock.now(),
        sections=[each for each in told if each.name in SECTIONS],
    )


@ROUTES.post("/reviews/{review}/answer")
def answer(serving: Serving, form: Operating, visitor: ByWhom, review: Key) -> Response:
    """Answer in the name of who is signed in."""
    said = Answer(form.text("answer"), reason_of(form), visitor.holder.name)
    reviewing.answer(serving.scene, review, said, serving.installation.moment())
    serving.wake()
    return moved(to("reviews", review), "review_answered")


def _found(connection: Connection, serving: Service, state: str, after: str) -> Sequence[Review]:
    place, tables = position_of(after, int, int), serving.store.tables
    if state != OPEN:
        return stored.ended(connection, tables, state, PAGE + 1, int(place[1]) if place is not None else None)
    behind = None if place is None else (int(place[0]) or None, int(place[1]))
    return stored.open_by_due(connection, tables, PAGE + 1, behind)


def _place(one: Review) -> str:
    return cursor((to_microseconds(one.due_at) if one.due_at is not None else NO_TERM, one.key))
