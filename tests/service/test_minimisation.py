"""Minimisation: only what the model declares is kept, and what nobody reads is named (L12)."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.model.snapshot import Refused
from engine.service.config import Settings
from engine.service.events import read_events, take_events, take_one
from engine.service.importing import Importer
from engine.service.minimisation import unread_in
from engine.store.tables import INBOX
from tests.installations import Place
from tests.rulebooks import rulebook

HIDDEN = "zzhidden"
SENT: dict[str, Any] = {
    "id": "1",
    "name": "Bo",
    HIDDEN: HIDDEN,
    "shoe": {"size": HIDDEN},
    "sales": [{"id": "s", "status": "sold", HIDDEN: HIDDEN, "more": [{"deep": HIDDEN}]}],
    "visits": [{"place": HIDDEN}],
}
KNOWN = {"specversion": "1.0", "source": "/crm", "subject": "1"}
EVENTS = [
    KNOWN | {"id": "1", "type": "crm.contact.changed", "data": SENT},
    KNOWN | {"id": "2", "type": "crm.sale.logged", "data": {"id": "t", "status": "sold", "more": {"deep": HIDDEN}}},
]


@pytest.mark.parametrize("by", ["import", "events"])
def test_l12_of_what_is_sent_only_what_the_model_declares_is_kept(tmp_path: Path, by: str) -> None:
    """With `unknown_fields: ignore`, at whatever depth; in no byte of the store, events included."""
    place = Place(tmp_path)
    if by == "import":
        importer = Importer(place.store, "contact", place.clock.now(), ignore_unknown=True)
        importer.take([json.dumps(SENT).encode()])
    else:
        place.installation = replace(place.installation, settings=Settings.of({"unknown_fields": "ignore"}))
        assert take_events(place.scene(), read_events(EVENTS), place.installation.moment()).accepted == 2
    with place.store.database.reading() as connection:
        facts = place.scene().records.facts(connection, "contact", place.key_of("1"))
        bodies = connection.execute(select(INBOX.c.body)).scalars().all()
    place.store.database.close()

    assert facts is not None
    assert (facts.values["name"], facts.items("sales")[0].values["status"]) == ("Bo", "sold")
    assert all(HIDDEN not in body for body in bodies)
    assert [file.name for file in tmp_path.rglob("*.db*") if HIDDEN.encode() in file.read_bytes()] == []


def test_l12_without_being_told_to_ignore_it_what_is_unknown_is_refused(tmp_path: Path) -> None:
    """Line or event, with a pointer to each key, items included."""
    place = Place(tmp_path)
    assert place.take(SENT).refused[0].reason.count("no such field") == 5
    with pytest.raises(Refused, match="/data/more"):
        take_one(place.scene(), read_events(EVENTS[1])[0], place.installation.moment())


def test_l12_what_is_held_and_read_by_nobody_is_named(tmp_path: Path) -> None:
    """Collections as a whole, or the fields of their items; what holds nothing is left out unless it was declared."""
    place = Place(tmp_path)
    place.take({"id": "1", "country": "NO", "phone": "1", "tags": ["a"], "sales": [{"status": "sold", "amount": 1}]})
    rules = rulebook(
        "rules: [{rule: a, if: [{count: sales, where: {status: sold}, at_least: 1}], then: [{raise_alert: '{{ contact.country }}'}]}]"
    )

    named = unread_in(place.store, rules, {})
    assert "reads contact.phone, contact.sales.amount, contact.tags:" in named
    assert "contact.sales, contact.tags" in unread_in(place.store, rulebook("rules: []"), {})
    assert "contact.name" in unread_in(place.store, rules, {"contact": {"fields": {"name": "text"}}})
    assert unread_in(Place(tmp_path / "other").store, rules, {}) == "every field that holds something is read"
