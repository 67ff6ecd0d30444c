"""What alerts say: their templates filled in from the record as it is now, in its language."""

from collections.abc import Mapping
from typing import Any

from engine.language.template import Setting, Template
from engine.model.facts import Facts
from engine.store import alerts
from engine.store.alerts import Raised
from engine.store.database import Connection
from engine.store.facts import Records
from engine.vocabulary.wording import Wording


def message_of(alert: Raised, records: Records, connection: Connection, languages: tuple[str, ...]) -> str:
    """Return an alert's message; empty where its record is gone."""
    texts: Mapping[str, str] = alert.definition["alerts"].get(str(alert.call), {})
    template = Template(Wording(texts))
    if template.is_plain(languages[0]):
        return template.render({}, Setting(records.zone, languages[0]))
    facts = records.named(connection, alert.entity, alert.record_key)
    if facts is None:
        return ""
    title = Wording(alert.definition["title"])
    values = template_values(alert.entity, facts) | {
        "case": {"opened_at": alert.since},
        "rule": {"id": alert.rule, "title": title.in_language(*languages)},
    }
    return template.render(values, Setting(records.zone, languages[0]))


def raised_alerts(connection: Connection, records: Records, languages: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the raised alerts as lists show them, the most urgent first."""
    return shown(connection, alerts.raised(connection, records.tables), records, languages)


def shown(
    connection: Connection, raised: list[Raised], records: Records, languages: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return alerts as lists show them."""
    return [
        {
            "id": one.key,
            "contact": one.record,
            "rule": one.rule,
            "severity": one.severity,
            "message": message_of(one, records, connection, languages),
            "blocks": one.blocks,
            "since": one.since,
            "priority": one.priority,
        }
        for one in raised
    ]


def template_values(entity: str, facts: Facts) -> dict[str, Any]:
    """Return what a message can name of a record and of what it refers to."""
    own = _values(facts)
    return {name: _values(one) for name, one in facts.references.items()} | {entity: own}


def _values(facts: Facts) -> dict[str, Any]:
    own: dict[str, Any] = {"id": facts.id, **facts.values}
    return own | {name: _values(one) for name, one in facts.references.items()}
