"""The tongues that the service speaks, English and Swedish: how each writes numbers, dates, durations and lists.

A third tongue is a further argument of `Tongue.say`: the type checker then lists every sentence that lacks it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from engine.vocabulary.duration import Duration

Language = Literal["en", "sv"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

MONTHS_A_YEAR, MANY_MONTHS = 12, 24  # below 24 people count months: `18 months`, yet `1 year`
SWEDISH_SIGNS = str.maketrans(",.", "\N{NO-BREAK SPACE},")  # of numbers, from the English ones

_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTHS_SV = (
    "januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november",
    "december",
)  # fmt: skip
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAYS_SV = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
# One and several of each unit, the longest first.
_UNITS_EN = (
    ("year", "years"), ("month", "months"), ("day", "days"), ("working day", "working days"), ("hour", "hours"),
    ("minute", "minutes"),
)  # fmt: skip
_UNITS_SV = (
    ("år", "år"), ("månad", "månader"), ("dag", "dagar"), ("arbetsdag", "arbetsdagar"), ("timme", "timmar"),
    ("minut", "minuter"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language."""

    language: Language

    def say(self, *, en: str, sv: str) -> str:
        """Return the sentence of this language."""
        return {"en": en, "sv": sv}[self.language]

    def number(self, number: Decimal | int) -> str:
        """Return a number: `1,234.5` or `1 234,5`."""
        plain = f"{Decimal(number).normalize() + 0:,f}"
        return self.say(en=plain, sv=plain.translate(SWEDISH_SIGNS))

    def day(self, day: date) -> str:
        """Return a day: `1 March 2026` or `1 mars 2026`."""
        return f"{day.day} {self.month(day.month)} {day.year}"

    def month(self, number: int) -> str:
        """Return the name of a month, 1 is January."""
        return self.say(en=_MONTHS_EN[number - 1], sv=_MONTHS_SV[number - 1])

    def weekday(self, number: int) -> str:
        """Return the name of a weekday, 1 is Monday."""
        return self.say(en=_WEEKDAYS_EN[number - 1], sv=_WEEKDAYS_SV[number - 1])

    def clock(self, at: time) -> str:
        """Return a time of day: `at 02:30` or `klockan 02.30`; seconds where there are any."""
        text = at.isoformat("auto" if at.second or at.microsecond else "minutes")
        return self.say(en=f"at {text}", sv=f"klockan {text.replace(':', '.')}")

    def instant(self, at: datetime, zone: ZoneInfo) -> str:
        """Return an instant as the local day and time; the time alone is left out at midnight."""
        local = at.astimezone(zone)
        return self.day(local.date()) + (f" {self.clock(local.time())}" if local.time() != time() else "")

    def duration(self, length: Duration) -> str:
        """Return a duration: `30 days`, `1 month`, `18 months`; weeks as days, in which nobody miscounts."""
        by_year = not length.months % MONTHS_A_YEAR or length.months >= MANY_MONTHS
        years, months = divmod(length.months, MONTHS_A_YEAR) if by_year else (0, length.months)
        hours, minutes = divmod(length.minutes, 60)
        counts = (years, months, length.days, length.workdays, hours, minutes)
        units = {"en": _UNITS_EN, "sv": _UNITS_SV}[self.language]
        parts = [
            f"{self.number(n)} {one if n == 1 else many}" for n, (one, many) in zip(counts, units, strict=True) if n
        ]
        return self.both(parts) or self.say(en="0 days", sv="0 dagar")

    def quoted(self, text: str) -> str:
        """Return text in quotation marks."""
        return self.say(en=f"“{text}”", sv=f"”{text}”")

    def both(self, parts: Sequence[str]) -> str:
        """Return parts joined with and."""
        return self._joined(parts, self.say(en="and", sv="och"))

    def either(self, parts: Sequence[str]) -> str:
        """Return parts joined with or."""
        return self._joined(parts, self.say(en="or", sv="eller"))

    def _joined(self, parts: Sequence[str], last: str) -> str:
        return f" {last} ".join([*([", ".join(parts[:-1])] if len(parts) > 1 else []), *parts[-1:]])


TONGUES: dict[str, Tongue] = {language: Tongue(language) for language in LANGUAGES}
