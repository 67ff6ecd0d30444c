"""The answers that the demo CRM can be told to give: every kind that a real one, or what stands before it, may give."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

DONE = "_done"  # behind an answer's name: the order is carried out all the same
OTHER = "somebody-else"
FAR_TOO_MUCH = 80 << 10  # bytes
Silence = Literal["", "before", "within", "after"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `does`: the order is carried out first; `silent`: where it stops; `ends`: where it breaks off."""

    status: int
    content: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    does: bool = False
    refuses: bool = False
    silent: Silence = ""
    ends: Literal["", "before", "within"] = ""


def _said(status: int, **content: str) -> Reply:
    return Reply(status, json.dumps(content).encode(), {"content-type": "application/json"})


_DELETED = _said(200, result="deleted")
ANSWERS: Mapping[str, Reply] = {
    "delete": replace(_DELETED, does=True),
    "accept": _said(202),  # and does nothing more of itself; `accept_done` does it
    "refuse": replace(_said(409, reason="it is still needed"), refuses=True),
    "refuse_html": Reply(409, b"<html>conflict</html>"),
    "gone": _said(410),
    "not_found": _said(404),
    "unauthorized": _said(401),
    "busy": replace(_said(429), headers={"retry-after": "120"}),
    "error": _said(500),
    "unavailable": _said(503),
    "silent": replace(_DELETED, silent="before"),
    "silent_within": replace(_DELETED, silent="within"),
    "silent_after": replace(_DELETED, silent="after"),
    "hang_up": replace(_DELETED, ends="before"),
    "truncate": replace(_DELETED, ends="within"),
    "html": Reply(200, b"<html>deleted</html>"),
    "not_json": Reply(200, b"deleted"),
    "kept": _said(200, result="kept"),
    "other_order": _said(200, result="deleted", order="deletion-0"),
    "other_contact": _said(200, result="deleted", contact=OTHER, id=OTHER),
    "huge": _said(200, result="deleted", padding="x" * FAR_TOO_MUCH),
    "redirect": Reply(307, b"", {"location": "http://127.0.0.1:9/elsewhere"}),
    "lie": _DELETED,  # it says so, and does nothing
}


def answer_of(text: str) -> Reply:
    """Return the answer of a name: `error`, `error_done`, `busy: 60`, `refuse: open invoice`; raises KeyError."""
    name, _, word = (part.strip() for part in text.partition(":"))
    found = ANSWERS[name] if name in ANSWERS else replace(ANSWERS[name.removesuffix(DONE)], does=True)
    if word and name == "busy":
        return replace(found, headers={"retry-after": word})
    return replace(found, content=json.dumps({"reason": word}).encode()) if word else found


def contact_shown(contact: str) -> Reply:
    """Return the answer that shows a contact: its id is enough."""
    return _said(200, id=contact)
