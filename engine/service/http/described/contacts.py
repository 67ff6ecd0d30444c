"""Shapes of what is told of one contact: its card, why a rule matches it, and all that is held of it."""

from engine.service.http.described.deletions import AS_DELETION, DELETION
from engine.service.http.described.reviews import AS_REVIEW, REVIEW
from engine.service.http.described.shapes import (
    ANYTHING,
    FLAG,
    ID,
    INSTANT,
    RECORD,
    TEXT,
    Described,
    Schema,
    answer,
    by_name,
    listed,
    one_of,
    or_null,
    said,
)
from engine.service.http.described.trees import AS_TREE, TREE
from engine.service.report.document import FORMAT

AS_ALERT: Schema = {
    "id": 17,
    "rule": "do_not_mail",
    "severity": "blocking",
    "message": "Objects to marketing",
    "blocks": ["email"],
    "since": "2026-03-01T12:00:00+00:00",
}
ALERT = {
    "id": ID,
    "rule": TEXT,
    "severity": TEXT,
    "message": TEXT,
    "blocks": said(listed(TEXT), "Uses that are not allowed while it is raised."),
    "since": INSTANT,
}
PLANNED = answer(
    "PlannedDeletion",
    {"state": "scheduled", "due_at": "2026-03-15T12:00:00+00:00", "rule": "lost_prospects"},
    {"state": TEXT, "due_at": INSTANT, "rule": TEXT},
)
CARD = answer(
    "ContactCard",
    {
        "contact": "4711",
        "alerts": [AS_ALERT],
        "blocked": ["email"],
        "selections": ["newsletter"],
        "deletion": None,
        "held": False,
        "restricted": False,
    },
    {
        "contact": RECORD,
        "alerts": said(listed(answer("AlertOfContact", AS_ALERT, ALERT)), "The most urgent first."),
        "blocked": listed(TEXT),
        "selections": listed(TEXT),
        "deletion": or_null(PLANNED),
        "held": said(FLAG, "True while a hold keeps it from being deleted."),
        "restricted": said(FLAG, "True while its processing is restricted (Art. 18)."),
    },
)
AS_GUARD: Schema = {"code": "HOLD", "applies": False, "then": "kept", "says": "A person has put a hold on the contact."}
GUARD = answer("Guard", AS_GUARD, {"code": TEXT, "applies": FLAG, "then": TEXT, "says": TEXT})
EXPLANATION = answer(
    "Explanation",
    {
        "rule": "lost_prospects",
        "contact": "4711",
        "verdict": "match",
        "tree": AS_TREE,
        "ends_at": None,
        "ends_as": None,
        "looked_until": "2036-03-01T00:00:00+01:00",
        "reviews": [AS_REVIEW],
        "deletion": AS_DELETION,
        "guards": [AS_GUARD],
    },
    {
        "rule": TEXT,
        "contact": RECORD,
        "verdict": one_of("match", "no_match", "undecided"),
        "tree": TREE,
        "ends_at": said(or_null(INSTANT), "Of a match: when time alone ends it."),
        "ends_as": said(or_null(TEXT), "Of a match: what it is then."),
        "begins_at": said(or_null(INSTANT), "Of others: when time alone makes it a match."),
        "would_match_if": said(listed(TEXT), "Of others: what would make it a match now."),
        "looked_until": INSTANT,
        "reviews": listed(REVIEW),
        "deletion": said(or_null(DELETION), "Of a rule that deletes: what it has scheduled."),
        "guards": said(listed(GUARD), "Of a rule that deletes: what each guard says."),
    },
    optional=("ends_at", "ends_as", "begins_at", "would_match_if", "deletion", "guards"),
)
AS_FIELD: Schema = {
    "name": "country",
    "label": "Country",
    "value": "NO",
    "personal": False,
    "unclear": False,
    "references": None,
    "type": "text",
    "since": "2026-03-01T12:00:00+00:00",
}
FIELD = answer(
    "ReportedField",
    AS_FIELD,
    {
        "name": TEXT,
        "label": TEXT,
        "value": {},
        "personal": FLAG,
        "unclear": FLAG,
        "references": or_null(TEXT),
        "type": TEXT,
        "since": or_null(INSTANT),
    },
)
REPORT = answer(
    "ContactReport",
    {
        "format": FORMAT,
        "entity": "contact",
        "id": "4711",
        "made_at": "2026-03-01T12:00:00+00:00",
        "language": "en",
        "place": "store",
        "bin_until": None,
        "fields": [AS_FIELD],
        "collections": {"sales": [{"id": "s1", "status": "sold", "amount": 1200}]},
        "consents": [{"purpose": "marketing", "legal_basis": "consent", "state": "given"}],
        "holds": [],
        "processing": {"rules": [], "recipients": [], "retention": {}, "source": None, "automated_decisions": {}},
    },
    {
        "format": {"const": FORMAT},
        "entity": TEXT,
        "id": RECORD,
        "made_at": INSTANT,
        "language": TEXT,
        "place": said(one_of("store", "recycle_bin", "traces"), "Where it is held; traces: something speaks of it."),
        "bin_until": or_null(INSTANT),
        "fields": listed(FIELD),
        "collections": by_name(listed(ANYTHING)),
        "consents": listed(by_name(TEXT)),
        "processing": said(ANYTHING, "Purposes and grounds, recipients, storage, source and automation (Art. 15(1))."),
    },
) | {"additionalProperties": said(listed(ANYTHING), "What was decided and noted about it, by kind: cases, alerts, …")}
CARDS = Described(CARD, problems=(404,))
EXPLANATIONS = Described(EXPLANATION, problems=(404,))
REPORTS = Described(REPORT, problems=(404, 410))
