"""Routes about holds."""

from typing import Any

from fastapi import APIRouter, Depends

from engine.service import holding
from engine.service.http.access import Caller, OperatorBody, Serving, needs
from engine.service.http.said import texts_of

ROUTES = APIRouter(prefix="/v1/holds")


@ROUTES.get("", dependencies=[Depends(needs("read"))])
def list_holds(serving: Serving) -> dict[str, Any]:
    """List active holds, each with who answers for it and its day of review."""
    return {"holds": holding.listed(serving.installation, serving.store), "next": None}


@ROUTES.post("", status_code=201)
def place_hold(raw: OperatorBody, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Place a hold on a contact: `contact` and `reason`, with `name`, `owner`, `review` and `entity` where wanted."""
    said = texts_of(raw, required=("contact", "reason"), optional=("name", "owner", "review", "entity"))
    contact = said.pop("contact")
    hold = holding.place(serving.installation, serving.store, holding.HoldWanted(contact, **said), caller)
    serving.wake()
    return {"hold": hold, "contact": contact}


@ROUTES.post("/{hold}/lift", dependencies=[Depends(needs("operate"))])
def lift_hold(hold: int, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Lift a hold."""
    holding.lift(serving.installation, serving.store, hold, caller)
    serving.wake()
    return {"hold": hold, "lifted": True}
