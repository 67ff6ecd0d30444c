"""Shapes of decisions: who of some contacts may be used for something."""

from engine.service.allowing import USES
from engine.service.http.described.shapes import TEXT, Described, Schema, answer, body, listed, one_of, said
from engine.service.http.said import LONGEST_TEXT, MOST_IDS

PURPOSE: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
AS_BLOCKED: Schema = {"contact": "4712", "reasons": ["NO_CONSENT", "ALERT"], "alerts": ["do_not_mail"]}
BLOCKED = answer(
    "BlockedContact",
    AS_BLOCKED,
    {"contact": TEXT, "reasons": listed(TEXT), "alerts": said(listed(TEXT), "Rules whose alerts block this use.")},
)
ASKED = body(
    "Question",
    {"use": "email", "purpose": "marketing", "contacts": ["4711", "4712"]},
    {"use": one_of(*USES), "purpose": PURPOSE, "contacts": listed(TEXT, MOST_IDS)},
    needed=("use", "purpose", "contacts"),
)
DECISION = answer(
    "Decision",
    {"use": "email", "purpose": "marketing", "allowed": ["4711"], "blocked": [AS_BLOCKED]},
    {"use": TEXT, "purpose": TEXT, "allowed": said(listed(TEXT), "In the order asked."), "blocked": listed(BLOCKED)},
)
DECISIONS = Described(DECISION, ASKED)
