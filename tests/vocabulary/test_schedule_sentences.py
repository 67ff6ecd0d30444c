"""Schedules in words."""

import pytest

from engine.vocabulary.occurrence import read_cron, read_every
from engine.vocabulary.schedule_sentences import scheduled
from engine.vocabulary.tongue import TONGUES

EVERY: list[tuple[str, str | None, str, str]] = [
    ("minute", None, "every minute", "varje minut"),
    ("hour", None, "every hour", "varje timme"),
    ("2 hours", None, "every 2 hours", "var 2:a timme"),
    ("15 minutes", None, "every 15 minutes", "var 15:e minut"),
    ("12 hours", None, "every 12 hours", "var 12:e timme"),
    ("90 minutes", None, "every 90 minutes", "var 90:e minut"),
    ("day", "02:00", "every day at 02:00", "varje dag klockan 02.00"),
    (
        "weekday",
        "03:30",
        "every weekday (Monday to Friday) at 03:30",
        "varje vardag (måndag till fredag) klockan 03.30",
    ),
    ("week", "Sunday 03:30", "every Sunday at 03:30", "varje söndag klockan 03.30"),
    ("month", "15 03:00", "on day 15 of every month at 03:00", "dag 15 i varje månad klockan 03.00"),
    ("month", "last 03:00", "on the last day of every month at 03:00", "sista dagen i varje månad klockan 03.00"),
    (
        "month",
        "30 03:00",
        "on day 30 of every month (in a shorter month on its last day) at 03:00",
        "dag 30 i varje månad (i kortare månader den sista dagen) klockan 03.00",
    ),
]
CRON = [
    ("30 3 * * *", "at 03:30, every day", "klockan 03.30, varje dag"),
    ("0 3,15 * * 0", "at 03:00 and at 15:00, on Sunday", "klockan 03.00 och klockan 15.00, söndag"),
    ("0 3 * * sat-sun", "at 03:00, on Saturday and Sunday", "klockan 03.00, lördag och söndag"),
    ("* * * * *", "every minute of every hour, every day", "varje minut i varje timme, varje dag"),
    (
        "*/15 8-17 * * mon-fri",
        "at minute 0, 15, 30 and 45 of the hours 8 to 17, on Monday to Friday",
        "minut 0, 15, 30 och 45 i timmarna 8 till 17, måndag till fredag",
    ),
    (
        "0 4 1,15 jan,jun mon",
        "at 04:00, on day 1 and 15 of the month or on Monday, in January and June",
        "klockan 04.00, dag 1 och 15 i månaden eller måndag, i januari och juni",
    ),
    (
        "0 4 */10 * mon",  # whoever writes a star means both, as Vixie's cron does
        "at 04:00, on day 1, 11, 21 and 31 of the month and on Monday",
        "klockan 04.00, dag 1, 11, 21 och 31 i månaden och måndag",
    ),
]


@pytest.mark.parametrize(("every", "at", "english", "swedish"), EVERY)
def test_every(every: str, at: str | None, english: str, swedish: str) -> None:
    """`every` and `at` read aloud."""
    schedule = read_every(every, at)

    assert (english, swedish) == (scheduled(schedule, TONGUES["en"]), scheduled(schedule, TONGUES["sv"]))


@pytest.mark.parametrize(("cron", "english", "swedish"), CRON)
def test_cron(cron: str, english: str, swedish: str) -> None:
    """A cron says its times, its days and its months; all of them go without saying."""
    schedule = read_cron(cron)
    said = scheduled(schedule, TONGUES["en"]), scheduled(schedule, TONGUES["sv"])

    assert (english, swedish) == said
