"""Shapes of selections: their sizes, their members, and who came and went."""

from engine.service.http.described.shapes import (
    COUNT,
    FLAG,
    GONE,
    INSTANT,
    NEVER,
    NEXT_TEXT,
    RECORD,
    TEXT,
    Described,
    Schema,
    answer,
    listed,
    or_null,
    said,
)

AS_SELECTION: Schema = {
    "selection": "newsletter",
    "rule": "newsletter_readers",
    "entity": "contact",
    "stage": "live",
    "state": "active",
    "members": 1200,
    "as_of": "2026-03-01T12:00:00Z",
}
SELECTION = answer(
    "Selection",
    AS_SELECTION,
    {
        "selection": TEXT,
        "rule": TEXT,
        "entity": TEXT,
        "stage": TEXT,
        "state": TEXT,
        "members": COUNT,
        "as_of": or_null(INSTANT),
    },
)
SELECTIONS = Described(
    answer("Selections", {"selections": [AS_SELECTION], "next": None}, {"selections": listed(SELECTION), "next": NEVER})
)
MEMBERS = Described(
    answer(
        "Members",
        {"selection": "newsletter", "members": ["4711"], "as_of": "2026-03-01T12:00:00Z", "cursor": 9, "next": None},
        {
            "selection": TEXT,
            "members": listed(RECORD),
            "as_of": or_null(INSTANT),
            "cursor": said(COUNT, "Where the feed of changes goes on from, that of the first page."),
            "next": NEXT_TEXT,
        },
    ),
    problems=(404,),
)
AS_CHANGE: Schema = {"cursor": 9, "contact": "4711", "joined": True, "at": "2026-03-01T12:00:00Z"}
CHANGE = answer("Change", AS_CHANGE, {"cursor": COUNT, "contact": GONE, "joined": FLAG, "at": INSTANT})
CHANGES = Described(
    answer(
        "Changes",
        {"selection": "newsletter", "changes": [AS_CHANGE], "next": 9},
        {"selection": TEXT, "changes": listed(CHANGE), "next": said(COUNT, "The cursor to go on from, always.")},
    ),
    problems=(404, 410),
)
