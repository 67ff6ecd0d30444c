"""Routes about one contact: its card, all that is held of it, and why a rule matches it or not."""

from typing import Any

from fastapi import Response

from engine.model.snapshot import Refusal, Refused
from engine.model.values import ValueRefused, read_datetime
from engine.service import cards
from engine.service.explaining import explain
from engine.service.http.access import CRM_OR_READ, READ, Serving
from engine.service.http.described.contacts import CARDS, EXPLANATIONS, REPORTS
from engine.service.http.described.shapes import told
from engine.service.http.problems import HttpProblem, not_held
from engine.service.http.served import json_of, routes
from engine.service.report.document import as_plain
from engine.service.reporting import Reporter
from engine.service.serving import Service
from engine.vocabulary.calendar import Moment
from engine.vocabulary.problem import nearest_or_all

ROUTES = routes("/v1/contacts")
Json = dict[str, Any]


@ROUTES.get("/{contact:id}/status", dependencies=CRM_OR_READ, **told(CARDS))
def contact_status(contact: str, serving: Serving) -> Response:
    """Show what a contact card needs: alerts, blocked uses, selections, planned deletion, hold."""
    found = cards.card_of(serving.scene, contact)
    if found is None:
        raise not_held()
    return json_of(found)


@ROUTES.get("/{contact:id}/explain", dependencies=CRM_OR_READ, **told(EXPLANATIONS))
def explain_contact(contact: str, serving: Serving, rule: str, at: str = "") -> Json:
    """Tell why a rule matches a contact or not, what or when would change that, and what guards say of a deletion."""
    rulebook = serving.scene.rulebook
    if rule not in rulebook.rules:
        raise HttpProblem(404, "unknown", f"there is no rule `{rule}`; {nearest_or_all(rule, rulebook.rules)}")
    found = explain(serving.scene, rulebook, rulebook.rules[rule], contact, moment_at(serving, at))
    if found is None:
        raise not_held()
    return found.as_json()


@ROUTES.get("/{contact:id}/report", dependencies=READ, **told(REPORTS))
def report_contact(contact: str, serving: Serving) -> Json:
    """Show all that is held and was decided about one contact (GDPR Art. 15 and 20)."""
    reporter = Reporter.of(serving.scene)
    with serving.store.database.reading() as connection:
        found = reporter.report(connection, "contact", contact, serving.installation.moment())
        receipts = () if found else reporter.receipts(connection, "contact", contact)
    if found is None and receipts:
        raise HttpProblem(410, "erased", "this contact was erased here", receipt=as_plain(receipts[-1]))
    if found is None:
        raise not_held()
    return found.as_json()


def moment_at(serving: Service, at: str) -> Moment:
    """Return the moment that is asked about: now, or a day or instant that is written; raises Refused."""
    if not at:
        return serving.installation.moment()
    try:
        return serving.installation.moment(read_datetime(at, serving.installation.settings.zone))
    except ValueRefused as error:
        raise Refused([Refusal("/at", str(error))]) from None
