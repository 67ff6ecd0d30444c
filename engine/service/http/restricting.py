"""Routes about restrictions (Art. 18)."""

from typing import Any

from engine.service import restricting
from engine.service.http.access import READ, Caller, OperatorBody, Serving
from engine.service.http.described.holds import PERMITTED, RESTRICTIONS, UNRESTRICTED, WITHDRAWN
from engine.service.http.described.shapes import told
from engine.service.http.paging import AfterKey, Key, Limit
from engine.service.http.said import said, texts_of
from engine.service.http.served import routes
from engine.service.restricting import Permit

ROUTES = routes("/v1/restrictions")


@ROUTES.get("", dependencies=READ, **told(RESTRICTIONS))
def list_restrictions(serving: Serving, after: AfterKey = 0, limit: Limit = 1_000) -> dict[str, Any]:
    """List open restrictions."""
    with serving.store.database.reading() as connection:
        found = restricting.page(serving.installation, serving.store, connection, after, limit + 1)
    return {"restrictions": found[:limit], "next": found[limit - 1]["id"] if len(found) > limit else None}


@ROUTES.post("/{contact:id}/lift", **told(UNRESTRICTED))
def lift_restriction(contact: str, raw: OperatorBody, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Record on which day (`told`) the person was told; the restriction ends once the flag is no longer set."""
    told = texts_of(raw, required=("told",), optional=("entity",))
    has_ended = restricting.lift(serving.installation, serving.store, contact, **told, by=caller)
    serving.wake()
    return {"contact": contact, "told": told["told"], "lifted": has_ended}


@ROUTES.post("/{contact:id}/permit", **told(PERMITTED))
def permit_use(contact: str, raw: OperatorBody, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Permit a use of a restricted contact: `use`, `ground` and `said`, the day on which that was said."""
    told = texts_of(raw, required=("use", "ground", "said"), optional=("entity",))
    entity = told.pop("entity", "contact")
    permission = restricting.permit(serving.installation, serving.store, contact, Permit(**told, by=caller), entity)
    serving.wake()
    return {"permission": permission, "contact": contact, "use": told["use"]}


@ROUTES.post("/permissions/{permission}/withdraw", **told(WITHDRAWN))
def withdraw_permission(permission: Key, raw: OperatorBody, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Withdraw a permission."""
    said(raw)
    restricting.withdraw(serving.installation, serving.store, permission, caller)
    serving.wake()
    return {"permission": permission, "withdrawn": True}
