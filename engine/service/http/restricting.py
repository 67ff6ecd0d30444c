"""Routes about restrictions (Art. 18)."""

from typing import Any

from fastapi import APIRouter, Depends

from engine.service import restricting
from engine.service.http.access import Caller, OperatorBody, Serving, needs
from engine.service.http.said import texts_of
from engine.service.restricting import Permit

ROUTES = APIRouter(prefix="/v1/restrictions")


@ROUTES.get("", dependencies=[Depends(needs("read"))])
def list_restrictions(serving: Serving) -> dict[str, Any]:
    """List open restrictions."""
    return {"restrictions": restricting.listed(serving.installation, serving.store), "next": None}


@ROUTES.post("/{contact}/lift")
def lift_restriction(contact: str, raw: OperatorBody, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Record on which day (`told`) the person was told; the restriction ends once the flag is no longer set."""
    said = texts_of(raw, required=("told",), optional=("entity",))
    has_ended = restricting.lift(serving.installation, serving.store, contact, **said, by=caller)
    serving.wake()
    return {"contact": contact, "told": said["told"], "lifted": has_ended}


@ROUTES.post("/{contact}/permit", status_code=201)
def permit_use(contact: str, raw: OperatorBody, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Permit a use of a restricted contact: `use`, `ground` and `said`, the day on which that was said."""
    said = texts_of(raw, required=("use", "ground", "said"), optional=("entity",))
    entity = said.pop("entity", "contact")
    permission = restricting.permit(serving.installation, serving.store, contact, Permit(**said, by=caller), entity)
    serving.wake()
    return {"permission": permission, "contact": contact, "use": said["use"]}


@ROUTES.post("/permissions/{permission}/withdraw", dependencies=[Depends(needs("operate"))])
def withdraw_permission(permission: int, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Withdraw a permission."""
    restricting.withdraw(serving.installation, serving.store, permission, caller)
    serving.wake()
    return {"permission": permission, "withdrawn": True}
