"""The book of the console: all its pages. A new page is one module with `ROUTES`, its template, and one entry here."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from engine.service.console import (
    alerts,
    assets,
    audit,
    batches,
    deletion,
    deletions,
    finding,
    funnels,
    handing_out,
    holds,
    live,
    messages,
    reasons,
    record,
    record_acts,
    reviews,
    rule,
    rule_acts,
    rule_edit,
    rules,
    runs,
    selections,
    signing,
    today,
)
from engine.service.console.pages import pages
from engine.service.console.sessions import Visitor, seen_by
from engine.service.http.problems import HttpProblem
from engine.store.tokens import SCOPES

NOWHERE = pages()
Anybody = Annotated[Visitor, Depends(seen_by(*SCOPES))]  # who is signed in, whatever they may


@NOWHERE.get("/{rest:path}")
def nowhere(request: Request, rest: str, _visitor: Anybody) -> Response:
    """Say that there is no such page."""
    raise HttpProblem(404, "unknown", "there is no such page")


PARTS = (
    *(signing, today, runs, funnels, live, rules, rule, rule_acts, rule_edit),
    *(finding, record, reasons, handing_out, record_acts),
    *(selections, alerts, deletions, deletion, batches, reviews, holds, messages, audit),
)
ROUTERS: tuple[APIRouter, ...] = (assets.ROUTES, *(part.ROUTES for part in PARTS), NOWHERE)
