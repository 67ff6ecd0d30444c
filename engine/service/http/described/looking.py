"""Shapes of what is looked at: cases, alerts, runs and rules."""

from engine.service.http.described.contacts import ALERT, AS_ALERT
from engine.service.http.described.shapes import (
    COUNT,
    FLAG,
    ID,
    INSTANT,
    NEVER,
    NEXT,
    NEXT_TEXT,
    NOTHING,
    NUMBER,
    RECORD,
    TEXT,
    WHOLE,
    Described,
    Schema,
    answer,
    by_name,
    listed,
    one_of,
    or_null,
    said,
)

AS_CASE: Schema = {
    "rule": "lost_prospects",
    "contact": "4711",
    "state": "open",
    "undecided": False,
    "opened_at": "2026-03-01T12:00:00Z",
    "true_since": None,
    "at_risk_at": None,
    "late_at": None,
    "shadow": False,
}
CASE = answer(
    "Case",
    AS_CASE,
    {
        "rule": TEXT,
        "contact": RECORD,
        "state": one_of("open", "waiting", "undecided"),
        "undecided": FLAG,
        **dict.fromkeys(("opened_at", "true_since", "at_risk_at", "late_at"), or_null(INSTANT)),
        "shadow": said(FLAG, "True of a rule that is not live: nothing is done."),
    },
)
CASES = Described(answer("Cases", {"cases": [AS_CASE], "next": None}, {"cases": listed(CASE), "next": NEXT_TEXT}))
RAISED: Schema = AS_ALERT | {"contact": "4711", "priority": 100, "since": "2026-03-01T12:00:00Z"}
ALERTS = Described(
    answer(
        "Alerts",
        {"alerts": [RAISED], "next": None},
        {
            "alerts": listed(answer("Alert", RAISED, ALERT | {"contact": RECORD, "priority": WHOLE})),
            "next": NEXT_TEXT,
        },
    )
)
LOWERED = Described(
    answer("LoweredAlert", {"alert": 17, "lowered": True}, {"alert": ID, "lowered": {"const": True}}), NOTHING, (404,)
)
COUNTS = ("matched", "entered", "left", "undecided")
AS_RUN: Schema = {
    "run": 5,
    "now": "2026-03-16T12:00:00Z",
    "started_at": "2026-03-16T12:00:00Z",
    "mode": "delta",
    "trigger": "change",
    "rules": 2,
    "matched": 3,
    "entered": 1,
    "left": 0,
    "undecided": 0,
    "failed": 0,
    "evaluate_seconds": 0.0123,
    "act_seconds": 0.0045,
}
MODE = said(TEXT, "`full`, or `delta`: only what can have become something else was looked at.")
RUN = answer(
    "Run",
    AS_RUN,
    {"run": ID, "now": INSTANT, "started_at": INSTANT, "mode": MODE, "trigger": TEXT}
    | dict.fromkeys(("rules", *COUNTS, "failed"), COUNT)
    | {"evaluate_seconds": NUMBER, "act_seconds": NUMBER},
)
RUNS = Described(answer("Runs", {"runs": [AS_RUN], "next": None}, {"runs": listed(RUN), "next": NEXT}))
AS_FOUND: Schema = {
    "rule": "lost_prospects",
    "stage": "live",
    "matched": 1,
    "entered": 1,
    "left": 0,
    "undecided": 0,
    "candidates": 2,
    "actions": {"schedule_deletion": 1},
    "error": None,
    "basis": "delta",
}
FOUND: dict[str, Schema] = {
    "rule": TEXT,
    "stage": TEXT,
    **dict.fromkeys(COUNTS, COUNT),
    "candidates": or_null(COUNT),
    "actions": said(by_name(COUNT), "How many got each action."),
    "error": or_null(TEXT),
    "basis": said(TEXT, "`delta`, or why all records were looked at."),
}
FOUND_OF_RULE = answer("RunOfRule", AS_FOUND, FOUND)
SECONDS = answer("RunSeconds", {"evaluate": 0.04, "act": 0.01}, {"evaluate": NUMBER, "act": NUMBER})
AS_WHOLE_RUN: Schema = {
    "run": 5,
    "now": "2026-03-16T12:00:00Z",
    "mode": "delta",
    "seconds": {"evaluate": 0.04, "act": 0.01},
    "rules": [AS_FOUND],
}
WHOLE_RUN: dict[str, Schema] = {
    "run": ID,
    "now": INSTANT,
    "mode": MODE,
    "seconds": SECONDS,
    "rules": listed(FOUND_OF_RULE),
}
SHOWN_RUN = Described(
    answer(
        "RunWithRules",
        AS_WHOLE_RUN | {"trigger": "loop", "rulebook": "d730214c715398c7"},
        WHOLE_RUN | {"trigger": TEXT, "rulebook": TEXT},
    ),
    problems=(404,),
)
AS_RULE: Schema = {
    "rule": "lost_prospects",
    "title": "Lost prospects",
    "entity": "contact",
    "stage": "live",
    "version": "2f44b832d90a832c",
    "state": "active",
}
OF_RULE: dict[str, Schema] = {
    "rule": TEXT,
    "title": TEXT,
    "entity": TEXT,
    "stage": one_of("live", "watch", "off"),
    "version": TEXT,
    "state": said(or_null(TEXT), "What became of it in the store; null before its first run."),
}
RULE = answer("Rule", AS_RULE, OF_RULE)
RULES = Described(
    answer(
        "Rules",
        {"rules": [AS_RULE], "rulebook": "d730214c715398c7", "next": None},
        {"rules": listed(RULE), "rulebook": said(TEXT, "The digest of all of them."), "next": NEVER},
    )
)
