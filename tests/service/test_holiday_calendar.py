"""Holidays of a place: what the configuration takes, and the working days that come of it."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine.service.config import Settings, load_settings
from engine.service.config_keys import ConfigError
from engine.service.holiday_calendar import PlaceUnknown, workdays_of
from tests.installations import Place


def test_without_a_place_every_monday_to_friday_is_a_working_day() -> None:
    """New Year's Day counts where no holidays are configured."""
    assert date(2026, 1, 1) == workdays_of("none").after(date(2025, 12, 31), 1)


@pytest.mark.parametrize(
    ("place", "start", "due"),
    [
        ("SE", "2025-12-31", "2026-01-02"),
        ("SE", "2026-01-05", "2026-01-07"),  # Epiphany
        ("SE", "2026-04-02", "2026-04-07"),  # Easter
        ("DE-BY", "2026-06-03", "2026-06-05"),  # Corpus Christi
        ("DE", "2026-06-03", "2026-06-04"),
    ],
)
def test_holidays_of_a_country_or_a_part_of_it_are_left_out(place: str, start: str, due: str) -> None:
    """The next working day after the eve of a holiday lies beyond it, where it is one."""
    assert date.fromisoformat(due) == workdays_of(place).after(date.fromisoformat(start), 1)


@pytest.mark.parametrize(("place", "hint"), [("se", "SE"), ("Zzzzzz", "for example"), ("DE-XX", "BY"), ("", "SE")])
def test_an_unknown_place_is_told_with_what_would_be_right(place: str, hint: str) -> None:
    """A country or part that the library does not know is refused with a sentence."""
    with pytest.raises(PlaceUnknown, match=hint):
        workdays_of(place)


def test_a_place_in_the_configuration_is_checked_when_it_is_read(tmp_path: Path) -> None:
    """The key is named; a right one, Norway included, gives its calendar."""
    file = tmp_path / "config.yaml"
    file.write_text("holidays: SWE-X\n")

    with pytest.raises(ConfigError, match="`holidays`"):
        load_settings(file, {})
    file.write_text("holidays: NO\n")
    assert date(2026, 5, 18) == load_settings(file, {})[0].workdays.after(date(2026, 5, 15), 1)
    assert load_settings(file, {"ANSGAR_HOLIDAYS": "SE"})[0].workdays.place == "SE"


def test_a_run_counts_working_days_of_the_configured_place(tmp_path: Path) -> None:
    """Over Easter a day passes in Sweden on Tuesday, and on Friday where there are no holidays."""
    rules = "rules: [{rule: a, if: [{field: created_on, older_than: 1 working day}], then: []}]"
    matched = {}
    for place in ("SE", "none"):
        (tmp_path / place).mkdir()
        here = Place(tmp_path / place, rules, Settings(holidays=place))
        here.take({"id": "1", "created_on": "2026-04-02"})
        for day in (3, 6, 7):
            report = here.run(at=datetime(2026, 4, day, 12, tzinfo=UTC))
            matched[place, day] = report.rules[0].tally.matched

    assert list(matched.values()) == [0, 0, 1, 1, 1, 1]
