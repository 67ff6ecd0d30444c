"""Example contacts: made up, the same for the same day and seed, with the gaps that real ones have."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from engine.service.example_rarities import Record, company_with_rarities, contact_with_rarities

CONTACTS = 2_400
COMPANIES = 300
SEED = 20_240_229
FIRST = (
    "Anna",
    "Björn",
    "Cécile",
    "David",
    "Elif",
    "Farid",
    "Greta",
    "Håkan",
    "Ingrid",
    "João",
    "Karin",
    "Łukasz",
    "Maja",
    "Nils",
    "Olga",
    "Per",
)
LAST = (
    "Andersson",
    "Berg",
    "Çelik",
    "Dahl",
    "Eriksson",
    "Fischer",
    "García",
    "Holm",
    "Ionescu",
    "Jansen",
    "Kowalska",
    "Lind",
    "Müller",
    "Nyström",
    "Öberg",
    "Petrov",
)
COUNTRIES = ("SE", "SE", "SE", "NO", "DK", "FI", "DE", "NL", "PL", "GB")
OWNERS = ("eva", "dag", "siri", "omar")


def example_companies(today: date) -> Iterator[Record]:
    """Give the companies that contacts refer to."""
    rng = random.Random(SEED)  # noqa: S311 - made-up data, repeatable on purpose
    for number in range(COMPANIES):
        record = {
            "id": f"c-{number:03}",
            "name": f"{rng.choice(LAST)} {rng.choice(('AB', 'AS', 'GmbH', 'Oy', 'Ltd'))}",
            "category": rng.choice(("Customer", "Customer", "Prospect", "Partner")),
            "country": rng.choice(COUNTRIES),
            "owner": rng.choice(OWNERS),
            "created_on": _ago(rng, today, 400, 3_000),
        }
        yield company_with_rarities(record, number, today)


def example_contacts(today: date) -> Iterator[Record]:
    """Give the contacts: customers, prospects and leads with activities, sales, requests and consents."""
    rng = random.Random(SEED + 1)  # noqa: S311 - made-up data, repeatable on purpose
    for number in range(CONTACTS):
        yield contact_with_rarities(_contact(rng, number, today), number, today)


def _contact(rng: random.Random, number: int, today: date) -> Record:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    record: Record = {
        "id": f"p-{number:04}",
        "name": f"{first} {last}",
        "email": f"contact.{number}@example.se",
        "language": rng.choice(("sv", "sv", "en")),
        "country": rng.choice(COUNTRIES),
        "category": rng.choices(
            ("Customer", "Key account", "Prospect", "Lead", "Former customer"), (40, 5, 30, 15, 10)
        )[0],
        "company": f"c-{rng.randrange(COMPANIES):03}",
        "owner": rng.choice(OWNERS),
        "data_source": rng.choice(("web form", "import", "business card", "event")),
        "created_on": _ago(rng, today, 1, 2_000),
        "birth_date": _ago(rng, today, 7_000, 26_000),
        "tags": rng.sample(("newsletter", "vip", "trade-fair", "webinar"), rng.randrange(3)),
        "restrict_processing": rng.random() < 0.02,
        "objects_to_marketing": rng.random() < 0.05,
        "no_automated_decisions": rng.random() < 0.01,
        "activities": _activities(rng, today),
        "consents": _consents(rng, today),
        "requests": _requests(rng, today),
    }
    record["sales"] = _sales(rng, today) if record["category"] in {"Customer", "Key account", "Former customer"} else []
    if rng.random() < 0.7:
        record["privacy_notice_sent_on"] = record["created_on"]
    # Real data has gaps, and gaps are what `unknown` is for.
    for name, share in (
        ("created_on", 0.04),
        ("email", 0.06),
        ("company", 0.3),
        ("category", 0.02),
        ("birth_date", 0.5),
        ("restrict_processing", 0.05),
    ):
        if rng.random() < share:
            del record[name]
    return record


def _activities(rng: random.Random, today: date) -> list[Record]:
    newest = rng.choice((10, 60, 200, 700))
    found = [
        {
            "id": f"a{index}",
            "type": rng.choice(("email", "phone", "meeting", "mailing")),
            "direction": rng.choice(("outgoing", "outgoing", "incoming")),
            "status": "done",
            "at": _ago(rng, today, newest, 1_200),
        }
        for index in range(rng.randrange(6))
    ]
    if rng.random() < 0.1:
        found.append(
            {
                "id": "next",
                "type": "meeting",
                "direction": "outgoing",
                "status": "planned",
                "at": _ago(rng, today, -60, -1),
            }
        )
    return found


def _sales(rng: random.Random, today: date) -> list[Record]:
    newest = rng.choice((5, 100, 300, 500, 900))
    return [
        {
            "id": f"s{index}",
            "status": rng.choices(("sold", "open", "lost"), (70, 8, 22))[0],
            "amount": rng.randrange(500, 90_000) / 2,
            "currency": "SEK",
            "at": _ago(rng, today, newest, 1_800),
        }
        for index in range(rng.randrange(5))
    ]


def _consents(rng: random.Random, today: date) -> list[Record]:
    found: list[Record] = []
    if rng.random() < 0.5:
        given = _ago(rng, today, 30, 1_500)
        found.append({"purpose": "marketing", "status": "given", "legal_basis": "consent", "at": given})
        if rng.random() < 0.7:
            found[-1]["source"] = rng.choice(("web form", "signed form", "double opt-in"))
        if rng.random() < 0.3:
            found[-1]["expires_on"] = _ago(rng, today, -700, 200)
        if rng.random() < 0.2:
            found.append(
                {
                    "purpose": "marketing",
                    "status": "withdrawn",
                    "legal_basis": "consent",
                    "at": _ago(rng, today, 1, 29),
                    "source": "e-mail",
                }
            )
    if rng.random() < 0.4:
        found.append(
            {
                "purpose": "storage",
                "status": "given",
                "legal_basis": rng.choice(("contract", "legitimate_interests")),
                "at": _ago(rng, today, 30, 1_500),
                "source": "order",
            }
        )
    return found


def _requests(rng: random.Random, today: date) -> list[Record]:
    if rng.random() > 0.05:
        return []
    kind = rng.choice(("access", "erasure", "objection", "rectification"))
    return [{"id": "r1", "type": kind, "status": rng.choice(("open", "answered")), "at": _ago(rng, today, 1, 60)}]


def _ago(rng: random.Random, today: date, least: int, most: int) -> str:
    """Return a day between two numbers of days ago; negative numbers lie ahead."""
    low, high = sorted((least, most))
    return (today - timedelta(days=rng.randint(low, high))).isoformat()
