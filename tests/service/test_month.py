"""A simulated month on the example contacts: every notice once, warned, exactly the lawful set deleted, rescues kept."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.crm.letter import Letter
from engine.language.rule import Limit, Stage
from engine.service.config import Settings
from engine.service.example_contacts import example_contacts
from engine.vocabulary.calendar import plus_months
from tests.installations import Place
from tests.rulebooks import load_folder

ROOT = Path(__file__).parents[2]
START = date(2026, 3, 1)
DAYS = 31
SETTINGS = Settings.of(
    {
        "people": {name: {"email": f"{name}@firm.example"} for name in ("eva", "dag", "siri", "omar")},
        "limits": {"deletions_per_day": 10_000, "percent_per_day": 100},
    }
)


def bases(contact: dict[str, Any], day: date) -> set[str]:
    """Return the bases that are valid on a day, by plain Python: the newest row of each stream, withdrawn over given."""
    found = set()
    streams: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in contact.get("consents", ()):
        if date.fromisoformat(row["at"]) <= day:
            streams.setdefault((row["purpose"], row["legal_basis"]), []).append(row)
    for (_, basis), rows in streams.items():
        newest = max(row["at"] for row in rows)
        tied = [row for row in rows if row["at"] == newest]
        is_given = all(row["status"] == "given" for row in tied)
        if is_given and not any(date.fromisoformat(row["expires_on"]) < day for row in tied if "expires_on" in row):
            found.add(basis)
    return found


def is_lawful(contact: dict[str, Any], day: date) -> bool:
    """Return whether the shipped rule `erase-without-basis` is true on a day, in plain Python."""
    created = contact.get("created_on")
    return (
        contact.get("category") in {"Prospect", "Lead"}
        and created is not None
        and plus_months(date.fromisoformat(created), 1) <= day
        and not bases(contact, day)
        and not any(sale["status"] in {"open", "sold"} for sale in contact["sales"])
        and not any(request["status"] == "open" for request in contact["requests"])
    )


def is_kept(contact: dict[str, Any], day: date) -> bool:
    """Return whether a guard keeps a contact on a day."""
    born = contact.get("birth_date")
    is_minor = born is not None and plus_months(date.fromisoformat(born), 16 * 12) > day
    is_peoples = bool(contact["no_automated_decisions"]) or bool(contact["special_category"])
    return bool(contact.get("restrict_processing")) or is_peoples or is_minor


def is_expired(contact: dict[str, Any], day: date) -> bool:
    """Return whether the shipped rule `retention-of-leads` is true on a day, in plain Python."""
    created = contact.get("created_on")
    past = [one["at"] for one in contact["activities"] if date.fromisoformat(one["at"]) <= day]
    return (
        contact.get("category") == "Lead"
        and created is not None
        and plus_months(date.fromisoformat(max([created, *past])), 24) <= day
    )


def is_quiet(contact: dict[str, Any], day: date, months: int, *sales: str) -> bool:
    """Return whether nothing is open, there are no sales of these states, and so many months passed without activity."""
    return (
        "created_on" in contact
        and plus_months(date.fromisoformat(contact["created_on"]), months) <= day
        and not any(plus_months(date.fromisoformat(one["at"]), months) > day for one in contact["activities"])
        and not any(one["status"] in sales for one in contact["sales"])
        and not any(one["status"] == "open" for one in contact["requests"])
    )


def is_stale(contact: dict[str, Any], day: date) -> bool:
    """Return whether the shipped rule `erase-stale-prospects` is true on a day, in plain Python."""
    is_prospect = contact.get("category") == "Prospect"
    return is_prospect and bases(contact, day) == {"legitimate_interests"} and is_quiet(contact, day, 36, "open")


def is_stranger(contact: dict[str, Any], day: date) -> bool:
    """Return whether the shipped rule `erase-never-consented` is true on a day, in plain Python."""
    is_other = contact.get("category") == "Subscriber"  # the only further category among the example contacts
    return is_other and not contact["consents"] and is_quiet(contact, day, 3, "open", "sold")


def has_withdrawn(contact: dict[str, Any], day: date) -> bool:
    """Return whether the shipped rule `erase-after-withdrawal` is true on a day, in plain Python."""
    is_other = contact.get("category") == "Subscriber"
    withdrew = any(one["status"] == "withdrawn" for one in contact["consents"])
    is_open = any(one["status"] == "open" for one in contact["requests"])
    return is_other and withdrew and not bases(contact, day) and not is_open and not contact["sales"]


def of_further_rules(contacts: list[dict[str, Any]]) -> set[str]:
    """Return who is to be deleted by the rules for which nobody is rescued; whom nobody approved is not among them."""
    quiet = lawful_set(contacts, is_stale, 30) | lawful_set(contacts, is_stranger)
    return quiet | lawful_set(contacts, has_withdrawn) | lawful_set(contacts, is_expired, 30)


def lawful_set(
    contacts: list[dict[str, Any]], is_true: Callable[[dict[str, Any], date], bool] = is_lawful, grace: int = 14
) -> set[str]:
    """Return who is to be deleted within the month: true for the whole grace (in days), and not kept when due."""
    found = set()
    for contact in contacts:
        opened: date | None = None
        for number in range(DAYS):
            day = START + timedelta(days=number)
            opened = (opened or day) if is_true(contact, day) else None
            if opened is not None and day >= opened + timedelta(days=grace) and not is_kept(contact, day):
                found.add(contact["id"])
    return found


class Ledger:
    """A post that keeps what it was handed, letter by letter; nothing that is erased leaves it."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str]] = []

    def deliver(self, letter: Letter) -> None:
        """Take a letter."""
        self.letters.append((letter.to, letter.subject))


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


Month = tuple[Place, Ledger, list[dict[str, Any]], set[str]]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """Live through the month, all deleting rules live; five who would be deleted consent on the tenth day."""
    place, ledger = Place(tmp_path_factory.mktemp("month"), settings=SETTINGS), Ledger()
    place.post = ledger
    shipped = load_folder(ROOT / "rules").rules
    live = {rule.id for rule in shipped.values() if rule.deletes} | {"notice-to-new-contact"}
    stages: dict[str, Stage] = {name: "live" if name in live else "off" for name in shipped}
    rules = {
        name: replace(rule, stage=stages[name], limit=Limit(10_000) if rule.deletes else None)
        for name, rule in shipped.items()
    }
    place.rules = replace(load_folder(ROOT / "rules"), rules=rules)
    contacts = list(example_contacts(START))
    place.take(*contacts)
    expired = lawful_set(contacts, is_expired, 30)
    rescued = set(sorted(lawful_set(contacts) - expired)[:5])
    for number in range(DAYS):
        day = START + timedelta(days=number)
        place.clock.instant = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
        pulse = [{"id": "x", "status": "other", "at": day.isoformat()}]
        place.take({"id": "pulse", "sales": pulse, "requests": pulse, "activities": pulse})
        if day == date(2026, 3, 10):
            place.take(*rescue(contacts, rescued))
        place.live()
    return place, ledger, contacts, rescued


def without_basis(contacts: list[dict[str, Any]], rescued: set[str]) -> set[str]:
    """Return who is to be deleted for want of a basis, with the rescue as it happened."""
    after = [*(one for one in contacts if one["id"] not in rescued), *rescue(contacts, rescued)]
    return lawful_set(after)


def test_exactly_the_lawful_set_is_deleted(month: Month) -> None:
    """Who is gone at the end is who independent computations for each rule name, and nobody else."""
    place, _, contacts, rescued = month
    expired = lawful_set(contacts, is_expired, 30)
    expected = without_basis(contacts, rescued) | of_further_rules(contacts)
    gone = {contact["id"] for contact in contacts if place.key_of(contact["id"]) == 0}

    assert len(without_basis(contacts, rescued)) > 100
    assert len(expired - without_basis(contacts, rescued)) > 5
    assert len(of_further_rules(contacts) - expired) > 5
    assert expected == gone
    assert not rescued & gone


def test_who_consents_late_is_rescued(month: Month) -> None:
    """Their deletions are cancelled because the rule is no longer true."""
    place, _, _, rescued = month
    found = place.deletions()

    assert {("cancelled", "NO_LONGER_TRUE")} == {found[contact] for contact in rescued}


def told(ledger: Ledger, *subjects: str) -> Counter[str]:
    """Return how often each address was sent one of the subjects."""
    return Counter(to for to, subject in ledger.letters if subject in subjects)


def test_every_notice_is_sent_once(month: Month) -> None:
    """Each new contact with an address got the notice, once, and nobody else did."""
    _, ledger, contacts, _ = month
    new = set()
    for contact in contacts:
        created = contact.get("created_on")
        if "email" not in contact or "privacy_notice_sent_on" in contact or created is None:
            continue
        first, end = date.fromisoformat(created) + timedelta(days=2), plus_months(date.fromisoformat(created), 1)
        # Older than two days on a day of the month on which it is not yet a month old.
        if any(first <= START + timedelta(days=number) < end for number in range(DAYS)):
            new.add(contact["email"])

    assert told(ledger, "How we use your data", "Så använder vi dina uppgifter") == dict.fromkeys(new, 1)


def test_everybody_is_warned_once_and_told_once(month: Month) -> None:
    """Who was deleted for want of a basis had one warning and one confirmation; who was rescued only the warning."""
    _, ledger, contacts, rescued = month
    gone = without_basis(contacts, rescued)
    addresses = {one["email"] for one in contacts if one["id"] in gone and "email" in one}
    warned = told(ledger, "We will delete your data", "Vi kommer att radera dina uppgifter")
    confirmed = told(ledger, "Your data is deleted", "Dina uppgifter är raderade")

    assert len(addresses) > 100
    assert {warned[one] for one in addresses} == {1}
    assert confirmed == dict.fromkeys(addresses, 1)
    assert set(warned.values()) == {1}
