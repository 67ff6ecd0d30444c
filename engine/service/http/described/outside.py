"""Shapes of what goes outside: messages, notices, and what recipients are told."""

from engine.service.http.described.shapes import (
    ANYTHING,
    COUNT,
    FLAG,
    GONE,
    ID,
    INSTANT,
    NEVER,
    NEXT,
    NEXT_TEXT,
    TEXT,
    Described,
    Schema,
    answer,
    body,
    listed,
    one_of,
    or_null,
    said,
)
from engine.service.messages import STATES
from engine.store import notices, recipients

MESSAGE_ID = said(
    {"type": ["integer", "string"]}, "A number, or `move-17` of what the CRM is told of a selection or an alert."
)
AS_MESSAGE: Schema = {
    "id": 17,
    "contact": "4711",
    "rule": "notice_due",
    "action": "notify",
    "state": "parked",
    "reason": "550 no such user",
    "attempts": 8,
    "due_at": "2026-03-01T12:00:00Z",
    "ended_at": "2026-03-02T12:00:00Z",
}
MESSAGE = answer(
    "Message",
    AS_MESSAGE,
    {
        "id": MESSAGE_ID,
        "contact": GONE,
        "rule": TEXT,
        "action": said(or_null(TEXT), "What is done; null where the rule no longer says."),
        "state": one_of(*STATES),
        "reason": said(or_null(TEXT), "Why it waits, was withheld or is parked."),
        "attempts": COUNT,
        "due_at": INSTANT,
        "ended_at": or_null(INSTANT),
    },
)
MESSAGES = Described(
    answer("Messages", {"messages": [AS_MESSAGE], "next": None}, {"messages": listed(MESSAGE), "next": NEXT_TEXT}),
    problems=(422,),
)
AS_WANTED: Schema = {"ids": [17, 18]}
MESSAGES_WANTED = body(
    "MessagesWanted", {"ids": [17, "move-18"]}, {"ids": listed(MESSAGE_ID, 10_000) | {"minItems": 1}}, ("ids",)
)
WANTED = body("IdsWanted", AS_WANTED, {"ids": listed(ID, 10_000) | {"minItems": 1}}, ("ids",))


def _moved(title: str, name: str, state: str, key: Schema, taken: Schema) -> Described:
    """Return what a route says that lets some come to a state, all of them or none."""
    one = answer(f"{title}One", {"id": 17, "state": state}, {"id": key, "state": {"const": state}})
    found = answer(title, {name: [{"id": 17, "state": state}]}, {name: listed(one)})
    return Described(found, taken, (404,))


MESSAGES_REPLAYED = _moved("ReplayedMessages", "messages", "pending", MESSAGE_ID, MESSAGES_WANTED)
AS_NOTICE: Schema = {
    "id": 3,
    "kind": "approval",
    "about": "12",
    "to": "eva",
    "state": "done",
    "reason": None,
    "attempts": 1,
    "created_at": "2026-03-01T12:00:00Z",
    "ended_at": "2026-03-01T12:00:01Z",
    "details": {"rule": "old_leads", "approval": 12},
}
NOTICE = answer(
    "Notice",
    AS_NOTICE,
    {
        "id": ID,
        "kind": TEXT,
        "about": said(TEXT, "Of one kind about one thing somebody is told once."),
        "to": said(TEXT, "A person or a channel; empty where nobody is there to be told."),
        "state": one_of(*notices.STATES),
        "reason": or_null(TEXT),
        "attempts": COUNT,
        "created_at": INSTANT,
        "ended_at": or_null(INSTANT),
        "details": ANYTHING,
    },
)
NOTICES = Described(
    answer("Notices", {"notices": [AS_NOTICE], "next": None}, {"notices": listed(NOTICE), "next": NEXT}),
    problems=(422,),
)
NOTICES_REPLAYED = _moved("ReplayedNotices", "notices", "pending", ID, WANTED)
AS_RECIPIENT: Schema = {
    "recipient": "bookkeeping",
    "told_of": ["erasure"],
    "told": 12,
    "waiting": 1,
    "parked": 0,
    "settled": 0,
    "overtaken": 0,
    "takes_calls": True,
}
COUNTED = ("told", "waiting", "parked", "settled", "overtaken")
RECIPIENT = answer(
    "Recipient",
    AS_RECIPIENT,
    {
        "recipient": TEXT,
        "told_of": said(listed(TEXT), "Of what; of none where the configuration no longer names it."),
        **dict.fromkeys(COUNTED, said(COUNT, "Counted up to 100,000.")),
        "takes_calls": FLAG,
    },
)
RECIPIENTS = Described(
    answer("Recipients", {"recipients": [AS_RECIPIENT], "next": None}, {"recipients": listed(RECIPIENT), "next": NEVER})
)
AS_WORD: Schema = {
    "id": 5,
    "recipient": "bookkeeping",
    "kind": "erasure",
    "entity": "contact",
    "contact": None,
    "state": "told",
    "reason": None,
    "attempts": 1,
    "not_before": "2026-03-01T12:00:00Z",
    "created_at": "2026-03-01T12:00:00Z",
    "ended_at": "2026-03-01T12:00:01Z",
}
WORD = answer(
    "RecipientTold",
    AS_WORD,
    {
        "id": ID,
        "recipient": TEXT,
        "kind": TEXT,
        "entity": TEXT,
        "contact": said(or_null(TEXT), "The id, for as long as the recipient is still to be told."),
        "state": one_of(*recipients.STATES),
        "reason": or_null(TEXT),
        "attempts": COUNT,
        "not_before": INSTANT,
        "created_at": INSTANT,
        "ended_at": or_null(INSTANT),
    },
)
TOLD = Described(
    answer("RecipientsTold", {"told": [AS_WORD], "next": None}, {"told": listed(WORD), "next": NEXT}), problems=(422,)
)
TOLD_REPLAYED = _moved("ReplayedTold", "told", "pending", ID, WANTED)
SETTLING = body(
    "SettlingWanted",
    AS_WANTED | {"reason": "told by letter"},
    {"ids": listed(ID, 10_000) | {"minItems": 1}, "reason": TEXT | {"minLength": 1, "maxLength": 2_000}},
    ("ids", "reason"),
)
TOLD_SETTLED = _moved("SettledTold", "told", "settled", ID, SETTLING)
