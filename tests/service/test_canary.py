"""Canary: somebody whose name stands wherever a name can stand is erased, and no byte of it is left (L9)."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, insert, literal_column, select, update

from engine.crm.orders import Answered
from engine.model.entity import Field, FieldType
from engine.model.shipped import CONTACT
from engine.service.config import Settings
from engine.service.events import read_events, take_events
from engine.service.pruning import prune
from engine.store import deletions, erasure, holds
from engine.store.tables import (
    APPROVAL,
    APPROVAL_WORD,
    DELETION,
    DELETION_MOVE,
    INTENT,
    METADATA,
    PERMISSION,
    RESTRICTION,
    REVIEW,
    RULE,
    RUN,
)
from tests.installations import Place
from tests.rulebooks import rulebook
from tests.service.test_destroying import ScriptedCrm

CANARY = "zzcanary"
NAME, EMAIL, ID = "Zzcanary Åkesson", "zzcanary@example.se", "zzcanary-4711"
MENTION = f"asked {NAME} ({EMAIL}) about {ID}"
RULES = """\
rules:
  - rule: refused-once
    owner: dpo
    legal_basis: x
    stage: live
    if: [{field: language, is: sv}]
    then: [{schedule_deletion: {grace: 1 day, purposes: all}}]
    stop_if_more_than: {contacts: 25}
  - rule: no-marketing
    owner: dpo
    legal_basis: x
    stage: live
    if: [{field: language, is: sv}]
    then: [{schedule_deletion: {grace: 2 days, purposes: [marketing], recycle_bin: 90 days}}]
    stop_if_more_than: {contacts: 25}
  - rule: all-of-it
    owner: dpo
    legal_basis: x
    stage: live
    if: [{field: language, is: sv}]
    then:
      - schedule_deletion:
          grace: 8 days
          how: anonymise
          purposes: all
          recycle_bin: 2 days
          warn: [{to: the contact, using: bye, at: start}, {to: dpo, using: bye, at: 1 day before}]
          confirm: {to: the contact, using: bye}
      - notify: {to: dpo, using: bye, send: in_daily_digest}
      - raise_alert: "{{ contact.name }} is here"
    stop_if_more_than: {contacts: 25}
  - rule: watching
    stage: live
    check: {when_event: {event: name.changed}}
    if: [{field: language, is: sv}]
    then: [{keep_in_selection: watched}]
messages:
  bye: {subject: "{{ contact.name }}", body: "{{ contact.email }} {{ contact.id }} {{ contact.phone }}"}
"""
SETTINGS = {"people": {"dag": {"email": "dag@firm.example", "roles": ["dpo"]}}, "limits": {"percent_per_day": 100}}


def full_of(fields: dict[str, Field], but: dict[str, Any]) -> dict[str, Any]:
    """Return a canary for every text among fields, those aside that say otherwise."""
    values: dict[str, Any] = {
        name: f"{CANARY} {name}" for name, one in fields.items() if one.type is FieldType.TEXT and not one.choices
    }
    return values | {name: [f"{CANARY} {name}"] for name, one in fields.items() if one.type is FieldType.LIST} | but


def canary() -> dict[str, Any]:
    """Return a contact with a canary in every text of it and of its items; statuses are words that let rules act."""
    kept = {"country": "SE", "category": "Lead", "language": "sv", "company": "acme"}
    items = {
        "activities": {"type": "call", "direction": "in", "at": "2026-02-28"},
        "sales": {"status": "sold", "currency": "SEK", "at": "2026-02-28"},
        "requests": {"at": "2026-02-28"},
        "consents": {"purpose": "marketing", "status": "given", "at": "2026-02-01"},
    }
    collections = {
        name: [full_of(dict(one.fields), {"id": f"{CANARY}-{name}"} | items[name])]
        for name, one in CONTACT.collections.items()
    }
    return full_of(dict(CONTACT.fields), kept | {"id": ID, "name": NAME, "email": EMAIL}) | collections


def events() -> list[dict[str, Any]]:
    """Return events about the canary, of known and unknown types, and one about another that mentions it."""
    known = {"specversion": "1.0", "source": f"/{CANARY}", "subject": ID}
    return [
        known
        | {
            "id": f"{CANARY}-1",
            "type": "crm.consent.given",
            "data": {"purpose": "orders", "source": NAME, "at": "2026-01-01"},
        },
        known | {"id": f"{CANARY}-2", "type": f"shop.{CANARY}", "data": {"deep": [{"er": NAME}], CANARY: EMAIL}},
        known | {"id": f"{CANARY}-3", "type": "crm.contact.changed", "data": {"phone": f"{CANARY} new"}},
        {
            "specversion": "1.0",
            "source": "/crm",
            "subject": "other",
            "id": "4",
            "type": "crm.met",
            "data": {"whom": NAME, "id": ID},
        },
    ]


def decide(place: Place) -> None:
    """Let people write down what they thought about the canary, wherever they can, and elsewhere mention it."""
    key, now = place.key_of(ID), place.clock.now()
    with place.store.database.writing() as connection:
        rule = connection.execute(select(RULE.c.key).where(RULE.c.id == "all-of-it")).scalar_one()
        hold = holds.add(connection, ("contact", key), f"{CANARY} hold", f"{CANARY} lawsuit", now)
        holds.lift(connection, hold, now)
        holds.add(connection, ("contact", place.key_of("other")), "legal", MENTION, now)
        record = {"entity": "contact", "record": key}
        connection.execute(insert(RESTRICTION).values(record | {"since": now, "lifted_at": now}))
        connection.execute(
            insert(PERMISSION).values(record | {"use": CANARY, "ground": CANARY, "said_at": now, "noted_at": now})
        )
        review = {
            "rule": rule,
            "record": key,
            "case": 1,
            "call": 0,
            "version": "v",
            "state": "answered",
            "asked_at": now,
        }
        connection.execute(insert(REVIEW).values(review | {"reason": f"{CANARY} is gone", "answered_by": "dag"}))
        connection.execute(insert(REVIEW).values(review | {"record": place.key_of("other"), "reason": MENTION}))
        for row in connection.execute(select(DELETION.c.key).where(DELETION.c.record == key)).all():
            moved = {"deletion": row.key, "state": "due", "reason": f"{CANARY} was told", "moved_at": now}
            connection.execute(insert(DELETION_MOVE).values(moved))
        connection.execute(update(INTENT).values(inputs=json.dumps({"who": ID, "why": MENTION}, ensure_ascii=False)))
        connection.execute(update(RUN).values(inputs=json.dumps({"who": ID, "why": MENTION}, ensure_ascii=False)))
        connection.execute(update(RULE).values(pause_reason=MENTION))


def approve(place: Place) -> None:
    """Let people say that deletions of the canary may go on which have ended by then, and one of somebody else's."""
    now, key = place.clock.now(), place.key_of(ID)
    with place.store.database.writing() as connection:
        rule = connection.execute(select(RULE.c.key).where(RULE.c.id == "all-of-it")).scalar_one()
        approval = {"rule": rule, "call": 0, "version": "v", "state": "given", "asked_at": now, "answer_by": now}
        ended = (DELETION.c.record == key, DELETION.c.state != "warned")
        word = {"digest": "d", "person": "dag", "said_at": now}
        for reason in (f"{CANARY} looks right", MENTION):
            made = connection.execute(insert(APPROVAL).values(approval).returning(APPROVAL.c.key)).scalar_one()
            connection.execute(insert(APPROVAL_WORD).values(word | {"approval": made, "reason": reason}))
            if reason != MENTION:
                connection.execute(update(DELETION).where(*ended).values(approval=made))


def pass_days(place: Place, days: int) -> None:
    """Let days pass."""
    for _ in range(days):
        place.clock.move(timedelta(days=1))
        place.live()


def left_in(place: Place) -> list[str]:
    """Return where a byte of the canary is left: files below the folder, and rows of whatever table."""
    rows: dict[str, list[str]] = {}
    with place.store.database.reading() as connection:
        for table in (*METADATA.sorted_tables, *place.store.tables.metadata.sorted_tables):
            if connection.dialect.name != "sqlite":
                whole: Select[Any] = select(literal_column("t::text")).select_from(table.alias("t"))
                rows[table.name] = list(connection.execute(whole).scalars())
    found = [name for name, texts in rows.items() if any(CANARY in one.casefold() for one in texts)]
    place.store.database.close()
    files = [file for file in place.folder.rglob("*") if file.is_file()]
    return found + [
        str(file) for file in files if CANARY.encode() in file.read_bytes().lower() or CANARY in file.name.lower()
    ]


def test_l9_not_a_byte_of_a_canary_is_left(tmp_path: Path) -> None:
    """State, items, events, letters and digests, inputs, reasons, the bin of another deletion, and what the CRM said."""
    crm = ScriptedCrm(Answered("refused", f"{CANARY} has an open invoice"))
    place = Place(tmp_path, RULES, Settings.of(SETTINGS), crm=crm)
    bystanders = [
        {"id": "other", "name": "Bo"},
        *({"id": f"c{n}", "name": "x" * n, "category": "y"} for n in range(60)),
    ]
    place.take({"id": "acme", "name": "Acme"}, entity="company")
    place.take(canary(), *bystanders)
    assert place.take({"id": ID, "created_on": f"{CANARY} day", CANARY: 1}).refused_count == 1
    take_events(place.scene(), read_events(events()), place.installation.moment())
    place.live()
    decide(place)
    place.rules = replace(rulebook(RULES), messages=place.rules.messages)
    pass_days(place, 7)
    key = place.key_of(ID)
    approve(place)
    assert {one[0] for one in place.deletions().values()} >= {"warned"}
    assert place.take({"id": ID, "name": NAME + " the Second", "phone": f"{CANARY} 2"}).refused_count == 0
    place.take({"id": ID, "name": NAME})
    letters = len(place.letters())
    assert letters >= 2
    assert left_in(place)  # what is looked for can be found
    pass_days(place, 4)
    prune(place.scene(), place.installation.moment())

    with place.store.database.reading() as connection:
        assert {one.state for one in deletions.read(connection, place.store.tables)} <= deletions.ENDS
        id_hash = place.installation.open_tombstones().id_hash("contact", ID)
        receipt = erasure.receipt_of(connection, id_hash)
    assert receipt is not None
    assert (receipt["how"], receipt["purposes"]) == ("anonymise", None)
    assert place.key_of("other") > 0
    with place.store.database.reading() as connection:
        stamps = place.store.tables.changes["contact"]
        assert connection.execute(select(func.count()).where(stamps.c.owner_key == key)).scalar_one() == 0
        assert connection.execute(select(func.count()).where(INTENT.c.record == key)).scalar_one() == 0
    assert left_in(place) == []
