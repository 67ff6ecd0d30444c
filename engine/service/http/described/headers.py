"""Headers: which ones requests may carry and answers have."""

from engine.service.http import once
from engine.service.http.described.shapes import TEXT, Schema

KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same request with the same key is carried out once, and answered as it was.",
    "schema": {"type": "string", "minLength": 1, "maxLength": once.LONGEST_KEY, "pattern": "^[!-~]+$"},
}
IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "Entity tags of what is known already: 304 where one of them is that of the answer.",
    "schema": {"type": "string", "pattern": "^[!-~]+$"},
}


def _header(description: str, *, is_always: bool, schema: Schema = TEXT) -> Schema:
    return {"description": description, "required": is_always, "schema": schema}


NAMED = _header("The id of this request in the log: the one that it came with, or one of ours.", is_always=True)
TAG = _header("Stands for exactly this answer.", is_always=True)
REPLAYED = _header("`true` of an answer that was given before, to the same key.", is_always=False)
CHALLENGE = _header("How to show who calls.", is_always=True)
LATER = _header("After how many seconds to try again.", is_always=False, schema={"type": "integer", "minimum": 1})


def asked_headers(*, is_get: bool, may_be_once: bool) -> list[Schema]:
    """Return the headers that a request may carry, as parameters."""
    return [*([IF_NONE_MATCH] if is_get else ()), *([KEY] if may_be_once else ())]


def answered_headers(*, is_get: bool, may_be_once: bool) -> Schema:
    """Return the headers of an answer."""
    found = {"X-Request-Id": NAMED} | ({"ETag": TAG} if is_get else {})
    return found | ({"Idempotency-Replayed": REPLAYED} if may_be_once else {})


def failed_headers(status: int) -> Schema:
    """Return the headers of a problem."""
    more = {
        401: {"WWW-Authenticate": CHALLENGE},
        429: {"Retry-After": LATER | {"required": True}},
        503: {"Retry-After": LATER},
    }
    return {"X-Request-Id": NAMED} | more.get(status, {})
