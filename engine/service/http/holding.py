"""Routes about holds."""

from typing import Any

from engine.service import holding
from engine.service.http.access import READ, Caller, OperatorBody, Serving
from engine.service.http.described.holds import HOLDS, LIFTED, PLACED
from engine.service.http.described.shapes import told
from engine.service.http.paging import AfterKey, Key, Limit
from engine.service.http.said import said, texts_of
from engine.service.http.served import routes

ROUTES = routes("/v1/holds")


@ROUTES.get("", dependencies=READ, **told(HOLDS))
def list_holds(serving: Serving, after: AfterKey = 0, limit: Limit = 1_000) -> dict[str, Any]:
    """List active holds, each with who answers for it and its day of review."""
    with serving.store.database.reading() as connection:
        found = holding.page(serving.installation, serving.store, connection, after, limit + 1)
    return {"holds": found[:limit], "next": found[limit - 1]["id"] if len(found) > limit else None}


@ROUTES.post("", **told(PLACED))
def place_hold(raw: OperatorBody, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Place a hold on a contact: `contact` and `reason`, with `name`, `owner`, `review` and `entity` where wanted."""
    told = texts_of(raw, required=("contact", "reason"), optional=("name", "owner", "review", "entity"))
    contact = told.pop("contact")
    hold = holding.place(serving.installation, serving.store, holding.HoldWanted(contact, **told), caller)
    serving.wake()
    return {"hold": hold, "contact": contact}


@ROUTES.post("/{hold}/lift", **told(LIFTED))
def lift_hold(hold: Key, raw: OperatorBody, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Lift a hold."""
    said(raw)
    holding.lift(serving.installation, serving.store, hold, caller)
    serving.wake()
    return {"hold": hold, "lifted": True}
