"""Contact cards: what the CRM shows beside a contact: alerts, blocked uses, selections, deletion, hold, restriction."""

from typing import Any

from engine.service.alert_text import message_of
from engine.service.scene import Scene
from engine.store import alerts, card
from engine.store.database import Connection

CONTACT = "contact"


def card_of(scene: Scene, contact: str) -> dict[str, Any] | None:
    """Return the card of a contact, or None where it is not held."""
    with scene.store.database.reading() as connection:
        return read(scene, connection, CONTACT, contact)


def read(scene: Scene, connection: Connection, entity: str, record_id: str) -> dict[str, Any] | None:
    """Return the card of a record of any kind, or None where it is not held."""
    tables = scene.store.tables
    held = card.held(connection, tables, entity, record_id)
    if held is None:
        return None
    raised = alerts.raised_on(connection, tables, entity, held.key)
    planned = card.planned(connection, tables, entity, held.key)
    return {
        "contact": record_id,
        "alerts": [_shown(scene, connection, one) for one in raised],
        "blocked": sorted({use for one in raised for use in one.blocks}),
        "selections": card.selections_of(connection, tables, entity, held.key),
        "deletion": planned and {"state": planned.state, "due_at": planned.due_at, "rule": planned.rule},
        "held": held.has_hold,
        "restricted": held.is_restricted,
    }


def _shown(scene: Scene, connection: Connection, alert: alerts.Raised) -> dict[str, Any]:
    return {
        "id": alert.key,
        "rule": alert.rule,
        "severity": alert.severity,
        "message": message_of(alert, scene.records, connection, scene.installation.settings.languages),
        "blocks": alert.blocks,
        "since": alert.since,
    }
