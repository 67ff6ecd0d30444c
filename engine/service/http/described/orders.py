"""Shapes of results: what the CRM reports of an order that it accepted."""

from engine.service.http.described.shapes import TEXT, Described, Schema, answer, one_of, or_null, said

RESULT = one_of("deleted", "done", "refused")
REPORTED: Schema = {
    "title": "Result",
    "type": "object",
    "properties": {
        "result": said(RESULT, "`deleted` of a deletion, `done` of all others; or `refused`."),
        "reason": or_null(TEXT),
        "order": said(
            TEXT, "The order's id; needed where the call is signed, for a signature does not cover the address."
        ),
    },
    "required": ["result"],
    "examples": [{"result": "refused", "reason": "an invoice is open"}],
}
RESULTS = Described(
    answer("TakenResult", {"order": "deletion-7", "result": "deleted"}, {"order": TEXT, "result": RESULT}),
    REPORTED,
    (404, 409),
)
