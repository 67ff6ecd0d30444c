"""Shapes of reviews (Art. 22)."""

from engine.service.http.described.shapes import (
    ANYTHING,
    FLAG,
    GONE,
    ID,
    INSTANT,
    NEXT,
    TEXT,
    Described,
    Schema,
    answer,
    body,
    by_name,
    listed,
    one_of,
    or_null,
    said,
)
from engine.service.http.described.trees import AS_TREE, TREE
from engine.store.reviews import ANSWERS

AS_REVIEW: Schema = {
    "id": 4,
    "rule": "lost_prospects",
    "contact": "4711",
    "deletion": 7,
    "question": None,
    "from": None,
    "state": "open",
    "asked_at": "2026-03-16T12:00:00Z",
    "due_at": None,
    "overdue": False,
    "answer": None,
    "by": None,
    "reason": None,
    "ended_at": None,
}
ONE = {
    "id": ID,
    "rule": TEXT,
    "contact": GONE,
    "deletion": said(or_null(ID), "Which deletion it is about, where it is about one."),
    "question": or_null(TEXT),
    "from": said(or_null(TEXT), "Which person or role is asked."),
    "state": TEXT,
    "asked_at": INSTANT,
    "due_at": or_null(INSTANT),
    "overdue": FLAG,
    "answer": or_null(one_of(*ANSWERS)),
    "by": or_null(TEXT),
    "reason": or_null(TEXT),
    "ended_at": or_null(INSTANT),
}
REVIEW = answer("Review", AS_REVIEW, ONE)
MORE: Schema = {
    "version": "2f44b832d90a832c",
    "proposed": {"action": "schedule_deletion", "state": "kept", "due_at": "2026-03-16T12:00:00Z"},
    "guards": [{"code": "HUMAN_REVIEW", "says": "A person must decide."}],
    "inputs": {"category": "Prospect"},
    "words": ["The rule “lost_prospects” is applied to all contacts."],
    "tree": AS_TREE,
}
WHOLE_REVIEW = answer(
    "ReviewToAnswer",
    AS_REVIEW | MORE,
    ONE
    | {
        "version": TEXT,
        "proposed": said(ANYTHING, "What happens where the answer is `carry_out`."),
        "guards": listed(by_name(TEXT)),
        "inputs": said(ANYTHING, "What the rule reads of the contact."),
        "words": said(listed(TEXT), "The rule as plain sentences."),
        "tree": or_null(TREE),
    },
)
ANSWER = body(
    "ReviewAnswer",
    {"answer": "keep", "reason": "is a customer by now"},
    {"answer": one_of(*ANSWERS), "reason": TEXT},
    needed=("answer", "reason"),
)
REVIEWS = Described(
    answer("Reviews", {"reviews": [AS_REVIEW], "next": None}, {"reviews": listed(REVIEW), "next": NEXT})
)
SHOWN = Described(WHOLE_REVIEW, problems=(404,))
ANSWERED = Described(
    answer("AnsweredReview", {"review": 4, "answer": "keep"}, {"review": ID, "answer": one_of(*ANSWERS)}),
    ANSWER,
    (404, 409),
)
