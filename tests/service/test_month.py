"""A simulated month on the example contacts: every notice once, warned, exactly the lawful set deleted, rescues kept."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.language.rule import Limit, Stage
from engine.service.config import Settings
from engine.service.example_contacts import example_contacts
from engine.vocabulary.calendar import plus_months
from tests.installations import Place
from tests.rulebooks import load_folder

ROOT = Path(__file__).parents[2]
START = date(2026, 3, 1)
DAYS = 31
SETTINGS = Settings.model_validate(
    {
        "people": {name: {"email": f"{name}@firm.example"} for name in ("eva", "dag", "siri", "omar")},
        "limits": {"deletions_per_day": 10_000, "percent_per_day": 100},
    }
)


def has_basis(contact: dict[str, Any], day: date) -> bool:
    """Return whether a basis is valid on a day, by plain Python: the newest row of each stream, withdrawn over given."""
    streams: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in contact.get("consents", ()):
        if date.fromisoformat(row["at"]) <= day:
            streams.setdefault((row["purpose"], row["legal_basis"]), []).append(row)
    for rows in streams.values():
        newest = max(row["at"] for row in rows)
        tied = [row for row in rows if row["at"] == newest]
        is_given = all(row["status"] == "given" for row in tied)
        if is_given and not any(date.fromisoformat(row["expires_on"]) < day for row in tied if "expires_on" in row):
            return True
    return False


def is_lawful(contact: dict[str, Any], day: date) -> bool:
    """Return whether the shipped rule `erase-without-basis` is true on a day, in plain Python."""
    created = contact.get("created_on")
    return (
        contact.get("category") in {"Prospect", "Lead"}
        and created is not None
        and plus_months(date.fromisoformat(created), 1) <= day
        and not has_basis(contact, day)
        and not any(sale["status"] in {"open", "sold"} for sale in contact["sales"])
        and not any(request["status"] == "open" for request in contact["requests"])
    )


def is_kept(contact: dict[str, Any], day: date) -> bool:
    """Return whether a guard keeps a contact on a day."""
    born = contact.get("birth_date")
    is_minor = born is not None and plus_months(date.fromisoformat(born), 16 * 12) > day
    return bool(contact.get("restrict_processing")) or bool(contact["no_automated_decisions"]) or is_minor


def lawful_set(contacts: list[dict[str, Any]]) -> set[str]:
    """Return who is to be deleted within the month: true for the whole grace of 14 days, and not kept when due."""
    found = set()
    for contact in contacts:
        opened: date | None = None
        for number in range(DAYS):
            day = START + timedelta(days=number)
            opened = (opened or day) if is_lawful(contact, day) else None
            if opened is not None and day >= opened + timedelta(days=14) and not is_kept(contact, day):
                found.add(contact["id"])
    return found


def rescue(contacts: list[dict[str, Any]], chosen: set[str]) -> list[dict[str, Any]]:
    """Return the chosen contacts as they are after consenting on the tenth day."""
    given = {
        "purpose": "storage",
        "status": "given",
        "legal_basis": "consent",
        "at": "2026-03-10",
        "source": "web form",
    }
    return [one | {"consents": [*one["consents"], given]} for one in contacts if one["id"] in chosen]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, list[dict[str, Any]], set[str]]:
    """Live through the month, the deleting rule live; five who would be deleted consent on the tenth day."""
    place = Place(tmp_path_factory.mktemp("month"), settings=SETTINGS)
    shipped = load_folder(ROOT / "rules").rules
    wanted: dict[str, Stage] = {"erase-without-basis": "live", "notice-to-new-contact": "live"}
    rules = {
        name: replace(rule, stage=wanted.get(name, "off"), limit=Limit(10_000) if rule.deletes else None)
        for name, rule in shipped.items()
    }
    place.rules = replace(load_folder(ROOT / "rules"), rules=rules)
    contacts = list(example_contacts(START))
    place.take(*contacts)
    rescued = set(sorted(lawful_set(contacts))[:5])
    for number in range(DAYS):
        day = START + timedelta(days=number)
        place.clock.instant = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
        pulse = [{"id": "x", "status": "other", "at": day.isoformat()}]
        place.take({"id": "pulse", "sales": pulse, "requests": pulse, "activities": pulse})
        if day == date(2026, 3, 10):
            place.take(*rescue(contacts, rescued))
        place.live()
    return place, contacts, rescued


def test_exactly_the_lawful_set_is_deleted(month: tuple[Place, list[dict[str, Any]], set[str]]) -> None:
    """Who is gone at the end is who an independent computation names, and nobody else."""
    place, contacts, rescued = month
    after = [*(one for one in contacts if one["id"] not in rescued), *rescue(contacts, rescued)]
    expected = lawful_set(after) | {
        one["id"] for one in after if one["id"] in rescued and one["id"] in lawful_set([one])
    }
    gone = {contact["id"] for contact in contacts if place.key_of(contact["id"]) == 0}

    assert len(expected) > 100
    assert expected == gone
    assert not rescued & gone


def test_who_consents_late_is_rescued(month: tuple[Place, list[dict[str, Any]], set[str]]) -> None:
    """Their deletions are cancelled because the rule is no longer true."""
    place, _, rescued = month
    found = place.deletions()

    assert {("cancelled", "NO_LONGER_TRUE")} == {found[contact] for contact in rescued}


def test_every_notice_and_every_warning_is_sent_once(month: tuple[Place, list[dict[str, Any]], set[str]]) -> None:
    """Each new contact with an address got the notice once, each deleted one a warning and a confirmation once."""
    place, contacts, _ = month
    sent = Counter((str(letter["To"]), str(letter["Subject"])) for letter in place.letters())
    notices = {"How we use your data", "Så använder vi dina uppgifter"}
    warnings = {"We will delete your data", "Vi kommer att radera dina uppgifter"}
    to_contacts = {key: count for key, count in sent.items() if key[1] in notices | warnings}
    first, last = START - timedelta(days=40), START + timedelta(days=DAYS - 1)
    new = {
        contact["email"]
        for contact in contacts
        if "email" in contact
        and "privacy_notice_sent_on" not in contact
        and "created_on" in contact
        # Older than two days on a day of the month on which it is not yet a month old.
        and any(
            date.fromisoformat(contact["created_on"]) + timedelta(days=2)
            <= day
            < plus_months(date.fromisoformat(contact["created_on"]), 1)
            for day in (START + timedelta(days=number) for number in range(DAYS))
        )
        and first <= date.fromisoformat(contact["created_on"]) <= last
    }

    assert {1} == set(to_contacts.values())
    assert new == {to for (to, subject) in sent if subject in notices}
    gone_with_address = {c["email"] for c in contacts if "email" in c and place.key_of(c["id"]) == 0}
    assert gone_with_address <= {to for (to, subject) in sent if subject in warnings} | _erased_already(place, contacts)


def _erased_already(place: Place, contacts: list[dict[str, Any]]) -> set[str]:
    """Return the addresses of those who left the bin within the month: their letters went with them."""
    listed = place.deletions()
    return {c["email"] for c in contacts if "email" in c and c["id"] not in listed}
