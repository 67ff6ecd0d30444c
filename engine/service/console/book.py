"""The book of the console: all its pages. A new page is one module with `ROUTES`, its template, and one entry here."""

from fastapi import APIRouter, Request, Response

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
from engine.service.http.problems import HttpProblem

NOWHERE = pages()


@NOWHERE.get("/{rest:path}")
def nowhere(request: Request, rest: str) -> Response:
    """Say that there is no such page."""
    raise HttpProblem(404, "unknown", "there is no such page")


PARTS = (
    *(signing, today, runs, funnels, live, rules, rule, rule_acts, rule_edit),
    *(finding, record, reasons, handing_out, record_acts),
    *(selections, alerts, deletions, deletion, batches, reviews, holds, messages, audit),
)
ROUTERS: tuple[APIRouter, ...] = (assets.ROUTES, *(part.ROUTES for part in PARTS), NOWHERE)
