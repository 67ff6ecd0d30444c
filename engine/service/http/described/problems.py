"""The shape of every failure: `application/problem+json` (RFC 9457)."""

from engine.service.http.described.shapes import TEXT, Schema, answer, listed, said
from engine.service.http.problems import TYPE

PROBLEM_JSON = "application/problem+json"
AS_REFUSAL: Schema = {"pointer": "/emial", "reason": "the model has no such field; did you mean `email`?"}
REFUSAL = answer("Refusal", AS_REFUSAL, {"pointer": said(TEXT, "A JSON pointer (RFC 6901)."), "reason": TEXT})
PROBLEM = answer(
    "Problem",
    {
        "type": f"{TYPE}refused",
        "title": "refused",
        "status": 422,
        "detail": "the model has no such field; did you mean `email`?",
        "refusals": [AS_REFUSAL],
    },
    {
        "type": {"type": "string", "pattern": f"^{TYPE}[a-z-]+$", "description": "Stable; docs/problems.md lists all."},
        "title": TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": said(TEXT, "A sentence that says what to do; never a personal value."),
        "refusals": said(listed(REFUSAL), "Every fault with its place, a hundred at most."),
        "accepted": said(listed(TEXT), "Of 415: content types that are taken."),
        "cursor": said({"type": "integer"}, "Of `read-anew`: where the feed goes on from."),
        "problems": said(listed({"type": "object"}), "Of `rules-broken`: what is wrong in the rules."),
        "receipt": said({"type": "object"}, "Of `erased`: the receipt of the erasure."),
        "request": said(TEXT, "Of `fault`: the request's id."),
    },
    optional=("refusals", "accepted", "cursor", "problems", "receipt", "request"),
)
