"""Asking: a signed call about a case to the CRM or a webhook. Which contact, and why; no other value of it."""

from collections.abc import Mapping
from typing import Any

from actions.sending import Sending
from engine.crm.webhooks import Endpoint, Event
from engine.vocabulary.outcome import DONE, Outcome


def ask(sending: Sending, endpoint: Endpoint, kind: str, more: Mapping[str, Any]) -> Outcome:
    """Tell an endpoint about a case, under the key of the intent; raises TemporaryFailure or PermanentFailure."""
    rule, entity = sending.rule, sending.rule.entity
    about = {
        "order": sending.key,
        "entity": entity,
        "contact": sending.facts.id,
        "rule": rule.id,
        "version": rule.version,
        "case": {"opened_at": sending.since.isoformat()},
    }
    sending.outside.tell(endpoint, Event(sending.key, kind, about | dict(more), sending.moment.now))
    return DONE
