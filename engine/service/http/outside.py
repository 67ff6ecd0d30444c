"""Routes about what goes outside: messages, notices to people, what recipients are told; what was parked goes on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.model.snapshot import Refusal, Refused
from engine.model.values import is_storable
from engine.service import disclosed_to, messages, replaying
from engine.service.http.access import READ, Caller, OperatorBody, Serving
from engine.service.http.described.outside import (
    MESSAGES,
    MESSAGES_REPLAYED,
    NOTICES,
    NOTICES_REPLAYED,
    RECIPIENTS,
    TOLD,
    TOLD_REPLAYED,
    TOLD_SETTLED,
)
from engine.service.http.described.shapes import told
from engine.service.http.paging import LARGEST, AfterCursor, AfterKey, Limit, cursor, position_of
from engine.service.http.problems import HttpProblem
from engine.service.http.said import MOST_IDS, ids, said, text
from engine.service.http.served import routes
from engine.service.replaying import Desk
from engine.service.serving import Service
from engine.store import levels, notices, recipients
from engine.store.intents import PENDING
from engine.store.recipients import SETTLED
from engine.vocabulary.problem import nearest_or_all

ROUTES = routes("/v1")
Json = dict[str, Any]
Page = tuple[list[Json], int | None]


@ROUTES.get("/messages", dependencies=READ, **told(MESSAGES))
def list_messages(
    serving: Serving, state: str = "", rule: str = "", after: AfterCursor = "", limit: Limit = 200
) -> Json:
    """List what goes outside, the newest first, with the reason why it waits, was withheld or is parked."""
    _check_state(state, messages.STATES)
    _check_text("rule", rule)
    place = position_of(after, int, int)
    behind = messages.BEGIN if place is None else (int(place[0]), int(place[1]))
    asked = messages.Asked(state or None, rule or None)
    with serving.store.database.reading() as connection:
        page = messages.listed(connection, serving.store.tables, serving.scene.rulebook, asked, limit, behind)
    rows = [messages.as_told(row) for row in page.rows]
    return {"messages": rows, "next": cursor(page.behind) if page.behind else None}


@ROUTES.post("/messages/replay", **told(MESSAGES_REPLAYED))
def replay_messages(raw: OperatorBody, serving: Serving, caller: Caller) -> Json:
    """Let parked messages begin anew, all of `ids` or none; who has been reached before is not told twice."""
    wanted = _message_ids(said(raw, "ids"))
    replaying.replay_messages(_desk(serving, caller), [str(one) for one in wanted])
    serving.wake()
    return {"messages": [{"id": one, "state": PENDING} for one in wanted]}


@ROUTES.get("/notices", dependencies=READ, **told(NOTICES))
def list_notices(serving: Serving, state: str = "", after: AfterKey = LARGEST, limit: Limit = 200) -> Json:
    """List notices, the newest first: what waits for a person, who was told, and why somebody was not."""
    _check_state(state, notices.STATES)
    with serving.store.database.reading() as connection:
        found, goes_on = _page(notices.listing(connection, state or None, limit + 1, after), limit)
    return {"notices": found, "next": goes_on}


@ROUTES.post("/notices/replay", **told(NOTICES_REPLAYED))
def replay_notices(raw: OperatorBody, serving: Serving, caller: Caller) -> Json:
    """Let parked notices begin anew, all of `ids` or none."""
    return {"notices": _do(serving, caller, ids(said(raw, "ids")), replaying.replay_notices, PENDING)}


@ROUTES.get("/recipients", dependencies=READ, **told(RECIPIENTS))
def list_recipients(serving: Serving) -> Json:
    """List recipients with how much each was told, how much waits, and how much could not be told."""
    with serving.store.database.reading() as connection:
        found = disclosed_to.sums(connection, serving.installation.settings, levels.MOST)
    return {"recipients": found, "next": None}


@ROUTES.get("/recipients/told", dependencies=READ, **told(TOLD))
def list_told(
    serving: Serving,
    state: str = "",
    contact: str = "",
    entity: str = "contact",
    after: AfterKey = LARGEST,
    limit: Limit = 200,
) -> Json:
    """List what recipients were or are to be told, the newest first; of an erased contact, too, by its old id."""
    _check_state(state, recipients.STATES)
    for name, value in (("contact", contact), ("entity", entity)):
        _check_text(name, value)
    hashes = serving.scene.tombstones.id_hashes(entity, contact) if contact else None
    with serving.store.database.reading() as connection:
        rows = recipients.listing(connection, id_hashes=hashes, state=state or None, limit=limit + 1, before=after)
    found, goes_on = _page(rows, limit)
    return {"told": found, "next": goes_on}


@ROUTES.post("/recipients/replay", **told(TOLD_REPLAYED))
def replay_told(raw: OperatorBody, serving: Serving, caller: Caller) -> Json:
    """Let what is parked begin anew, under its old key; a recipient that took no more calls is called again."""
    return {"told": _do(serving, caller, ids(said(raw, "ids")), replaying.replay_told, PENDING)}


@ROUTES.post("/recipients/settle", **told(TOLD_SETTLED))
def settle_told(raw: OperatorBody, serving: Serving, caller: Caller) -> Json:
    """Note that recipients were told by other means, or cannot be: `reason` says which, and names nobody."""
    found = said(raw, "ids", "reason")
    reason = text(found, "reason", needed=True)

    def settle(desk: Desk, those: Sequence[str]) -> None:
        replaying.settle_told(desk, those, reason)

    return {"told": _do(serving, caller, ids(found), settle, SETTLED)}


def _do(
    serving: Service, caller: str, wanted: Sequence[int], step: Callable[[Desk, Sequence[str]], None], state: str
) -> list[Json]:
    step(_desk(serving, caller), [str(one) for one in wanted])
    serving.wake()
    return [{"id": one, "state": state} for one in wanted]


def _desk(serving: Service, caller: str) -> Desk:
    return Desk(serving.installation, serving.store, caller)


def _page(rows: list[Json], limit: int) -> Page:
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None


def _check_state(state: str, known: Sequence[str]) -> None:
    if state and state not in known:
        raise HttpProblem(422, "refused", f"`state`: {nearest_or_all(state, known)}")


def _check_text(name: str, value: str) -> None:
    if not is_storable(value) or "\0" in value:
        raise HttpProblem(422, "refused", f"`{name}`: a text without NUL and lone surrogates was expected")


def _message_ids(found: Mapping[str, Any]) -> list[int | str]:
    """Return ids of messages: numbers, and `move-17` for what the CRM is told of a move."""
    value = found.get("ids", [])
    if not isinstance(value, list) or len(value) > MOST_IDS or not all(_is_id(one) for one in value):
        expected = f'a list of {MOST_IDS:,} ids at most was expected, such as [17, "move-18"]'
        raise Refused([Refusal("/ids", expected)])
    return value


def _is_id(one: object) -> bool:
    return isinstance(one, int | str) and not isinstance(one, bool) and is_storable(str(one)[:100])
