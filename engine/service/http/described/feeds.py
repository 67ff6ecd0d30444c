"""Shapes of feeds: what deletion rules read."""

from engine.service.feeding import DOUBTS
from engine.service.http.described.shapes import (
    COUNT,
    INSTANT,
    NEVER,
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

AS_FEED: Schema = {
    "feed": "contact.activities",
    "present": 1200,
    "before": 1190,
    "counted_at": "2026-03-01T12:00:00Z",
    "doubt": None,
}
FEED = answer(
    "Feed",
    AS_FEED,
    {
        "feed": said(TEXT, "What is read; the last one is `clock`, which is not counted."),
        "present": or_null(COUNT),
        "before": said(or_null(COUNT), "How much there was when it was last counted."),
        "counted_at": or_null(INSTANT),
        "doubt": said(or_null(one_of(*DOUBTS)), "Why deletions that read it are held; null where they are not."),
    },
)
FEEDS = Described(answer("Feeds", {"feeds": [AS_FEED], "next": None}, {"feeds": listed(FEED), "next": NEVER}))
ACCEPTED = Described(
    answer("AcceptedFeed", {"feed": "clock", "accepted": True}, {"feed": TEXT, "accepted": {"const": True}}),
    NOTHING,
    (404,),
)
