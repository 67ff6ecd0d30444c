"""Shapes of tokens."""

from engine.service.http.described.shapes import (
    ID,
    INSTANT,
    NEVER,
    TEXT,
    Described,
    Schema,
    answer,
    body,
    listed,
    one_of,
    or_null,
    said,
)
from engine.service.http.said import LONGEST_TEXT
from engine.store.tokens import SCOPES

NAME = said({"type": "string", "minLength": 1, "maxLength": 200}, "Whose it is.")
SCOPES_TOLD = said(TEXT, "With spaces between them.")
AS_TOKEN: Schema = {
    "id": 2,
    "name": "crm-production",
    "scopes": "crm read",
    "created_at": "2026-03-01T12:00:00Z",
    "expires_at": None,
    "last_used_at": None,
    "revoked_at": None,
}
TOKEN = answer(
    "Token",
    AS_TOKEN,
    {
        "id": ID,
        "name": TEXT,
        "scopes": SCOPES_TOLD,
        "created_at": INSTANT,
        **dict.fromkeys(("expires_at", "last_used_at", "revoked_at"), or_null(INSTANT)),
    },
)
TOKENS = Described(answer("Tokens", {"tokens": [AS_TOKEN], "next": None}, {"tokens": listed(TOKEN), "next": NEVER}))
MADE = Described(
    answer(
        "MadeToken",
        {"id": 2, "token": "ansgar_…", "name": "crm-production", "scopes": "crm read", "expires_at": None},
        {
            "id": ID,
            "token": said(TEXT, "Shown this once."),
            "name": TEXT,
            "scopes": SCOPES_TOLD,
            "expires_at": or_null(INSTANT),
        },
    ),
    body(
        "TokenWanted",
        {"name": "crm-production", "scopes": ["crm", "read"], "expires": "90 days"},
        {
            "name": NAME,
            "scopes": listed(one_of(*SCOPES)) | {"minItems": 1},
            "expires": {"type": "string", "maxLength": LONGEST_TEXT, "description": "A duration, or a day."},
        },
        needed=("name", "scopes"),
    ),
    (409,),
    status=201,
)
REVOKED = Described(
    answer("RevokedToken", {"token": 2, "revoked": True}, {"token": ID, "revoked": {"const": True}}), problems=(404,)
)
