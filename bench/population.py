"""The population of the wide bench: contacts with activities and consents from a seed, skewed as in life.

Contacts come in blocks, each from a generator of its own: any block can be made alone, and the first 100,000 contacts
of a million are the 100,000.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, NamedTuple

SEED = 7
BLOCK = 1_000  # contacts
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_SECOND = int(NOW.timestamp())
A_DAY = 86_400
EPOCH = date(1970, 1, 1).toordinal()
TODAY = NOW.date().toordinal()
MOST_ACTIVITIES = 300

FIELDS = (
    "email", "phone", "name", "language", "country", "category", "owner", "data_source", "tags", "created_on",
    "birth_date", "last_activity_on", "last_invoice_on", "privacy_notice_sent_on", "email_bounces",
    "restrict_processing", "objects_to_marketing", "no_automated_decisions", "special_category", "deceased",
)  # fmt: skip


class Activity(NamedTuple):
    """An activity; `at` is in seconds since 1970."""

    id: str
    type: str
    direction: str
    status: str
    at: int


class Consent(NamedTuple):
    """A consent; `at` is in seconds since 1970, `expires_on` an ordinal day."""

    id: str
    purpose: str
    status: str
    legal_basis: str | None
    at: int
    expires_on: int | None


class Contact(NamedTuple):
    """A contact; `values` are those of FIELDS, dates as ordinal days, None where there is none."""

    number: int
    values: tuple[Any, ...]
    activities: list[Activity]
    consents: list[Consent]

    @property
    def id(self) -> str:
        """The id that the CRM gives."""
        return f"p{self.number}"


@dataclass(frozen=True, slots=True)
class Shares:
    """Values to draw from, each as often as its share of a thousand says."""

    table: tuple[Any, ...]

    @classmethod
    def of(cls, *shares: tuple[int, Any]) -> "Shares":
        """Return the table of shares that come to a thousand."""
        table = tuple(value for share, value in shares for _ in range(share))
        if len(table) != 1_000:
            raise AssertionError(f"the shares come to {len(table)}, not to a thousand")
        return cls(table)

    def drawn(self, rng: random.Random) -> Any:
        """Draw one."""
        return self.table[int(rng.random() * 1_000)]


COUNTRIES = Shares.of(
    (450, "SE"), (150, "NO"), (120, "DK"), (90, "FI"), (100, "DE"), (50, "GB"), (30, "US"), (10, None)
)
LANGUAGES = {"SE": "sv", "NO": "no", "DK": "da", "FI": "fi", "DE": "de"}
CATEGORIES = Shares.of(
    (380, "Customer"), (30, "Key account"), (280, "Prospect"), (230, "Lead"), (60, "Partner"), (20, None)
)
SOURCES = Shares.of((400, "web form"), (250, "event"), (150, "referral"), (120, "purchased list"), (80, None))
TAGS = Shares.of(
    (600, ()), (100, None), (180, ("newsletter",)), (60, ("event",)), (35, ("VIP",)), (25, ("newsletter", "VIP"))
)
BOUNCES = Shares.of((920, 0), (40, 1), (20, 2), (10, 3), (10, 5))
CONSENT_COUNTS = Shares.of((240, 0), (300, 1), (250, 2), (130, 3), (80, 4))
PURPOSES = Shares.of((500, "marketing"), (300, "storage"), (200, "profiling"))
BASES = Shares.of((800, None), (120, "contract"), (80, "legitimate_interests"))
KINDS = Shares.of(  # of activities
    (330, ("mailing", "outgoing")),
    (220, ("email", "outgoing")),
    (140, ("email", "incoming")),
    (150, ("call", "outgoing")),
    (70, ("call", "incoming")),
    (90, ("meeting", "outgoing")),
)


def contacts(count: int, start: int = 0, seed: int = SEED) -> Iterator[Contact]:
    """Give so many contacts from a number on; a number's contact is always the same."""
    return islice(_from(start, seed), count)


def _from(start: int, seed: int) -> Iterator[Contact]:
    block = start // BLOCK
    while True:
        rng = random.Random(f"{seed}:{block}")
        for number in range(block * BLOCK, (block + 1) * BLOCK):
            found = _contact(rng, number)
            if number >= start:
                yield found
        block += 1


def _contact(rng: random.Random, number: int) -> Contact:
    chance = rng.random
    created = TODAY - int(4_000 * chance() ** 1.4)
    category, country = CATEGORIES.drawn(rng), COUNTRIES.drawn(rng)
    activities = _activities(rng, number, created)
    last = max((one.at for one in activities if one.at <= NOW_SECOND), default=None)
    is_customer = category in {"Customer", "Key account"}
    values = (
        f"p{number}@example.se" if chance() < 0.94 else None,
        f"+46 8 {number:07}" if chance() < 0.6 else None,
        f"Person {number}",
        LANGUAGES.get(country, "en"),
        country,
        category,
        f"owner-{int(40 * chance() ** 2)}" if chance() < 0.9 else None,
        SOURCES.drawn(rng),
        TAGS.drawn(rng),
        created,
        TODAY - int(365.25 * (18 + 65 * chance())) if chance() < 0.35 else None,
        None if last is None else last // A_DAY + EPOCH,
        TODAY - int((TODAY - created) * chance() ** 1.5) if is_customer and chance() < 0.8 else None,
        min(TODAY, created + int(20 * chance())) if chance() < 0.85 else None,
        BOUNCES.drawn(rng),
        chance() < 0.01,
        chance() < 0.04,
        chance() < 0.003,
        chance() < 0.005,
        chance() < 0.003,
    )
    return Contact(number, values, activities, _consents(rng, number, created))


def _activities(rng: random.Random, number: int, created: int) -> list[Activity]:
    """Give few to most and many to few; more of them recent than old, and now and then one that is planned."""
    chance, kinds = rng.random, KINDS.table
    span = NOW_SECOND - (created - EPOCH) * A_DAY
    count = 0 if chance() < 0.2 else min(MOST_ACTIVITIES, int(2.75 / (chance() + 1e-9) ** 0.6))
    found = [
        Activity(f"a{number}-{nth}", type_, direction, "done", NOW_SECOND - int(span * chance() ** 1.2))
        for nth in range(count)
        for type_, direction in (kinds[int(chance() * 1_000)],)
    ]
    if chance() < 0.015:
        ahead = NOW_SECOND + 3_600 * int(1_400 * chance())
        found.append(Activity(f"a{number}-{count}", "meeting", "outgoing", "planned", ahead))
    return found


def _consents(rng: random.Random, number: int, created: int) -> list[Consent]:
    span = NOW_SECOND - (created - EPOCH) * A_DAY
    found = []
    for nth in range(CONSENT_COUNTS.drawn(rng)):
        at = NOW_SECOND - int(span * rng.random())
        is_given = rng.random() < 0.75
        lasts = (365, 730)[rng.random() < 0.5] if is_given and rng.random() < 0.35 else None
        expires = None if lasts is None else at // A_DAY + EPOCH + lasts
        status = "given" if is_given else "withdrawn"
        found.append(Consent(f"c{number}-{nth}", PURPOSES.drawn(rng), status, BASES.drawn(rng), at, expires))
    return found
