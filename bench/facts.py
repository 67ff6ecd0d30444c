"""Flat facts of a contact: its fields, and what rules ask about its activities and consents, reckoned beforehand.

Per-contact engines are fed with these, so that what they are timed at is nothing but rules. Reckoned from the
population itself, by other code than Ansgar's; the arithmetic of durations alone is shared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bench.conditions import Fact, Facts
from bench.population import FIELDS, Activity, Consent, Contact
from bench.snapshots import DATES
from engine.store.columns import to_microseconds
from engine.vocabulary.calendar import Moment, end_of_day, start_of_day
from engine.vocabulary.duration import read_duration

MILLION = 1_000_000
Where: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many activities there are, of some kind, in a window."""

    where: Where = ()
    in_last: str = ""
    in_next: str = ""


@dataclass(frozen=True, slots=True)
class Newest:
    """When the newest activity of some kind was."""

    where: Where


@dataclass(frozen=True, slots=True)
class ConsentNow:
    """What the newest consent for a purpose says."""

    purpose: str


@dataclass(frozen=True, slots=True)
class AnyBasis:
    """Whether any legal basis is valid for anything."""


@dataclass(frozen=True, slots=True)
class BirthdaySoon:
    """Whether a birthday is today or within so many days."""

    days: int


Derived: TypeAlias = Counted | Newest | ConsentNow | AnyBasis | BirthdaySoon

OUTGOING, INCOMING, MEETING = ("direction", "outgoing"), ("direction", "incoming"), ("type", "meeting")
DERIVED: Mapping[str, Derived] = {
    "outgoing_in_30_days": Counted((OUTGOING,), in_last="30 days"),
    "outgoing_in_a_year": Counted((OUTGOING,), in_last="1 year"),
    "letters_in_90_days": Counted((OUTGOING, ("type", "email")), in_last="90 days"),
    "incoming_in_90_days": Counted((INCOMING,), in_last="90 days"),
    "activities": Counted(),
    "meetings_ahead": Counted((MEETING,), in_next="30 days"),
    "calls_in_7_days": Counted((("type", "call"),), in_last="7 days"),
    "mailings_in_30_days": Counted((("type", "mailing"),), in_last="30 days"),
    "last_incoming": Newest((INCOMING,)),
    "last_meeting": Newest((MEETING,)),
    "marketing_consent": ConsentNow("marketing"),
    "storage_consent": ConsentNow("storage"),
    "has_legal_basis": AnyBasis(),
    "has_birthday_soon": BirthdaySoon(7),
}


def flat(one: Contact, moment: Moment) -> Facts:
    """Return the facts of a contact at a moment; dates in microseconds since 1970."""
    values = dict(zip(FIELDS, one.values, strict=True))
    found: dict[str, Fact] = {
        name: None if value is None else day_start(value, moment.zone) if name in DATES else value
        for name, value in values.items()
    }
    return found | {name: _REACH[type(derived)](derived, one, moment) for name, derived in DERIVED.items()}


def older_before(words: str, moment: Moment) -> int:
    """Return the instant before which something is older than a duration, in microseconds."""
    return to_microseconds(read_duration(words).older_before(moment))


@lru_cache(maxsize=64)
def window(derived: Counted, moment: Moment) -> tuple[int, int] | None:
    """Return the first instant of a window and the first after it, in microseconds; None where there is none."""
    after_now = to_microseconds(moment.now) + 1
    if derived.in_last:
        return older_before(derived.in_last, moment), after_now
    if derived.in_next:
        return after_now, to_microseconds(read_duration(derived.in_next).ahead(moment))
    return None


@cache
def day_start(ordinal: int, zone: ZoneInfo) -> int:
    """Return the first instant of a day, in microseconds."""
    return to_microseconds(start_of_day(date.fromordinal(ordinal), zone))


@cache
def day_end(ordinal: int, zone: ZoneInfo) -> int:
    """Return the first instant after a day, in microseconds."""
    return to_microseconds(end_of_day(date.fromordinal(ordinal), zone))


@lru_cache(maxsize=8)
def anniversaries(days: int, today: date) -> frozenset[tuple[int, int]]:
    """Return month and day of whoever has a birthday today or in so many days; 29 February falls on the 28th."""
    ahead = [today + timedelta(days=n) for n in range(days + 1)]
    common = any((one.month, one.day) == (2, 28) and (one + timedelta(days=1)).month == 3 for one in ahead)
    return frozenset({(one.month, one.day) for one in ahead} | ({(2, 29)} if common else set()))


def state_of(item: Consent, now: datetime, zone: ZoneInfo) -> str:
    """Return what a consent says at an instant, as long as no newer one says otherwise."""
    is_over = item.expires_on is not None and day_end(item.expires_on, zone) <= to_microseconds(now)
    return "expired" if item.status == "given" and is_over else item.status


def _is_such(item: Activity, where: Where) -> bool:
    return all(getattr(item, name) == value for name, value in where)


def _counted(derived: Counted, one: Contact, moment: Moment) -> int:
    low, high = window(derived, moment) or (-(1 << 62), 1 << 62)
    return sum(low <= item.at * MILLION < high and _is_such(item, derived.where) for item in one.activities)


def _newest(derived: Newest, one: Contact, moment: Moment) -> int | None:
    now = moment.now.timestamp()
    past = [item.at for item in one.activities if item.at <= now and _is_such(item, derived.where)]
    return max(past) * MILLION if past else None


def _streams(one: Contact, moment: Moment) -> Mapping[tuple[str, str], str]:
    """Return the state of each purpose and basis: the newest row's, and the more protective one's of two at once."""
    newest: dict[tuple[str, str], tuple[int, bool, str]] = {}
    for item in one.consents:
        if item.at <= moment.now.timestamp():
            state = state_of(item, moment.now, moment.zone)
            key, rank = (item.purpose, item.legal_basis or "consent"), (item.at, state == "withdrawn", state)
            newest[key] = max(newest.get(key, rank), rank)
    return {key: state for key, (_, _, state) in newest.items()}


def _consent_now(derived: ConsentNow, one: Contact, moment: Moment) -> str:
    return _streams(one, moment).get((derived.purpose, "consent"), "never_given")


def _any_basis(_derived: AnyBasis, one: Contact, moment: Moment) -> bool:
    return "given" in _streams(one, moment).values()


def _birthday_soon(derived: BirthdaySoon, one: Contact, moment: Moment) -> bool:
    ordinal = one.values[FIELDS.index("birth_date")]
    if ordinal is None:
        return False
    born = date.fromordinal(ordinal)
    return (born.month, born.day) in anniversaries(derived.days, moment.today)


_REACH: Mapping[type, Callable[..., Fact]] = {
    Counted: _counted,
    Newest: _newest,
    ConsentNow: _consent_now,
    AnyBasis: _any_basis,
    BirthdaySoon: _birthday_soon,
}
