"""Shapes of deletions, of what waits for an approval, and of what people decide about them."""

from engine.service.http.described.shapes import (
    COUNT,
    GONE,
    ID,
    INSTANT,
    NEVER,
    NEXT,
    TEXT,
    WHOLE,
    Described,
    Schema,
    answer,
    body,
    listed,
    or_null,
    said,
)
from engine.service.http.said import LONGEST_TEXT, MOST_IDS

REASON: Schema = {"type": "string", "maxLength": LONGEST_TEXT}
IDS: Schema = listed(WHOLE, MOST_IDS)
AS_DELETION: Schema = {
    "id": 7,
    "contact": "4711",
    "rule": "lost_prospects",
    "state": "scheduled",
    "due_at": "2026-03-15T12:00:00Z",
    "reason": None,
}
ONE = {
    "id": ID,
    "contact": GONE,
    "rule": TEXT,
    "state": TEXT,
    "due_at": INSTANT,
    "reason": said(or_null(TEXT), "A code: why it is kept, held, failed or cancelled."),
}
DELETION = answer("Deletion", AS_DELETION, ONE)
AS_STEP: Schema = {"state": "scheduled", "reason": None, "moved_at": "2026-03-01T12:00:00Z", "by": None}
STEP = answer(
    "DeletionStep", AS_STEP, {"state": TEXT, "reason": or_null(TEXT), "moved_at": INSTANT, "by": or_null(TEXT)}
)
AS_BATCH: Schema = {
    "batch": 3,
    "rule": "lost_prospects",
    "version": "2f44b832d90a832c",
    "deletions": [7, 8],
    "digest": "d730214c715398c7",
    "said": [],
    "asked_at": "2026-03-15T12:00:00Z",
    "answer_by": "2026-03-29T12:00:00Z",
    "state": "open",
}
BATCH = answer(
    "Batch",
    AS_BATCH,
    {
        "batch": ID,
        "rule": TEXT,
        "version": TEXT,
        "deletions": listed(ID),
        "digest": said(TEXT, "What an approval names, so that it is of exactly this set."),
        "said": said(listed(TEXT), "Who has approved it."),
        "asked_at": INSTANT,
        "answer_by": or_null(INSTANT),
        "state": TEXT,
    },
)
AS_STATE: Schema = {"id": 7, "state": "approved"}
STATES = listed(answer("DeletionState", AS_STATE, {"id": ID, "state": TEXT}))
APPROVAL = body(
    "Approval",
    {"batch": 3, "digest": "d730214c715398c7", "reason": "looked at them"},
    {"ids": IDS, "batch": WHOLE, "digest": REASON, "reason": REASON},
)
WANTED = body("ChosenDeletions", {"ids": [7], "reason": "is a customer"}, {"ids": IDS, "reason": REASON}, ("ids",))

DELETIONS = Described(
    answer("Deletions", {"deletions": [AS_DELETION], "next": None}, {"deletions": listed(DELETION), "next": NEXT})
)
BATCHES = Described(answer("Batches", {"batches": [AS_BATCH], "next": None}, {"batches": listed(BATCH), "next": NEVER}))
WITH_HISTORY = Described(
    answer("DeletionWithHistory", AS_DELETION | {"history": [AS_STEP]}, ONE | {"history": listed(STEP)}),
    problems=(404,),
)
APPROVED = Described(
    answer(
        "ApprovedDeletions",
        {"deletions": [AS_STATE], "missing_words": 0},
        {"deletions": STATES, "missing_words": said(COUNT, "How many people have to say yes as well.")},
    ),
    APPROVAL,
    (404, 409),
)
KEPT = Described(answer("DecidedDeletions", {"deletions": [AS_STATE]}, {"deletions": STATES}), WANTED, (404, 409))
