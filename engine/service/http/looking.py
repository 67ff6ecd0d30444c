"""Routes that look: cases, alerts, runs and rules, as the commands show them; and alerts are lowered by hand."""

from typing import Annotated, Any

from fastapi import Query

from engine.service.alert_text import shown
from engine.service.http.access import READ, Caller, OperatorBody, Serving
from engine.service.http.described.looking import ALERTS, CASES, LOWERED, RULES, RUNS, SHOWN_RUN
from engine.service.http.described.shapes import told
from engine.service.http.paging import AfterCursor, AfterKey, Key, Limit, cursor, position_of
from engine.service.http.problems import HttpProblem
from engine.service.http.said import said
from engine.service.http.served import routes
from engine.service.recording import record_alert
from engine.store import alerts, cases, registry, runs

ROUTES = routes("/v1")
RunLimit = Annotated[int, Query(ge=1, le=500, description="The most runs of a page.")]
Json = dict[str, Any]


@ROUTES.get("/cases", dependencies=READ, **told(CASES))
def list_cases(serving: Serving, rule: str = "", after: AfterCursor = "", limit: Limit = 200) -> Json:
    """List open and undecided cases, of one rule or all, by rule and contact."""
    position = position_of(after, str, str)
    with serving.store.database.reading() as connection:
        found = cases.listing(connection, serving.store.tables, rule or None, limit + 1, position)
    last = found[limit - 1] if len(found) > limit else None
    return {"cases": found[:limit], "next": last and cursor((last["rule"], last["contact"]))}


@ROUTES.get("/alerts", dependencies=READ, **told(ALERTS))
def list_alerts(serving: Serving, after: AfterCursor = "", limit: Limit = 1_000) -> Json:
    """List raised alerts, the most urgent first."""
    position = position_of(after, int, str, str, int)
    languages = serving.installation.settings.languages
    with serving.store.database.reading() as connection:
        found = alerts.raised_after(connection, serving.store.tables, position, limit + 1)
        listed = shown(connection, found[:limit], serving.scene.records, languages)
    return {"alerts": listed, "next": cursor(found[limit - 1].position) if len(found) > limit else None}


@ROUTES.post("/alerts/{alert}/lower", **told(LOWERED))
def lower_alert(alert: Key, raw: OperatorBody, serving: Serving, caller: Caller) -> Json:
    """Lower an alert by hand; it stays down until its case closes."""
    said(raw)
    with serving.store.database.writing() as connection:
        if not alerts.lower(connection, alert, serving.installation.clock.now()):
            raise HttpProblem(404, "unknown", f"no alert {alert} is raised")
        record_alert(serving.installation, serving.store, connection, alert, caller)
    return {"alert": alert, "lowered": True}


@ROUTES.get("/runs", dependencies=READ, **told(RUNS))
def list_runs(serving: Serving, after: AfterKey = 0, limit: RunLimit = 50) -> Json:
    """List runs, the newest first."""
    with serving.store.database.reading() as connection:
        found = runs.listing(connection, limit + 1, after or None)
    return {"runs": found[:limit], "next": found[limit - 1]["run"] if len(found) > limit else None}


@ROUTES.get("/runs/{run}", dependencies=READ, **told(SHOWN_RUN))
def show_run(run: Key, serving: Serving) -> Json:
    """Show one run, rule by rule."""
    with serving.store.database.reading() as connection:
        found = runs.read(connection, run)
    if found is None:
        raise HttpProblem(404, "unknown", f"there is no run {run}")
    return found


@ROUTES.get("/rules", dependencies=READ, **told(RULES))
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
