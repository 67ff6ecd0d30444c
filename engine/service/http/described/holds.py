"""Shapes of holds and restrictions: what keeps a record from being deleted or used."""

from engine.service.http.described.shapes import (
    DAY,
    FLAG,
    GONE,
    ID,
    INSTANT,
    NEXT,
    NOTHING,
    RECORD,
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
from engine.service.restricting import GROUNDS
from engine.store.restrictions import USES

AS_HOLD: Schema = {
    "id": 2,
    "contact": "4711",
    "name": "lawsuit",
    "reason": "case 17/2026",
    "placed_at": "2026-03-01T12:00:00Z",
    "owner": "dpo",
    "review": "2026-09-01",
    "overdue": False,
}
HOLD = answer(
    "Hold",
    AS_HOLD,
    {
        "id": ID,
        "contact": GONE,
        "name": TEXT,
        "reason": TEXT,
        "placed_at": INSTANT,
        "owner": or_null(TEXT),
        "review": said(or_null(DAY), "The day on which somebody looks at it again."),
        "overdue": FLAG,
    },
)
ENTITY = said(TEXT, "What kind of record it is; `contact` where nothing is said.")
HOLD_WANTED = body(
    "HoldWanted",
    {"contact": "4711", "reason": "case 17/2026", "name": "lawsuit", "owner": "dpo", "review": "2026-09-01"},
    {"contact": TEXT, "reason": TEXT, "name": TEXT, "owner": TEXT, "review": DAY, "entity": ENTITY},
    needed=("contact", "reason"),
)
HOLDS = Described(answer("Holds", {"holds": [AS_HOLD], "next": None}, {"holds": listed(HOLD), "next": NEXT}))
PLACED = Described(
    answer("PlacedHold", {"hold": 2, "contact": "4711"}, {"hold": ID, "contact": RECORD}),
    HOLD_WANTED,
    (404, 409),
    status=201,
)
LIFTED = Described(
    answer("LiftedHold", {"hold": 2, "lifted": True}, {"hold": ID, "lifted": {"const": True}}), NOTHING, (404,)
)

AS_PERMISSION: Schema = {"id": 5, "use": "message", "ground": "consent", "said": "2026-03-02", "noted_by": "eva"}
AS_RESTRICTION: Schema = {
    "id": 1,
    "contact": "4711",
    "entity": "contact",
    "since": "2026-03-01T12:00:00Z",
    "flag": True,
    "told": None,
    "told_by": None,
    "permissions": [AS_PERMISSION],
}
PERMISSION = answer(
    "Permission",
    AS_PERMISSION,
    {"id": ID, "use": one_of(*USES), "ground": one_of(*GROUNDS), "said": DAY, "noted_by": or_null(TEXT)},
)
RESTRICTION = answer(
    "Restriction",
    AS_RESTRICTION,
    {
        "id": ID,
        "contact": RECORD,
        "entity": TEXT,
        "since": INSTANT,
        "flag": said(FLAG, "True while the CRM sends it as restricted."),
        "told": said(or_null(DAY), "When the person was told that it ends."),
        "told_by": or_null(TEXT),
        "permissions": listed(PERMISSION),
    },
)
RESTRICTIONS = Described(
    answer(
        "Restrictions",
        {"restrictions": [AS_RESTRICTION], "next": None},
        {"restrictions": listed(RESTRICTION), "next": NEXT},
    )
)
TOLD = body("TellingOfEnd", {"told": "2026-03-16"}, {"told": DAY, "entity": ENTITY}, needed=("told",))
UNRESTRICTED = Described(
    answer(
        "LiftedRestriction",
        {"contact": "4711", "told": "2026-03-16", "lifted": True},
        {"contact": RECORD, "told": TEXT, "lifted": said(FLAG, "False while the CRM sends it as restricted.")},
    ),
    TOLD,
    (404, 409),
)
PERMIT = body(
    "PermitWanted",
    {"use": "message", "ground": "consent", "said": "2026-03-02"},
    {"use": one_of(*USES), "ground": one_of(*GROUNDS), "said": DAY, "entity": ENTITY},
    needed=("use", "ground", "said"),
)
PERMITTED = Described(
    answer(
        "PermittedUse",
        {"permission": 5, "contact": "4711", "use": "message"},
        {"permission": ID, "contact": RECORD, "use": one_of(*USES)},
    ),
    PERMIT,
    (404, 409),
    status=201,
)
WITHDRAWN = Described(
    answer(
        "WithdrawnPermission", {"permission": 5, "withdrawn": True}, {"permission": ID, "withdrawn": {"const": True}}
    ),
    NOTHING,
    (404,),
)
