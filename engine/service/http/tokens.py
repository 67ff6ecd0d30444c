"""Tokens over HTTP: who administers lists them, makes one, which is shown once, and revokes one."""

from typing import Any

from fastapi import Depends, Response

from engine.model.snapshot import Refusal, Refused
from engine.service import admitting
from engine.service.admitting import TokenWanted
from engine.service.http.access import AdminBody, Caller, Held, Serving, needs
from engine.service.http.described.shapes import told
from engine.service.http.described.tokens import MADE, REVOKED, TOKENS
from engine.service.http.paging import Key
from engine.service.http.said import is_text, said, text
from engine.service.http.served import routes
from engine.store import tokens

ROUTES = routes("/v1/tokens")
ADMIN = [Depends(needs("admin"))]
Json = dict[str, Any]


@ROUTES.get("", dependencies=ADMIN, **told(TOKENS))
def list_tokens(serving: Serving) -> Json:
    """List tokens, revoked and expired ones too, without anything that could be used."""
    with serving.store.database.reading() as connection:
        return {"tokens": tokens.listing(connection), "next": None}


@ROUTES.post("", **told(MADE))
def make_token(raw: AdminBody, serving: Serving, held: Held, response: Response) -> Json:
    """Make a token: its `name`, its `scopes`, and where wanted when it `expires`: `90 days`, or a day. Shown once."""
    found = said(raw, "name", "scopes", "expires")
    name, expires = text(found, "name", needed=True), text(found, "expires")
    wanted = TokenWanted(name, _texts(found.get("scopes")), expires)
    made = admitting.make(serving.installation, serving.store, wanted, held)
    # It is shown this once: nothing between here and who asked may keep the answer, and nothing here either.
    response.headers["cache-control"] = "no-store"
    return {
        "id": made.id,
        "token": made.token,
        "name": made.name,
        "scopes": made.scopes,
        "expires_at": made.expires_at,
    }


@ROUTES.delete("/{token}", dependencies=ADMIN, **told(REVOKED))
def revoke_token(token: Key, serving: Serving, caller: Caller) -> Json:
    """Revoke a token, also one's own: the next call with it is refused."""
    admitting.revoke(serving.installation, serving.store, token, caller)
    return {"token": token, "revoked": True}


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(map(is_text, value)):
        raise Refused([Refusal("/scopes", f"a list was expected, of {', '.join(tokens.SCOPES)}")])
    return tuple(value)
