"""Alerts: those that are raised, the most urgent first, in the words that the CRM shows; people lower them."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from actions.raise_alert import SEVERITIES
from engine.service.alert_text import shown as told
from engine.service.console.choices import chosen
from engine.service.console.pages import pages, returned
from engine.service.console.rendering import shown, to
from engine.service.console.sessions import ByWhom, Operating, Seen
from engine.service.http.access import Serving
from engine.service.http.paging import AfterCursor, Key, cursor, position_of
from engine.service.http.problems import HttpProblem
from engine.service.recording import record_alert
from engine.store import alerts as store
from engine.store import registry
from engine.vocabulary.tongue import LANGUAGES

ROUTES = pages()
A_PAGE = 50
ORDER = ("blocking", "warning", "info")
Word = Annotated[str, Query(max_length=200)]


@ROUTES.get("/alerts")
def alerts(
    request: Request, serving: Serving, _visitor: Seen, severity: Word = "", rule: Word = "", after: AfterCursor = ""
) -> Response:
    """List raised alerts."""
    place = position_of(after, int, int)
    behind = None if place is None else (int(place[0]), int(place[1]))
    languages = serving.installation.settings.languages or LANGUAGES
    with serving.store.database.reading() as connection:
        rules = sorted(registry.registered(connection))
        its = ((chosen("severity", severity, SEVERITIES),) if severity else ORDER, chosen("rule", rule, rules))
        found = store.urgent(connection, serving.store.tables, its, behind, A_PAGE + 1)
        listed = told(connection, found[:A_PAGE], serving.scene.records, languages)
    last = found[A_PAGE - 1] if len(found) > A_PAGE else None
    filters = urlencode({name: word for name, word in (("severity", severity), ("rule", rule)) if word})
    return shown(
        request,
        "alerts.html",
        alerts=listed,
        next=cursor((last.priority, last.key)) if last else None,
        is_first=not after,
        address=to("alerts") + (f"?{filters}" if filters else ""),
        severity=severity,
        severities=ORDER,
        rule=rule,
        rules=rules,
        titles=serving.scene.rulebook.rules,
    )


@ROUTES.post("/alerts/{alert}/lower")
def lower(serving: Serving, form: Operating, visitor: ByWhom, alert: Key) -> Response:
    """Lower an alert by hand; it stays down until its case closes."""
    with serving.store.database.writing() as connection:
        if not store.lower(connection, alert, serving.installation.clock.now()):
            raise HttpProblem(404, "unknown", f"no alert {alert} is raised")
        record_alert(serving.installation, serving.store, connection, alert, visitor.holder.name)
    return returned(form, to("alerts"), "alert_lowered")
