"""Shapes of the audit chain: its entries, and what came of checking it."""

from engine.service.http.described.shapes import (
    ANYTHING,
    COUNT,
    FLAG,
    ID,
    INSTANT,
    NEXT,
    NOTHING,
    TEXT,
    Described,
    Schema,
    answer,
    listed,
    one_of,
    or_null,
    said,
)
from engine.service.verifying import SAID

AS_ENTRY: Schema = {
    "seq": 42,
    "at": "2026-03-01T12:00:00+00:00",
    "who": "eva",
    "what": "hold.placed",
    "rule": "",
    "version": "",
    "subject": "0f6d",
    "details": {"hold": 2},
}
ENTRY = answer(
    "AuditEntry",
    AS_ENTRY,
    {
        "seq": ID,
        "at": or_null(TEXT),
        "who": said(
            or_null(TEXT), "A person, by the name of their token, or `ansgar`; null where nothing can be read."
        ),
        "what": or_null(TEXT),
        "rule": or_null(TEXT),
        "version": or_null(TEXT),
        "subject": said(or_null(TEXT), "The keyed hash of whom it is about; empty where about nobody."),
        "details": or_null(ANYTHING),
    },
)
ENTRIES = Described(answer("AuditEntries", {"audit": [AS_ENTRY], "next": None}, {"audit": listed(ENTRY), "next": NEXT}))
AS_BAD: Schema = {"seq": 42, "what": "edited", "says": "it is not what was written"}
BAD = answer("BadEntry", AS_BAD, {"seq": ID, "what": one_of(*SAID), "says": TEXT})
VERIFIED = Described(
    answer(
        "VerifiedChain",
        {"verified": False, "entries": 41, "first_bad": AS_BAD, "at": "2026-03-01T12:00:00Z"},
        {
            "verified": FLAG,
            "entries": said(COUNT, "How many are as they were written, up to the first that is not."),
            "first_bad": or_null(BAD),
            "at": INSTANT,
        },
    ),
    NOTHING,
    (409,),
)
