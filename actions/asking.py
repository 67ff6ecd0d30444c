"""Asking: a signed call about a case to the CRM or a webhook. Which contact, and why; no other value of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actions.sending import Sending
from engine.crm.event import Event
from engine.vocabulary.outcome import DONE, Outcome

if TYPE_CHECKING:
    from engine.crm.webhooks import Endpoint


def ask(sending: Sending, endpoint: "Endpoint", kind: str, more: Mapping[str, Any]) -> Outcome:
    """Tell an endpoint about a case, under the key of the intent; raises TemporaryFailure or PermanentFailure."""
    rule, entity = sending.rule, sending.rule.entity
    about = {
        "order": sending.key,
        "entity": entity,
        "contact": sending.facts.id,
        "rule": rule.id,
        "version": rule.version,
        "case": {"state": "closed" if sending.is_closed else "open", "at": sending.since.isoformat()},
    }
    sending.outside.tell(endpoint, Event(sending.key, kind, about | dict(more), sending.moment.now))
    return DONE
