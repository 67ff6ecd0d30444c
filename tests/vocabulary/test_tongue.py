"""The tongues: numbers, dates, durations and lists as each language writes them."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.vocabulary.duration import read_duration
from engine.vocabulary.tongue import LANGUAGES, TONGUES

EN, SV = TONGUES["en"], TONGUES["sv"]
SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("written", "english", "swedish"),
    [
        ("1 minute", "1 minute", "1 minut"),
        ("90 minutes", "1 hour and 30 minutes", "1 timme och 30 minuter"),
        ("24 hours", "24 hours", "24 timmar"),
        ("1 day", "1 day", "1 dag"),
        ("30 days", "30 days", "30 dagar"),
        ("2 weeks", "14 days", "14 dagar"),
        ("1 month", "1 month", "1 månad"),
        ("1 quarter", "3 months", "3 månader"),
        ("1 year 6 months", "18 months", "18 månader"),
        ("1 year", "1 year", "1 år"),
        ("24 months", "2 years", "2 år"),
        ("2 years 6 months", "2 years and 6 months", "2 år och 6 månader"),
        ("1 working day", "1 working day", "1 arbetsdag"),
        (
            "1 month 2 working days 3 hours",
            "1 month, 2 working days and 3 hours",
            "1 månad, 2 arbetsdagar och 3 timmar",
        ),
        ("0 days", "0 days", "0 dagar"),
        ("1095 days", "1,095 days", f"1{SPACE}095 dagar"),
    ],
)
def test_durations(written: str, english: str, swedish: str) -> None:
    """Weeks are told in days, quarters in months; one is singular."""
    length = read_duration(written)

    assert (english, swedish) == (EN.duration(length), SV.duration(length))


@pytest.mark.parametrize(
    ("number", "english", "swedish"),
    [
        ("0", "0", "0"),
        ("-0.0", "0", "0"),
        ("2.50", "2.5", "2,5"),
        ("-1.5", "-1.5", "-1,5"),
        ("100", "100", "100"),
        ("1234567.89", "1,234,567.89", f"1{SPACE}234{SPACE}567,89"),
    ],
)
def test_numbers(number: str, english: str, swedish: str) -> None:
    """Swedish has a comma before decimals, and a space that no line breaks at between thousands."""
    assert (english, swedish) == (EN.number(Decimal(number)), SV.number(Decimal(number)))


def test_dates_and_times() -> None:
    """Days and times are written out in the zone; midnight goes without saying."""
    stockholm, day = ZoneInfo("Europe/Stockholm"), date(2026, 3, 1)

    assert (EN.day(day), SV.day(day)) == ("1 March 2026", "1 mars 2026")
    assert (EN.clock(time(2, 30)), SV.clock(time(2, 30))) == ("at 02:30", "klockan 02.30")
    assert SV.instant(datetime(2026, 2, 28, 23, tzinfo=UTC), stockholm) == "1 mars 2026"
    assert EN.instant(datetime(2026, 3, 1, 12, 30, tzinfo=UTC), stockholm) == "1 March 2026 at 13:30"
    assert (
        SV.instant(datetime(2026, 2, 28, 23, 0, 0, 1, tzinfo=UTC), stockholm) == "1 mars 2026 klockan 00.00.00.000001"
    )


def test_lists() -> None:
    """The last part is joined by a word, the others by commas; one part stands alone."""
    assert [EN.both(list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert SV.either(["a", "b", "c"]) == "a, b eller c"
    assert (EN.quoted("a"), SV.quoted("a")) == ("“a”", "”a”")


def test_every_language_has_a_tongue() -> None:
    """English and Swedish, and no other without its sentences."""
    assert ("en", "sv") == LANGUAGES == tuple(TONGUES)
