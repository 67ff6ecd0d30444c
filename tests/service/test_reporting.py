"""Reporting: everything that is held and was decided about one record stands in its report, and nothing of another's."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, insert

from engine.service.config import Settings
from engine.service.events import read_events, take_events
from engine.service.report.document import Report
from engine.service.report.page import as_html
from engine.service.reporting import Reporter
from engine.store import alerts, holds
from engine.store.tables import DELETION_MOVE, PERMISSION, RECIPIENT_TOLD, RESTRICTION, REVIEW, RULE
from engine.vocabulary.tongue import LANGUAGES
from tests.installations import NOON, Place

RULES = """\
messages:
  hello: {subject: {en: Hello, sv: Hej}, body: {en: "Body of a letter", sv: "Body of a letter"}}
rules:
  - rule: leads
    title: {en: Leads, sv: Prospekt}
    stage: live
    owner: dpo
    legal_basis: GDPR Art. 6(1)(f)
    articles: ["6(1)(f)", "13"]
    if: [{field: category, is: Lead}]
    then:
      - keep_in_selection: leads
      - raise_alert: {message: {en: "Ask {{ contact.name }}", sv: "Fråga"}, severity: warning, blocks: [email]}
      - notify: {to: contact owner, using: hello}
  - rule: erase
    title: {en: Erase, sv: Radera}
    stage: live
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    if: [{field: category, is: Lead}, {field: country, is: "NO"}]
    then:
      - schedule_deletion: {purposes: all, grace: 14 days, recycle_bin: 7 days, warn: {to: dpo, at: start}}
    stop_if_more_than: {contacts: 25}
  - rule: lasting
    title: {en: Lasting, sv: Varaktig}
    stage: watch
    if: {for_at_least: 30 days, all: [{field: country, is: "NO"}]}
    then: [{keep_in_selection: lasting}]
  - rule: firms
    title: {en: Firms, sv: Firmor}
    stage: live
    applies_to: company
    if: [{field: category, is: Partner}]
    then: [{keep_in_selection: firms}, {raise_alert: "Firm canary {{ company.name }}"}]
"""
SETTINGS = Settings.of(
    {
        "people": {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}},
        "webhooks": {"bridge": {"url": "https://bridge.example", "secret": {"env": "NONE"}}},
        "limits": {"percent_per_day": 100},
    }
)
ANNA: dict[str, Any] = {
    "id": "4711",
    "name": "Anna Ask",
    "email": "shared@example.se",
    "company": "acme",
    "category": "Lead",
    "country": "NO",
    "owner": "eva",
    "language": "sv",
    "data_source": "web form",
    "birth_date": "1980-05-04",
    "tags": ["vip", "fair"],
    "no_automated_decisions": "maybe",
    "activities": [{"id": "a1", "type": "call", "at": "2026-02-01T10:00:00Z", "subject": "Asked the price"}],
    "sales": [{"id": "s1", "status": "won", "amount": 1234.5, "at": "2026-02-01T10:00:00Z"}],
    "consents": [
        {"purpose": "marketing", "status": "withdrawn", "at": "2026-01-01T00:00:00Z"},
        {"purpose": "newsletter", "status": "given", "at": "2026-01-01T00:00:00Z"},
        {"purpose": "trial", "status": "given", "at": "2026-01-01T00:00:00Z", "expires_on": "2026-02-01"},
    ],
}
BO: dict[str, Any] = ANNA | {
    "id": "canary-4712",
    "name": "Canary Bo",
    "birth_date": "1999-09-09",
    "tags": ["canary-tag"],
    "data_source": "canary-source",
    "activities": [
        {"id": "canary-a", "type": "canary-call", "at": "2026-02-02T10:00:00Z", "subject": "Canary subject"}
    ],
    "consents": [{"purpose": "canary-purpose", "status": "given", "at": "2026-01-01T00:00:00Z"}],
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Give a place in which rules have acted on Anna, on somebody with her company and address, and on the company."""
    monkeypatch.setenv("NONE", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = Place(tmp_path, RULES, SETTINGS)
    made.take({"id": "acme", "name": "Firm canary", "category": "Partner"}, entity="company")
    made.take(ANNA, BO)
    made.live()
    return made


def report(place: Place, contact: str = "4711", language: str = "en", entity: str = "contact") -> Report | None:
    """Return the report about a record."""
    with place.store.database.reading() as connection:
        reporter = Reporter.of(place.scene())
        return reporter.report(connection, entity, contact, place.installation.moment(), language)


def told(place: Place, **keywords: str) -> dict[str, Any]:
    """Return the report about Anna as JSON, read again."""
    found = report(place, **keywords)
    assert found is not None
    read: dict[str, Any] = json.loads(json.dumps(found.as_json()))
    return read


def write(place: Place, table: Table, *rows: dict[str, Any]) -> None:
    """Write rows as those do who come later."""
    with place.store.database.writing() as connection:
        connection.execute(insert(table), list(rows))


def key_of_rule(place: Place, rule: str) -> int:
    """Return the key of a rule."""
    with place.store.database.reading() as connection:
        return int(connection.execute(RULE.select().where(RULE.c.id == rule)).one().key)


def test_every_value_is_told_with_its_type(place: Place) -> None:
    """Of each field of the model its value as JSON has it, its type, whether it points at a person, and since when."""
    fields = {one["name"]: one for one in told(place)["fields"]}

    assert fields.keys() == place.installation.model.entity("contact").fields.keys()
    assert {"value": "Anna Ask", "type": "text", "personal": True, "label": "Name"}.items() <= fields["name"].items()
    assert (fields["birth_date"]["value"], fields["tags"]["value"]) == ("1980-05-04", ["vip", "fair"])
    assert (fields["company"]["value"], fields["company"]["references"]) == ("acme", "company")
    assert (fields["no_automated_decisions"]["value"], fields["no_automated_decisions"]["unclear"]) == (None, True)
    assert (fields["phone"]["value"], fields["phone"]["since"]) == (None, None)
    assert fields["name"]["since"] == NOON.isoformat()


def test_items_and_consents_are_told_as_they_stand(place: Place) -> None:
    """Items of every collection as they were sent, and of each purpose what its consents say now."""
    found = told(place)

    assert found["collections"].keys() == place.installation.model.entity("contact").collections.keys()
    assert found["collections"]["sales"] == [
        {"id": "s1", "status": "won", "amount": 1234.5, "at": "2026-02-01T10:00:00+00:00"}
    ]
    assert [tuple(one.values()) for one in found["consents"]] == [
        ("marketing", "consent", "withdrawn"), ("newsletter", "consent", "given"), ("trial", "consent", "expired"),
    ]  # fmt: skip


def test_what_rules_decided_is_told_with_their_titles(place: Place) -> None:
    """Cases that are open and that wait, selections, alerts as they are shown, messages without their bodies."""
    found = told(place, language="sv")

    assert {(one["rule"], one["title"], one["state"], one["takes_effect"]) for one in found["cases"]} == {
        ("leads", "Prospekt", "open", True), ("erase", "Radera", "open", True), ("lasting", "Varaktig", "waiting", False),
    }  # fmt: skip
    assert {one["since"] for one in found["cases"]} == {NOON.isoformat()}
    assert [(one["selection"], one["rule"]) for one in found["selections"]] == [("leads", "leads")]
    assert [(one["selection"], one["moved"]) for one in found["selection_moves"]] == [("leads", "joined")]
    assert [(one["message"], one["blocks"]) for one in found["alerts"]] == [("Ask Anna Ask", ["email"])]
    assert {(one["what"], one["to"], one["state"]) for one in found["messages"]} == {
        ("notify", "contact owner", "done"), ("schedule_deletion", "dpo", "done"),
    }  # fmt: skip
    assert "Body of a letter" not in json.dumps(found["messages"])


def test_a_lowered_alert_is_still_told(place: Place) -> None:
    """It was shown, and comes back with the next case."""
    with place.store.database.writing() as connection:
        (mine,) = [one for one in alerts.raised(connection, place.store.tables) if one.record == "4711"]
        alerts.lower(connection, mine.key, NOON)

    assert [one["lowered_at"] for one in told(place)["alerts"]] == [NOON.isoformat()]


def test_deletions_and_events_are_told_with_their_course(place: Place) -> None:
    """A deletion with state, date and history, in which a person is no more than a person; events with what they said."""
    number = told(place)["deletions"][0]["id"]
    move = {"deletion": number, "state": "held", "reason": None, "moved_at": NOON, "by": "canary-colleague"}
    write(place, DELETION_MOVE, move, move | {"deletion": number + 1, "reason": "CANARY"})
    raw = {
        "specversion": "1.0",
        "id": "e1",
        "source": "/crm",
        "type": "form.sent",
        "subject": "4711",
        "data": {"q": "Why?"},
    }
    take_events(
        place.scene(),
        read_events([raw, raw | {"id": "e2", "subject": BO["id"], "data": {"q": "canary"}}]),
        place.installation.moment(),
    )
    found = told(place)

    (deletion,) = found["deletions"]
    assert (deletion["state"], deletion["due_at"]) == ("warned", (NOON + timedelta(days=14)).isoformat())
    assert [one["state"] for one in deletion["history"]] == ["scheduled", "warned", "held"]
    assert deletion["history"][-1] == {"state": "held", "reason": None, "at": NOON.isoformat(), "by_a_person": True}
    assert [(one["type"], one["content"]) for one in found["events"]] == [("form.sent", {"q": "Why?"})]
    assert "canary" not in json.dumps(found).casefold()


def test_what_people_noted_is_told(place: Place) -> None:
    """Holds, restrictions, permissions, reviews, and who was told as a recipient: of her, and of her alone."""
    anna, bo, rule = place.key_of("4711"), place.key_of(BO["id"]), key_of_rule(place, "erase")
    with place.store.database.writing() as connection:
        holds.add(connection, ("contact", anna), "dispute", "An invoice", NOON)
        holds.add(connection, ("contact", bo), "canary-hold", "canary-reason", NOON)
    noted = {"use": "export", "ground": "consent", "said_at": NOON, "noted_at": NOON}
    review = {
        "case": 1,
        "call": 0,
        "version": "v",
        "state": "answered",
        "answered_by": "canary-colleague",
        "asked_at": NOON,
    }
    passed = {
        "recipient": "printer",
        "kind": "erasure",
        "id_hash": "h",
        "details": "{}",
        "state": "done",
        "attempts": 1,
        "not_before": NOON,
        "created_at": NOON,
    }
    for record, mark in ((anna, ""), (bo, "canary-")):
        write(place, RESTRICTION, {"entity": "contact", "record": record, "since": NOON})
        write(place, PERMISSION, noted | {"entity": "contact", "record": record, "ground": f"{mark}consent"})
        write(
            place,
            REVIEW,
            review | {"rule": rule, "record": record, "answer": f"{mark}keep", "reason": f"{mark}because"},
        )
        write(
            place,
            RECIPIENT_TOLD,
            passed | {"entity": "contact", "record": record, "cause": mark, "recipient": f"{mark}printer"},
        )
    found = told(place)

    assert [(one["name"], one["reason"]) for one in found["holds"]] == [("dispute", "An invoice")]
    assert [one["since"] for one in found["restrictions"]] == [NOON.isoformat()]
    assert [(one["use"], one["ground"]) for one in found["permissions"]] == [("export", "consent")]
    assert [(one["answer"], one["reason"]) for one in found["reviews"]] == [("keep", "because")]
    assert [(one["recipient"], one["kind"]) for one in found["recipients_told"]] == [("printer", "erasure")]
    assert "canary" not in json.dumps(found).casefold()


def test_what_article_15_asks_for_is_told(place: Place) -> None:
    """Rules with owner and grounds, recipients, storage, source; and those that acted, in sentences of her language."""
    found = told(place, language="sv")["processing"]
    rules = {one["rule"]: one for one in found["rules"]}

    assert (rules["leads"]["owner"], rules["leads"]["legal_basis"]) == ("dpo", "GDPR Art. 6(1)(f)")
    assert rules["leads"]["articles"] == ["6(1)(f)", "13"]
    assert (found["source"], found["retention"]["inbox"]) == ("web form", "30 days")
    assert {"name": "bridge", "kind": "webhook"} in found["recipients"]
    assert found["automated_decisions"] == {"rules": ["leads", "erase"], "irreversible": ["erase"]}
    assert "Kontaktens kategori är ”Lead”" in json.dumps(rules["leads"]["words"], ensure_ascii=False)
    assert (rules["lasting"]["acts"], rules["lasting"]["words"]) == (False, [])
    assert "firms" not in rules


@pytest.mark.parametrize("language", LANGUAGES)
def test_s9_a_report_holds_nothing_of_anybody_else(place: Place, language: str) -> None:
    """Neither who has the same company or address, nor the company, whose key in the store is that of the contact."""
    assert place.key_of("4711") == 1
    found = report(place, language=language)
    assert found is not None

    assert "canary" not in json.dumps(found.as_json()).casefold()
    assert "canary" not in as_html(found, place.store.zone).casefold()
    assert "canary" in json.dumps(told(place, contact=BO["id"])).casefold()
    assert "firm canary" in json.dumps(told(place, contact="acme", entity="company")).casefold()


@pytest.mark.parametrize(("own", "asked", "expected"), [("sv", "", "sv"), ("fi", "", "en"), (None, "", "en"), ("sv", "en", "en"), ("sv", "fi", "sv")])  # fmt: skip
def test_a_report_is_in_the_language_of_whom_it_is_about(
    tmp_path: Path, own: str | None, asked: str, expected: str
) -> None:
    """Where the service speaks it and nobody asks for another."""
    place = Place(tmp_path, RULES)
    place.take({"id": "1", "language": own})

    assert told(place, contact="1", language=asked)["language"] == expected


def test_who_lies_in_the_recycle_bin_has_a_report_too(place: Place) -> None:
    """From the copy that lies there, with the deletion that put it there and until when it can be brought back."""
    place.take({"id": "4711", "no_automated_decisions": False})
    place.clock.move(timedelta(days=15))
    place.live()
    found = told(place)

    assert (found["place"], found["deletions"][0]["state"]) == ("recycle_bin", "in_recycle_bin")
    assert found["bin_until"] == found["deletions"][0]["bin_until"]
    assert {one["name"]: one["value"] for one in found["fields"]}["name"] == "Anna Ask"
    assert (found["alerts"], found["cases"], len(found["messages"])) == ([], [], 2)
    assert "ligger i papperskorgen" in as_html(report(place, language="sv"), place.store.zone)  # type: ignore[arg-type]


def test_of_the_erased_nothing_is_left_but_the_receipt(place: Place) -> None:
    """No report, also for one whose id nobody ever had: the rows of the erased have no key either."""
    place.take({"id": "4711", "no_automated_decisions": False})
    for days in (15, 8):
        place.clock.move(timedelta(days=days))
        place.live()
    with place.store.database.reading() as connection:
        reporter = Reporter.of(place.scene())
        receipts, none = (reporter.receipts(connection, "contact", name) for name in ("4711", "nobody"))

    assert (report(place), report(place, "nobody")) == (None, None)
    assert [(one["rule"], one["how"]) for one in receipts] == [("erase", "erase")]
    assert "4711" not in str(receipts)
    assert none == ()


def test_an_id_of_which_only_events_speak_has_a_report(place: Place) -> None:
    """What lies in the inbox about somebody unknown is held as well, and is told without a state of the erased."""
    raw = {"specversion": "1.0", "id": "e1", "source": "/crm", "type": "form.sent", "subject": "new", "data": {}}
    take_events(place.scene(), read_events([raw]), place.installation.moment())
    found = told(place, contact="new")

    assert (found["place"], len(found["events"]), found["deletions"]) == ("traces", 1, [])
    assert not any(one["value"] for one in found["fields"])
