"""Shapes of events: CloudEvents 1.0 with the types that are known, single and in a batch, and what became of them."""

from engine.service.cloud_events import MOST_EVENTS, VERSION
from engine.service.event_types import KNOWN
from engine.service.http.described.problems import AS_REFUSAL, REFUSAL
from engine.service.http.described.shapes import (
    COUNT,
    INSTANT,
    RECORD,
    TEXT,
    Described,
    Schema,
    answer,
    listed,
    one_of,
    or_null,
    said,
)

SINGLE, BATCH, EITHER = "application/cloudevents+json", "application/cloudevents-batch+json", "application/json"
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
TYPE = NAME | {
    "anyOf": [{"enum": list(KNOWN)}, {}],
    "description": "One of those that are known, or one of your own, which is kept for patterns.",
}
AS_EVENT: Schema = {
    "specversion": VERSION,
    "source": "/crm",
    "id": "e-1",
    "type": "crm.contact.changed",
    "subject": "4711",
    "time": "2026-03-01T08:00:00+01:00",
    "data": {"country": "NO", "version": 17},
}
EVENT: Schema = {
    "title": "Event",
    "description": "A CloudEvent (https://cloudevents.io). Extensions are let be, and kept nowhere.",
    "type": "object",
    "properties": {
        "specversion": {"const": VERSION},
        "source": said(NAME, "With `id` it names the event, which is taken once."),
        "id": NAME,
        "type": TYPE,
        "subject": RECORD,
        "time": said(INSTANT, "When it happened; without it, when it came."),
        "datacontenttype": said({"type": ["string", "null"]}, "JSON, or left out."),
        "data": {"type": ["object", "null"], "description": "The fields to be merged, or the item, by type."},
    },
    "required": ["specversion", "source", "id", "type", "subject"],
    "examples": [AS_EVENT],
}
EVENTS: Schema = {"title": "Events", "type": "array", "items": EVENT, "maxItems": MOST_EVENTS, "examples": [[AS_EVENT]]}
SENT = {
    SINGLE: EVENT,
    BATCH: EVENTS,
    EITHER: {"title": "EventOrEvents", "anyOf": [EVENT, EVENTS], "examples": [AS_EVENT]},
}
AS_REFUSED: Schema = {"index": 3, "id": "e-9", "reason": "INVALID", "refusals": [AS_REFUSAL]}
REFUSED = answer(
    "RefusedEvent",
    AS_REFUSED,
    {
        "index": COUNT,
        "id": said(or_null(TEXT), "Null where the event has none."),
        "reason": one_of("INVALID", "ERASED", "IN_RECYCLE_BIN", "MERGED"),
        "refusals": listed(REFUSAL),
    },
)
TAKEN = Described(
    answer(
        "TakenEvents",
        {"accepted": 2, "repeated": 1, "refused": [AS_REFUSED]},
        {"accepted": COUNT, "repeated": COUNT, "refused": listed(REFUSED)},
    ),
    problems=(409,),
    status=202,
    bodies=SENT,
)
