"""Messages: what goes outside and what became of it, notices to people, and what recipients are told (Art. 19)."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from engine.service import disclosed_to, replaying
from engine.service import messages as outgoing
from engine.service.console.choices import chosen
from engine.service.console.pages import pages, returned
from engine.service.console.rendering import shown, to
from engine.service.console.sessions import ByWhom, Form, Operating, Seen, Visitor
from engine.service.http.access import Serving
from engine.service.http.paging import LARGEST, AfterCursor, AfterKey, cursor, position_of
from engine.service.replaying import Desk
from engine.service.serving import Service
from engine.store import levels, notices, recipients, registry

ROUTES = pages()
A_PAGE = 50
Word = Annotated[str, Query(max_length=200)]
Step = Callable[[Desk, Sequence[str]], None]


@ROUTES.get("/messages")
def messages(
    request: Request, serving: Serving, _visitor: Seen, state: Word = "", rule: Word = "", after: AfterCursor = ""
) -> Response:
    """List what goes outside, the newest first."""
    place = position_of(after, int, int)
    behind = outgoing.BEGIN if place is None else (int(place[0]), int(place[1]))
    with serving.store.database.reading() as connection:
        rules = sorted(registry.registered(connection))
        state, rule = chosen("state", state, outgoing.STATES), chosen("rule", rule, rules)
        asked = outgoing.Asked(state or None, rule or None)
        rulebook = serving.scene.rulebook
        found = outgoing.listed(connection, serving.store.tables, rulebook, asked, A_PAGE, behind)
    goes_on = cursor(found.behind) if found.behind else None
    view = _view("messages", state, outgoing.STATES, found.rows, after) | {"next": goes_on}
    narrowed = urlencode({name: word for name, word in (("state", state), ("rule", rule)) if word})
    view |= {"address": to("messages") + (f"?{narrowed}" if narrowed else "")}
    return shown(request, "messages.html", **view, rule=rule, rules=rules, titles=rulebook.rules)


@ROUTES.post("/messages/replay")
def replay_messages(serving: Serving, form: Operating, visitor: ByWhom) -> Response:
    """Let the chosen ones, which are parked, begin anew."""
    return _do(serving, form, visitor, replaying.replay_messages)


@ROUTES.get("/messages/notices")
def list_notices(
    request: Request, serving: Serving, _visitor: Seen, state: Word = "", after: AfterKey = LARGEST
) -> Response:
    """List notices to people, the newest first."""
    state = chosen("state", state, notices.STATES)
    with serving.store.database.reading() as connection:
        found = notices.listing(connection, state or None, A_PAGE + 1, after)
    view = _view("notices", state, notices.STATES, found, "" if after == LARGEST else str(after))
    return shown(request, "notices.html", **view)


@ROUTES.post("/messages/notices/replay")
def replay_notices(serving: Serving, form: Operating, visitor: ByWhom) -> Response:
    """Let the chosen ones, which are parked, begin anew."""
    return _do(serving, form, visitor, replaying.replay_notices)


@ROUTES.get("/messages/recipients")
def list_recipients(
    request: Request, serving: Serving, _visitor: Seen, state: Word = "", after: AfterKey = LARGEST
) -> Response:
    """List recipients with their sums, and what they were or are to be told, the newest first."""
    state = chosen("state", state, recipients.STATES)
    with serving.store.database.reading() as connection:
        sums = disclosed_to.sums(connection, serving.installation.settings, levels.MOST)
        found = recipients.listing(connection, state=state or None, limit=A_PAGE + 1, before=after)
    view = _view("recipients", state, recipients.STATES, found, "" if after == LARGEST else str(after))
    return shown(request, "recipients.html", **view, sums=sums, most=levels.MOST)


@ROUTES.post("/messages/recipients/replay")
def replay_told(serving: Serving, form: Operating, visitor: ByWhom) -> Response:
    """Let the chosen ones, which are parked, begin anew."""
    return _do(serving, form, visitor, replaying.replay_told)


@ROUTES.post("/messages/recipients/settle")
def settle_told(serving: Serving, form: Operating, visitor: ByWhom) -> Response:
    """Note of the chosen ones that recipients were told by other means, or cannot be."""
    reason = form.text("reason")

    def settle(desk: Desk, ids: Sequence[str]) -> None:
        replaying.settle_told(desk, ids, reason)

    return _do(serving, form, visitor, settle, "settled")


def _view(part: str, state: str, states: Sequence[str], found: Sequence[Any], after: str) -> dict[str, Any]:
    """Return what the lists of this chapter have in common."""
    path = to("messages") if part == "messages" else to("messages", part)
    return {
        "part": part,
        "rows": found[:A_PAGE],
        "next": found[A_PAGE - 1]["id"] if len(found) > A_PAGE else None,
        "is_first": not after,
        "state": state,
        "states": states,
        "path": path,
        "address": path + (f"?{urlencode({'state': state})}" if state else ""),
    }


def _do(serving: Service, form: Form, visitor: Visitor, step: Step, done: str = "replayed") -> Response:
    desk = Desk(serving.installation, serving.store, visitor.holder.name)
    step(desk, form.texts("ids"))
    serving.wake()
    return returned(form, to("messages"), done)
