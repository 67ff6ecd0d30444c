"""Shapes of what people do with rules: text is checked and planned; rules are shown and governed."""

from engine.service.http.described.looking import AS_FOUND, AS_RULE, AS_WHOLE_RUN, FOUND, OF_RULE, WHOLE_RUN
from engine.service.http.described.shapes import (
    COUNT,
    FLAG,
    INSTANT,
    NOTHING,
    NUMBER,
    RECORD,
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

MOST_FILES = 200
AS_FILES: Schema = {"mine.yaml": "rules:\n  - rule: stop\n    if: [{field: category, is: Stop}]\n"}
FILES: Schema = by_name(TEXT) | {"minProperties": 1, "maxProperties": MOST_FILES, "description": "Texts by file name."}
AS_PROBLEM: Schema = {
    "file": "mine.yaml",
    "line": 1,
    "column": 1,
    "code": "R004",
    "severity": "error",
    "message": "a rule file is a mapping",
    "help": "begin with one of: conditions, messages, rules, tests",
}
PROBLEM = answer(
    "RuleProblem",
    AS_PROBLEM,
    {
        "file": TEXT,
        "line": COUNT,
        "column": COUNT,
        "code": said(TEXT, "docs/errors.md lists all."),
        "severity": one_of("error", "warning"),
        "message": TEXT,
        "help": TEXT,
    },
)
CHECKED = Described(
    answer(
        "CheckedRules",
        {"ok": False, "problems": [AS_PROBLEM], "files": ["mine.yaml"]},
        {"ok": FLAG, "problems": listed(PROBLEM), "files": listed(TEXT)},
    ),
    body("RuleFiles", {"files": AS_FILES}, {"files": FILES}, needed=("files",)),
)
AS_LIMIT: Schema = {"contacts": 25, "percent": None, "count": 1, "population": 900, "trips": False}
LIMIT = answer(
    "RuleLimit",
    AS_LIMIT,
    {
        "contacts": or_null(COUNT),
        "percent": {"type": ["string", "number", "null"]},
        "count": COUNT,
        "population": COUNT,
        "trips": FLAG,
    },
)
AS_DELETIONS: Schema = {
    "scheduled": 1,
    "cancelled": 0,
    "due": 0,
    "first_due": "2026-03-15T12:00:00Z",
    "limit": AS_LIMIT,
}
DELETIONS = answer(
    "DeletionsOfRule",
    AS_DELETIONS,
    {**dict.fromkeys(("scheduled", "cancelled", "due"), COUNT), "first_due": or_null(INSTANT), "limit": or_null(LIMIT)},
)
AS_MOVE: Schema = {"contact": "4711", "moves": "enters", "actions": ["schedule_deletion"]}
MOVE = answer("PlannedMove", AS_MOVE, {"contact": RECORD, "moves": one_of("enters", "leaves"), "actions": listed(TEXT)})
AS_PLANNED: Schema = AS_FOUND | {
    "version": "2f44b832d90a832c",
    "change": "same",
    "unchanged": 2,
    "waits_for_promotion": False,
    "paused": None,
    "deletions": AS_DELETIONS,
    "digest": "457fe9cf83218eca",
}
WITH_IDS = ("entering", "leaving", "contacts")
PLANNED = answer(
    "PlannedRule",
    AS_PLANNED,
    FOUND
    | {
        "version": TEXT,
        "change": one_of("new", "changed", "stage", "returned", "gone", "same"),
        "unchanged": COUNT,
        "waits_for_promotion": FLAG,
        "paused": or_null(TEXT),
        "deletions": or_null(DELETIONS),
        "digest": or_null(TEXT),
        "entering": said(listed(RECORD), "With `show_ids`."),
        "leaving": said(listed(RECORD), "With `show_ids`."),
        "contacts": said(listed(MOVE), "With `show_ids`."),
    },
    optional=WITH_IDS,
)
AS_LIMITS: Schema = {
    "deletions_per_day": 500,
    "percent_per_day": "2",
    "population": 900,
    "ordered_lately": 0,
    "due": 0,
    "scheduled": 1,
    "trips_now": False,
    "trips_later": False,
}
LIMITS = answer(
    "DailyLimits",
    AS_LIMITS,
    {
        "deletions_per_day": COUNT,
        "percent_per_day": said(TEXT, "An exact decimal."),
        **dict.fromkeys(("population", "ordered_lately", "due", "scheduled"), COUNT),
        **dict.fromkeys(("trips_now", "trips_later"), FLAG),
    },
)
PLAN = Described(
    answer(
        "Plan",
        {
            "now": "2026-03-01T12:00:00Z",
            "seconds": 0.02,
            "rulebook": "c048f2aa9d767b2b",
            "rules": [AS_PLANNED],
            "limits": AS_LIMITS,
        },
        {"now": INSTANT, "seconds": NUMBER, "rulebook": TEXT, "rules": listed(PLANNED), "limits": LIMITS},
    ),
    body("PlanWanted", {"files": AS_FILES, "show_ids": True}, {"files": FILES, "show_ids": FLAG}),
)
RUN = Described(
    answer("RunReport", AS_WHOLE_RUN | {"third_opinion": True}, WHOLE_RUN | {"third_opinion": FLAG}),
    body("RunWanted", {"inputs": {"campaign": "spring"}}, {"inputs": said(by_name(TEXT), "What the rule `needs`.")}),
    (404, 409),
    status=202,
)
PAUSED = Described(
    answer("PausedRule", {"rule": "lost_prospects", "paused": True}, {"rule": TEXT, "paused": {"const": True}}),
    body("PauseWanted", {"reason": "wrong text"}, {"reason": said(TEXT, "Why; it is shown.")}, needed=("reason",)),
    (404, 409),
)
PROMOTED = Described(
    answer(
        "PromotedRule",
        {"rule": "lost_prospects", "version": "2f44b832d90a832c", "promoted": True},
        {"rule": TEXT, "version": TEXT, "promoted": said(FLAG, "False while another person has to say so, too.")},
    ),
    body(
        "PromotionWanted",
        {"plan": "457fe9cf83218eca", "reason": "looked at all twelve"},
        {"plan": said(TEXT, "The `digest` of the rule in the plan that you saw."), "reason": TEXT},
        needed=("plan", "reason"),
    ),
    (404, 409),
)
RETIRED = Described(
    answer(
        "RetiredRule", {"rule": "lost_prospects", "state": "retired"}, {"rule": TEXT, "state": {"const": "retired"}}
    ),
    NOTHING,
    (404, 409),
)
AS_PAUSE: Schema = {"by": "person", "since": "2026-03-01T12:00:00Z", "reason": "wrong text"}
PAUSE = answer(
    "PauseOfRule",
    AS_PAUSE,
    {"by": one_of("person", "limit"), "since": or_null(INSTANT), "reason": or_null(TEXT)},
)
AS_STATEMENT: Schema = {"text": "The rule is live: what is described here takes effect."}
STATEMENT = answer(
    "Statement",
    AS_STATEMENT,
    {"text": TEXT, "parts": said(listed({"$ref": "#/components/schemas/Statement"}), "What stands below it.")},
    optional=("parts",),
)
AS_SECTION: Schema = {"name": "stage", "heading": "Stage", "statements": [AS_STATEMENT]}
SECTION = answer("SectionOfRule", AS_SECTION, {"name": TEXT, "heading": TEXT, "statements": listed(STATEMENT)})
AS_WORDS: Schema = {"language": "en", "fingerprint": "d730214c715398c7", "sections": [AS_SECTION]}
WORDS = answer(
    "WordsOfRule", AS_WORDS, {"language": one_of("en", "sv"), "fingerprint": TEXT, "sections": listed(SECTION)}
)
HEALTHS = ("live", "watch", "paused", "failing", "stale", "off", "gone")
AS_SHOWN_RULE: Schema = AS_RULE | {
    "health": "paused",
    "health_reason": "wrong text",
    "waits_for_promotion": False,
    "promoted": "2f44b832d90a832c",
    "paused": AS_PAUSE,
    "matched": 12,
    "undecided": 0,
    "evaluated_at": "2026-03-01T12:00:00Z",
    "words": AS_WORDS,
}
SHOWN_RULE = Described(
    answer(
        "ShownRule",
        AS_SHOWN_RULE,
        {
            **OF_RULE,
            "health": one_of(*HEALTHS),
            "health_reason": said(TEXT, "Why it is paused, or what failed; else empty."),
            "waits_for_promotion": FLAG,
            "promoted": said(or_null(TEXT), "The version that may be live."),
            "paused": or_null(PAUSE),
            "matched": said(or_null(COUNT), "Null where it was never evaluated."),
            "undecided": or_null(COUNT),
            "evaluated_at": or_null(INSTANT),
            "words": said(or_null(WORDS), "Null of a rule that is gone from the rulebook."),
        },
    ),
    problems=(404,),
)
RELEASED = Described(
    answer(
        "ReleasedRule",
        {"rule": "lost_prospects", "released": "limit", "scheduled": 12},
        {
            "rule": TEXT,
            "released": said(one_of("person", "limit"), "Who had paused it."),
            "waiting": said(COUNT, "Of one that a person paused: what goes on now."),
            "scheduled": said(COUNT, "Of one that a limit paused: deletions that are scheduled now."),
        },
        optional=("waiting", "scheduled"),
    ),
    NOTHING,
    (404, 409),
)
