"""Synthetic contacts: as many as are asked for, the same every time."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

SEED = 1


def synthetic(contacts: int, sales: int) -> Iterator[dict[str, Any]]:
    """Give contacts from a seeded generator; sales are shared out unevenly, as in life."""
    rng = random.Random(SEED)
    counts = [0] * contacts
    for number in range(sales):
        # Half of all sales are with a tenth of the contacts.
        counts[rng.randrange(contacts if number % 2 else max(1, contacts // 10))] += 1
    for number, count in enumerate(counts):
        yield {
            "id": f"p{number}",
            "name": f"Person {number}",
            "email": f"p{number}@example.se",
            "category": rng.choice(("Customer", "Customer", "Key account", "Prospect", "Lead")),
            "country": rng.choice(("SE", "SE", "NO", "DK", "DE")),
            "created_on": day(rng, 3_000),
            "birth_date": day(rng, 30_000),
            "restrict_processing": rng.random() < 0.02,
            "objects_to_marketing": rng.random() < 0.05,
            "sales": [
                {
                    "id": f"s{n}",
                    "status": rng.choice(("sold", "sold", "open", "lost")),
                    "amount": rng.randrange(1, 90_000),
                    "at": day(rng, 2_000),
                }
                for n in range(count)
            ],
            "consents": [
                {"purpose": "marketing", "status": rng.choice(("given", "given", "withdrawn")), "at": day(rng, 900)}
            ]
            if rng.random() < 0.6
            else [],
        }


def day(rng: random.Random, most: int) -> str:
    """Return a day at most so many days ago."""
    return (date(2026, 3, 1) - timedelta(days=rng.randrange(most))).isoformat()
