"""Foreseeing: a forecast is made beside all else and kept, one at a time; whoever stops the service does not wait."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.service import foreseeing
from engine.service.forecasting import forecast
from engine.service.foreseeing import Foresight
from tests.service.test_forecasting import erase, person, place_with


def test_a_forecast_is_made_in_the_background_and_kept(tmp_path: Path) -> None:
    """What is kept is what the command would tell, of when and of which rulebook it is."""
    place, foresight = place_with(tmp_path, erase()), Foresight()
    place.take(person("a", "2026-02-20"))
    assert foresight.begin(place.scene(), 60)
    foresight.wait(30)

    assert foresight.newest is not None
    assert foresight.newest.forecast == forecast(place.installation, place.store, place.rules, 60)
    assert foresight.newest.rulebook == place.rules.digest
    assert [one.expected for one in foresight.newest.forecast.rows] == [1]
    assert (foresight.begun_at, foresight.has_failed) == (None, False)


def test_one_is_made_at_a_time(tmp_path: Path) -> None:
    """Who asks while one is being made gets that one."""
    place, foresight = place_with(tmp_path, erase()), Foresight()
    foresight.begun_at = place.clock.now()

    assert not foresight.begin(place.scene())


def test_a_service_that_stops_does_not_wait_for_it(tmp_path: Path) -> None:
    """It ends with the day that it is at, and what was there before stays."""
    place, foresight = place_with(tmp_path, erase()), Foresight()
    foresight.begin(replace(place.scene(), is_stopping=lambda: True))
    foresight.wait(30)

    assert (foresight.newest, foresight.begun_at, foresight.has_failed) == (None, None, True)


def test_a_fault_is_told_and_another_attempt_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its kind and place alone, and the page says that it failed."""
    place, foresight = place_with(tmp_path, erase()), Foresight()

    def broken(*_: object) -> None:
        raise ValueError("Canary Quill")

    with monkeypatch.context() as patched:
        patched.setattr(foreseeing, "forecast", broken)
        foresight.begin(place.scene())
        foresight.wait(30)
    assert (foresight.begun_at, foresight.has_failed) == (None, True)
    assert foresight.begin(place.scene())
    foresight.wait(30)
    assert not foresight.has_failed
