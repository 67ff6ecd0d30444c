"""Holds, and restrictions of processing (Art. 18): what stands, what is late, and what people do about them."""

from datetime import datetime
from typing import Any

from fastapi import Request, Response

from engine.model.snapshot import Refusal, Refused
from engine.service import holding, restricting
from engine.service.console.pages import pages, returned
from engine.service.console.rendering import shown, to
from engine.service.console.sessions import ByWhom, Operating, Seen
from engine.service.http.access import Serving
from engine.service.http.paging import AfterCursor, AfterKey, Key, cursor, position_of
from engine.service.restricting import GROUNDS, Permit
from engine.service.serving import Service
from engine.store import holds as store
from engine.store.database import Connection
from engine.store.levels import MOST
from engine.store.restrictions import USES

ROUTES = pages()
A_PAGE = 50
Row = dict[str, Any]


@ROUTES.get("/holds")
def holds(
    request: Request,
    serving: Serving,
    _visitor: Seen,
    late: str = "",
    after: AfterCursor = "",
    restricted_after: AfterKey = 0,
) -> Response:
    """List active holds, or the late ones, and open restrictions."""
    installation = serving.installation
    with serving.store.database.reading() as connection:
        found = _late(serving, connection, after) if late else _all(serving, connection, after)
        restricted = restricting.page(installation, serving.store, connection, restricted_after, A_PAGE + 1)
        view = {
            "active": store.count(connection, MOST),
            "overdue": holding.overdue(connection, installation.moment()),
        }
    last = found[A_PAGE - 1] if len(found) > A_PAGE else None
    return shown(
        request,
        "holds.html",
        **view,
        holds=found[:A_PAGE],
        next=last and cursor((last["review_at"].isoformat(), last["id"]) if late else (last["id"],)),
        is_first=not after,
        late=bool(late),
        address=to("holds") + ("?late=yes" if late else ""),
        restricted=restricted[:A_PAGE],
        next_restricted=restricted[A_PAGE - 1]["id"] if len(restricted) > A_PAGE else None,
        people=_people(serving),
        entities=tuple(serving.store.tables.records),
        uses=USES,
        grounds=GROUNDS,
    )


@ROUTES.post("/holds")
def place(serving: Serving, form: Operating, visitor: ByWhom) -> Response:
    """Place a hold on a contact."""
    told = {name: form.text(name) for name in ("reason", "name", "owner", "review")}
    wanted = holding.HoldWanted(form.text("contact"), **told, entity=form.text("entity") or "contact")
    holding.place(serving.installation, serving.store, wanted, visitor.holder.name)
    serving.wake()
    return returned(form, to("holds"), "hold_placed")


@ROUTES.post("/holds/{hold}/lift")
def lift(serving: Serving, form: Operating, visitor: ByWhom, hold: Key) -> Response:
    """Lift a hold."""
    holding.lift(serving.installation, serving.store, hold, visitor.holder.name)
    serving.wake()
    return returned(form, to("holds"), "hold_lifted")


@ROUTES.post("/restrictions/lift")
def lift_restriction(serving: Serving, form: Operating, visitor: ByWhom) -> Response:
    """Record on which day the person was told; the restriction ends once the flag is no longer set."""
    contact, told, entity = (form.text(name) for name in ("contact", "told", "entity"))
    by = visitor.holder.name
    has_ended = restricting.lift(serving.installation, serving.store, contact, told, by, entity or "contact")
    serving.wake()
    return returned(form, to("holds"), "restriction_lifted" if has_ended else "restriction_told")


@ROUTES.post("/restrictions/permit")
def permit(serving: Serving, form: Operating, visitor: ByWhom) -> Response:
    """Permit a use of a restricted contact."""
    wanted = Permit(form.text("use"), form.text("ground"), form.text("said"), visitor.holder.name)
    entity = form.text("entity") or "contact"
    restricting.permit(serving.installation, serving.store, form.text("contact"), wanted, entity)
    serving.wake()
    return returned(form, to("holds"), "use_permitted")


@ROUTES.post("/restrictions/permissions/{permission}/withdraw")
def withdraw(serving: Serving, form: Operating, visitor: ByWhom, permission: Key) -> Response:
    """Withdraw a permission."""
    restricting.withdraw(serving.installation, serving.store, permission, visitor.holder.name)
    serving.wake()
    return returned(form, to("holds"), "permission_withdrawn")


def _all(serving: Service, connection: Connection, after: str) -> list[Row]:
    place = position_of(after, int)
    behind = int(place[0]) if place else 0
    return holding.page(serving.installation, serving.store, connection, behind, A_PAGE + 1)


def _late(serving: Service, connection: Connection, after: str) -> list[Row]:
    place = position_of(after, str, int)
    try:
        behind = (datetime.fromisoformat(str(place[0])), int(place[1])) if place else None
    except ValueError:
        raise Refused([Refusal("/after", "this is not the `next` of a page before")]) from None
    return holding.late(serving.installation, serving.store, connection, behind, A_PAGE + 1)


def _people(serving: Service) -> list[str]:
    """Return who can answer for a hold: people of the configuration, and their roles."""
    people = serving.installation.settings.people
    return [*people, *sorted({role for one in people.values() for role in one.roles})]
