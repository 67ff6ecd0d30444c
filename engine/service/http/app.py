"""The API: what a CRM calls. Every 2xx to a write comes after its commit."""

import json
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from engine.model.snapshot import Refusal, Refused, Snapshot, as_json, read_json
from engine.service import cards, events
from engine.service.http import decisions, deleting, eventing, holding, looking, orders, restricting, reviewing, ruling
from engine.service.http.access import PURGING, Body, Serving, needs
from engine.service.http.problems import HttpProblem, on_framework, on_problem
from engine.service.importing import Importer
from engine.service.naming import Declined
from engine.service.report.document import as_plain
from engine.service.reporting import Reporter
from engine.service.serving import Service
from engine.store import selection_feed, selections
from engine.store.deletions import IllegalMove
from engine.store.unavailable import StoreUnavailable

CRM = [Depends(needs("crm"))]
CRM_OR_READ = [Depends(needs("crm", "read"))]
ROUTES = APIRouter(prefix="/v1")
Json = dict[str, Any]


def create_app(service: Service) -> FastAPI:
    """Return the application of a running service."""
    app = FastAPI(title="Ansgar", version="1", redoc_url=None)
    app.state.service = service
    for kind in (HttpProblem, Refused, Declined, IllegalMove, StoreUnavailable):
        app.add_exception_handler(kind, on_problem)
    app.add_exception_handler(HTTPException, on_framework)
    app.add_exception_handler(RequestValidationError, on_framework)
    app.include_router(ROUTES)
    for part in (decisions, deleting, eventing, holding, looking, orders, restricting, reviewing, ruling):
        app.include_router(part.ROUTES)
    app.add_api_route("/healthz", healthz)
    app.add_api_route("/readyz", readyz)
    return app


def healthz() -> Json:
    """Answer as long as the process lives."""
    return {"status": "alive"}


def readyz(serving: Serving) -> Json:
    """Tell whether the last pass came to its end, and which rulebook holds; a broken newer one is named by place."""
    if serving.purging:
        raise HttpProblem(503, "purging", PURGING)
    if serving.unwell:
        raise HttpProblem(503, "not-ready", serving.unwell)
    rulebook = serving.scene.rulebook.digest if serving.has_rulebook else None
    trouble = serving.scene.decider.trouble
    told = {"third_opinion": not trouble, "detail": trouble or None}
    return {"status": "ready", "rulebook": rulebook, "broken": serving.broken or None} | told


@ROUTES.put("/contacts/{contact}", dependencies=CRM)
def put_contact(contact: str, raw: Body, serving: Serving) -> Json:
    """Take the state of one contact: what is named is replaced, what is absent stays."""
    record = read_json(raw)
    if not isinstance(record, dict) or record.get("id", contact) != contact:
        raise Refused([Refusal("/id", "the id in the body is not that of the address")])
    report = _importer(serving).take([raw if "id" in record else _with_id(raw, contact)])
    if report.refused:
        _refuse(report.refused[0].reason)
    serving.wake()
    return {"id": contact, "created": bool(report.taken.created), "changed": bool(report.taken.changed)}


@ROUTES.get("/contacts/{contact}", dependencies=CRM_OR_READ)
def get_contact(contact: str, serving: Serving) -> Json:
    """Show what is held about one contact."""
    records = serving.scene.records
    with serving.store.database.reading() as connection:
        key = records.key_of(connection, "contact", contact)
        facts = None if key is None else records.facts(connection, "contact", key)
    if facts is None:
        raise HttpProblem(404, "unknown", "no such contact is held here")
    return as_json(Snapshot(facts.id, facts.values, facts.collections, facts.unclear))


@ROUTES.delete("/contacts/{contact}", dependencies=CRM)
def delete_contact(contact: str, serving: Serving) -> Json:
    """Remove the copy of a contact that the CRM has deleted."""
    with serving.store.database.writing() as connection:
        was_there = events.delete_contact(serving.scene, connection, "contact", contact, serving.installation.moment())
    if not was_there:
        raise HttpProblem(404, "unknown", "no such contact is held here")
    return {"id": contact, "deleted": True}


@ROUTES.post("/contacts/import", dependencies=CRM)
def import_contacts(raw: Body, serving: Serving) -> Json:
    """Take contact snapshots as NDJSON; refused lines are listed and lose nothing else."""
    report = _importer(serving).take(raw.splitlines())
    serving.wake()
    return report.as_json()


@ROUTES.get("/contacts/{contact}/status", dependencies=CRM_OR_READ)
def status(contact: str, serving: Serving) -> Json:
    """Show what a contact card needs: alerts, blocked uses, selections, planned deletion, hold."""
    found = cards.card(serving.scene, contact)
    if found is None:
        raise HttpProblem(404, "unknown", "no such contact is held here")
    return found


@ROUTES.get("/contacts/{contact}/report", dependencies=[Depends(needs("read"))])
def get_report(contact: str, serving: Serving) -> Json:
    """Show all that is held and was decided about one contact (GDPR Art. 15 and 20)."""
    reporter = Reporter.of(serving.scene)
    with serving.store.database.reading() as connection:
        found = reporter.report(connection, "contact", contact, serving.installation.moment())
        receipts = () if found else reporter.receipts(connection, "contact", contact)
    if found is None and receipts:
        raise HttpProblem(410, "erased", "this contact was erased here", receipt=as_plain(receipts[-1]))
    if found is None:
        raise HttpProblem(404, "unknown", "no such contact is held here")
    return found.as_json()


@ROUTES.get("/selections/{name}/members", dependencies=CRM_OR_READ)
def members(name: str, serving: Serving) -> Json:
    """List the members of a selection, sorted by id."""
    with serving.store.database.reading() as connection:
        found = selections.members(connection, serving.store.tables, name)
        as_of = {str(row["selection"]): row["as_of"] for row in selections.listing(connection)}
        rule = selection_feed.rule_of(connection, name)
        cursor = selection_feed.newest(connection, rule) if rule is not None else 0
    if found is None:
        raise HttpProblem(404, "unknown", "no rule keeps such a selection")
    return {"selection": name, "members": found, "as_of": as_of.get(name), "cursor": cursor, "next": None}


def _importer(serving: Service) -> Importer:
    scene = serving.scene
    ignores = serving.installation.settings.unknown_fields == "ignore"
    return Importer(serving.store, "contact", serving.installation.clock.now(), ignores, tombstones=scene.tombstones)


def _with_id(raw: bytes, contact: str) -> bytes:
    """Return a JSON object with an id put in front, numbers untouched."""
    rest = raw.strip()[1:].lstrip()
    return b'{"id": ' + json.dumps(contact).encode() + (b"" if rest.startswith(b"}") else b", ") + rest


def _refuse(reason: str) -> None:
    raise Refused([Refusal("", reason)])
