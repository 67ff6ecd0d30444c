"""Routes about the audit chain: its entries, the newest first, and whether they are as they were written."""

from typing import Annotated, Any

from fastapi import Query

from engine.service.http.access import READ, OperatorBody, Serving
from engine.service.http.described.chaining import ENTRIES, VERIFIED
from engine.service.http.described.shapes import told
from engine.service.http.paging import LARGEST, AfterKey, Limit
from engine.service.http.problems import HttpProblem
from engine.service.http.said import is_text, said
from engine.service.http.served import routes
from engine.service.verifying import as_told
from engine.store import chain_list
from engine.store.chain_list import Place

ROUTES = routes("/v1/audit")
Word = Annotated[str, Query(max_length=200)]
SHOWN = ("at", "who", "what", "rule", "version", "subject", "details")
Json = dict[str, Any]


@ROUTES.get("", dependencies=READ, **told(ENTRIES))
def list_audit(
    serving: Serving, what: Word = "", rule: Word = "", after: AfterKey = LARGEST, limit: Limit = 200
) -> Json:
    """List the entries of the audit chain, the newest first, of one kind (`what`) or rule or all."""
    if not is_text(what) or not is_text(rule):
        raise HttpProblem(422, "refused", "a text without NUL and lone surrogates was expected")
    with serving.store.database.reading() as connection:
        found = chain_list.listing(connection, what=what, rule=rule, before=after, limit=limit + 1)
    goes_on = found[limit - 1].seq if len(found) > limit else None
    return {"audit": [_shown(one) for one in found[:limit]], "next": goes_on}


@ROUTES.post("/verify", **told(VERIFIED))
def verify_audit(raw: OperatorBody, serving: Serving) -> Json:
    """Check the audit chain against its keys and its head: all of it is read; one check is made at a time."""
    said(raw)
    found = serving.verifying.now(serving.installation, serving.store)
    return as_told(found.checked) | {"at": found.at}


def _shown(one: Place) -> Json:
    """Return an entry; of one that cannot be read as any, its number alone."""
    known = one.entry
    return {"seq": one.seq} | {name: None if known is None else getattr(known, name) for name in SHOWN}
