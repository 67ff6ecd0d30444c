"""Installations with receivers, for tests of the actions that reach outside."""

from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from engine.service.config import Settings
from engine.store.tables import INTENT
from engine.vocabulary.clock import SystemClock
from tests.installations import Place
from tests.receivers import SECRET, Receiver

RULES = """\
rules:
  - rule: outward
    title: {en: Reach out, sv: Sträck ut}
    stage: live
    if: [{field: country, is: NO}]
    then:
      - %s
messages:
  hello: {subject: {en: "Hello {{ contact.name }}", sv: "Hej {{ contact.name }}"}, body: "It is {{ contact.id }}."}
"""
ANNA: dict[str, Any] = {
    "id": "4711",
    "name": "Anna Canary",
    "email": "anna@example.se",
    "country": "NO",
    "created_on": "2026-01-01",
    "owner": "eva",
}
PEOPLE = {
    "eva": {"email": "eva@firm.example", "roles": ["dpo", "admin"]},
    "dag": {"email": "dag@firm.example", "roles": ["dpo"]},
}


def settings(folder: Path, **receivers: Receiver | None) -> Settings:
    """Return a configuration in which `crm`, and whatever else is named, calls a receiver."""
    for name, content in (("secret", SECRET), *((n, _channel(r)) for n, r in receivers.items() if r)):
        (folder / name).write_text(content)
        (folder / name).chmod(0o600)
    listed = {name: one for name, one in receivers.items() if one is not None}
    called = {name: {"url": one.url, "secret": {"file": "secret"}} for name, one in listed.items()}
    return Settings.of(
        {
            "people": PEOPLE,
            "crm": called.pop("crm", None),
            "webhooks": {name: section for name, section in called.items() if name != "ops"},
            "channels": {name: {"apprise": {"file": name}} for name in called if name == "ops"},
        }
    )


def _channel(receiver: Receiver) -> str:
    return f"json://127.0.0.1:{receiver.server_port}/room"


def place_with(folder: Path, action: str, *contacts: dict[str, Any], **receivers: Receiver | None) -> Place:
    """Return a place with one rule that has an action, for Norwegians, and a clock that shows the real time."""
    place = Place(folder, RULES % action, settings(folder, **receivers))
    place.clock.instant = SystemClock().now()  # receivers refuse what is not signed just now
    place.take(*(contacts or (ANNA,)))
    return place


def acted(folder: Path, crm: Receiver | None, action: str, *contacts: dict[str, Any], **more: Receiver) -> Place:
    """Return a place in which a rule with an action has acted."""
    place = place_with(folder, action, *contacts, crm=crm, **more)
    place.live()
    return place


def told(place: Place, *, reasons: bool = False) -> dict[str, int]:
    """Return how many intents are in each state, or have each reason."""
    column = INTENT.c.reason if reasons else INTENT.c.state
    with place.store.database.reading() as connection:
        rows = connection.execute(select(column, func.count()).group_by(column))
        return {str(row[0]): row[1] for row in rows}
