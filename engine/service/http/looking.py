"""Routes that look: explanations, selections, cases, alerts, runs and the rules in force, as the commands show them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from engine.model.snapshot import Refusal, Refused
from engine.model.values import ValueRefused, read_datetime
from engine.service.alert_text import raised_alerts
from engine.service.explaining import explain
from engine.service.http.access import Caller, Serving, needs
from engine.service.http.problems import HttpProblem
from engine.service.recording import record_alert
from engine.service.serving import Service
from engine.store import alerts, cases, registry, runs, selection_feed, selections
from engine.vocabulary.calendar import Moment
from engine.vocabulary.problem import nearest_or_all

ROUTES = APIRouter(prefix="/v1")
READ = [Depends(needs("read"))]
CRM_OR_READ = [Depends(needs("crm", "read"))]
Limit = Annotated[int, Query(ge=1, le=1_000)]
Json = dict[str, Any]


@ROUTES.get("/contacts/{contact}/explain", dependencies=CRM_OR_READ)
def explain_contact(contact: str, serving: Serving, rule: str, at: str = "") -> Json:
    """Tell why a rule matches a contact or not, what or when would change that, and what guards say of a deletion."""
    rulebook = serving.scene.rulebook
    if rule not in rulebook.rules:
        raise HttpProblem(404, "unknown", f"there is no rule `{rule}`; {nearest_or_all(rule, rulebook.rules)}")
    found = explain(serving.scene, rulebook, rulebook.rules[rule], contact, _moment(serving, at))
    if found is None:
        raise HttpProblem(404, "unknown", "no such contact is held here")
    return found.as_json()


@ROUTES.get("/selections", dependencies=CRM_OR_READ)
def list_selections(serving: Serving) -> Json:
    """List selections with their sizes."""
    with serving.store.database.reading() as connection:
        return {"selections": selections.listing(connection), "next": None}


@ROUTES.get("/selections/{name}/changes", dependencies=CRM_OR_READ)
def selection_changes(name: str, serving: Serving, after: Annotated[int, Query(ge=0)] = 0, limit: Limit = 200) -> Json:
    """Tell who came and went behind the cursor `after`, in order; `next` is the cursor to go on from.

    410 where moves from behind it were erased with somebody: read the members anew, and go on from their cursor.
    """
    with serving.store.database.reading() as connection:
        feed = selection_feed.read(connection, serving.store.tables, name, after, limit)
    if feed is None:
        raise HttpProblem(404, "unknown", "no rule keeps such a selection")
    if feed.is_stale:
        advice = f"read /v1/selections/{name}/members, and go on from its cursor"
        raise HttpProblem(410, "read-anew", f"somebody was erased since: {advice}", cursor=feed.cursor)
    found = [
        {"cursor": one["seq"], "contact": one["contact"], "joined": one["joined"], "at": one["moved_at"]}
        for one in feed.moves
    ]
    return {"selection": name, "changes": found, "next": feed.cursor}


@ROUTES.get("/cases", dependencies=READ)
def list_cases(serving: Serving, rule: str = "", limit: Limit = 200) -> Json:
    """List open and undecided cases, of one rule or all."""
    with serving.store.database.reading() as connection:
        return {"cases": cases.listing(connection, serving.store.tables, rule or None, limit), "next": None}


@ROUTES.get("/alerts", dependencies=READ)
def list_alerts(serving: Serving) -> Json:
    """List raised alerts, the most urgent first."""
    with serving.store.database.reading() as connection:
        languages = serving.installation.settings.languages
        return {"alerts": raised_alerts(connection, serving.scene.records, languages), "next": None}


@ROUTES.post("/alerts/{alert}/lower", dependencies=[Depends(needs("operate"))])
def lower_alert(alert: int, serving: Serving, caller: Caller) -> Json:
    """Lower an alert by hand; it stays down until its case closes."""
    with serving.store.database.writing() as connection:
        if not alerts.lower(connection, alert, serving.installation.clock.now()):
            raise HttpProblem(404, "unknown", f"no alert {alert} is raised")
        record_alert(serving.installation, serving.store, connection, alert, caller)
    return {"alert": alert, "lowered": True}


@ROUTES.get("/runs", dependencies=READ)
def list_runs(serving: Serving, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Json:
    """List the newest runs."""
    with serving.store.database.reading() as connection:
        return {"runs": runs.listing(connection, limit), "next": None}


@ROUTES.get("/runs/{run}", dependencies=READ)
def show_run(run: int, serving: Serving) -> Json:
    """Show one run, rule by rule."""
    with serving.store.database.reading() as connection:
        found = runs.read(connection, run)
    if found is None:
        raise HttpProblem(404, "unknown", f"there is no run {run}")
    return found


@ROUTES.get("/rules", dependencies=READ)
def list_rules(serving: Serving) -> Json:
    """List the rules in force, with version and stage, and what became of them in the store."""
    with serving.store.database.reading() as connection:
        known = registry.registered(connection)
    rules = serving.scene.rulebook.rules.values()
    found = [
        {
            "rule": one.id,
            "title": one.title.in_language(*serving.installation.settings.languages),
            "entity": one.entity,
            "stage": one.stage,
            "version": one.version,
            "state": known[one.id].state if one.id in known else None,
        }
        for one in rules
    ]
    return {"rules": found, "rulebook": serving.scene.rulebook.digest, "next": None}


def _moment(serving: Service, at: str) -> Moment:
    if not at:
        return serving.installation.moment()
    try:
        return serving.installation.moment(read_datetime(at, serving.installation.settings.zone))
    except ValueRefused as error:
        raise Refused([Refusal("/at", str(error))]) from None
