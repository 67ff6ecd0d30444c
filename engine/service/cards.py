"""Contact cards: what the CRM shows beside a contact: alerts, blocked uses, selections, deletion, hold, restriction."""

from typing import Any

from engine.service.alert_text import message_of
from engine.service.scene import Scene
from engine.store import alerts, deletions, holds, selections
from engine.store.restrictions import FLAG


def card(scene: Scene, contact: str) -> dict[str, Any] | None:
    """Return the card of a contact, or None where it is not held."""
    tables, records = scene.store.tables, scene.records
    with scene.store.database.reading() as connection:
        key = records.key_of(connection, "contact", contact)
        if key is None:
            return None
        raised = alerts.raised(connection, tables, record=("contact", key))
        languages = scene.installation.settings.languages
        planned = [
            one
            for one in deletions.read(connection, tables, deletions.is_of(key))
            if one.entity == "contact" and one.state not in deletions.ENDS
        ]
        return {
            "contact": contact,
            "alerts": [
                {
                    "id": one.key,
                    "rule": one.rule,
                    "severity": one.severity,
                    "message": message_of(one, records, connection, languages),
                    "blocks": one.blocks,
                    "since": one.since,
                }
                for one in raised
            ],
            "blocked": sorted({use for one in raised for use in one.blocks}),
            "selections": selections.of_record(connection, "contact", key),
            "deletion": {"state": planned[0].state, "due_at": planned[0].due_at, "rule": planned[0].rule}
            if planned
            else None,
            "held": holds.active(connection, "contact", key),
            "restricted": FLAG in records.set_flags(connection, "contact", key),
        }
