"""Values: how JSON of each field type is read, strictly, and what is said when it does not fit."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.model.entity import FieldType
from engine.model.facts import Value
from engine.vocabulary.calendar import from_wall_clock, local_date, start_of_day

SCALE = 4  # decimals that numbers and money keep
QUANTUM = Decimal(1).scaleb(-SCALE)
LARGEST = Decimal(10) ** 12  # numbers stay below this, so that sums of thousands fit 64 bits
LONGEST_TEXT = 20_000
LONGEST_ID = 200
YEARS = range(1000, 9999)
LIST_SEPARATOR = "\x1f"  # stands between the members of a stored list, so it cannot stand in one

NO_DATE = "a date was expected: 2026-03-01 or 2026-03-01T08:00:00+01:00"
LENGTH_OF_DAY = len("2026-03-01")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:?\d\d)?")


class ValueRefused(ValueError):
    """A value that does not fit its type; the text says what would, and never repeats the value."""


def read_id(raw: object) -> str:
    """Return a record's id: text of 1 to 200 characters without control characters."""
    if not isinstance(raw, str) or not 0 < len(raw) <= LONGEST_ID:
        raise ValueRefused(f"an id is text of 1 to {LONGEST_ID} characters")
    if not raw.isprintable() and any(unicodedata.category(c) in {"Cc", "Cs"} for c in raw):
        raise ValueRefused("an id has no control characters")
    return raw


def read_text(raw: object, _zone: ZoneInfo) -> str:
    """Return text as it is; NUL and lone surrogates, which no store keeps, are refused."""
    if not isinstance(raw, str):
        raise ValueRefused("text was expected (in quotes)")
    if len(raw) > LONGEST_TEXT:
        raise ValueRefused(f"text may have {LONGEST_TEXT:,} characters at most")
    if "\0" in raw or not (raw.isascii() or is_storable(raw)):
        raise ValueRefused("text cannot hold NUL or lone surrogates")
    return raw


def is_storable(text: str) -> bool:
    """True for text that UTF-8 can say: JSON can name a lone surrogate, no store can keep one."""
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def read_number(raw: object, _zone: ZoneInfo) -> Decimal:
    """Return an exact decimal; a number keeps four decimals, rounded half to even."""
    return _decimal(raw).quantize(QUANTUM, ROUND_HALF_EVEN)


def read_money(raw: object, _zone: ZoneInfo) -> Decimal:
    """Return an exact decimal; more than four decimals are refused, not rounded."""
    amount = _decimal(raw)
    kept = amount.quantize(QUANTUM)
    if kept != amount:
        raise ValueRefused(f"money has {SCALE} decimals at most")
    return kept


def read_flag(raw: object, _zone: ZoneInfo) -> bool:
    """Return true or false; nothing else is a flag, text and 0 least of all."""
    if not isinstance(raw, bool):
        raise ValueRefused("true or false was expected")
    return raw


def read_date(raw: object, zone: ZoneInfo) -> date:
    """Return a day; an instant means the local day that holds it."""
    when = read_when(raw, zone)
    return local_date(when, zone) if isinstance(when, datetime) else when


def read_datetime(raw: object, zone: ZoneInfo) -> datetime:
    """Return an instant in UTC; a day means its start, a time without an offset is the zone's wall clock."""
    when = read_when(raw, zone)
    return when if isinstance(when, datetime) else start_of_day(when, zone)


def read_when(raw: object, zone: ZoneInfo) -> date | datetime:
    """Return the day or the instant that ISO 8601 text names."""
    if isinstance(raw, str):
        try:
            if len(raw) == LENGTH_OF_DAY:
                return _day(raw)
            if _INSTANT.fullmatch(raw):
                instant = datetime.fromisoformat(raw.replace("z", "Z"))
                _in_range(instant.date())
                return instant.astimezone(UTC) if instant.tzinfo else from_wall_clock(instant, zone)
        except ValueRefused:
            raise
        except ValueError:
            raise ValueRefused("there is no such day or time") from None
    raise ValueRefused(NO_DATE)


@lru_cache(maxsize=1 << 13)
def _day(text: str) -> date:
    """Return the day of a text; the same days come again and again."""
    if not _DAY.fullmatch(text):
        raise ValueRefused(NO_DATE)
    return _in_range(date.fromisoformat(text))


def read_list(raw: object, zone: ZoneInfo) -> tuple[str, ...]:
    """Return a list of texts."""
    if not isinstance(raw, list | tuple):
        raise ValueRefused("a list of texts was expected")
    members = tuple(read_text(one, zone) for one in raw)
    if any(LIST_SEPARATOR in one for one in members):
        raise ValueRefused("a list's texts cannot hold U+001F")
    return members


def _decimal(raw: object) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        raise ValueRefused("a number was expected")
    number = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
    # `abs` would round in the context, which overflows on an exponent such as e999999999.
    if not number.is_finite() or number.copy_abs() >= LARGEST:
        raise ValueRefused("a number is below 1,000,000,000,000 in size")
    return number


def _in_range(day: date) -> date:
    if day.year not in YEARS:
        raise ValueRefused(f"a year is from {YEARS.start} to {YEARS.stop - 1}")
    return day


READERS: Mapping[FieldType, Callable[[object, ZoneInfo], Value]] = {
    FieldType.TEXT: read_text,
    FieldType.NUMBER: read_number,
    FieldType.MONEY: read_money,
    FieldType.FLAG: read_flag,
    FieldType.DATE: read_date,
    FieldType.DATETIME: read_datetime,
    FieldType.LIST: read_list,
}
