"""The nightly audit: once each local day after three, logged, kept as a run, and nothing repaired."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete
from structlog.typing import EventDict

from engine.service import nightly_audit
from engine.service.audit import Audit
from engine.service.audit_road import road
from engine.service.config_keys import ConfigError
from engine.service.nightly_audit import audit_nightly
from engine.store import audits, runs
from engine.store.tables import CASES
from tests.installations import Place

RULES = "rules: [{rule: norwegians, stage: live, if: [{field: country, is: NO}], then: [{keep_in_selection: chosen}]}]"
NIGHT = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)  # the hour before three is left out: clocks show 01:59, then 03:00


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a place, a minute before three, with one rule that was evaluated over two contacts."""
    made = Place(tmp_path, RULES)
    made.take({"id": "a", "country": "NO"}, {"id": "b", "country": "SE"})
    made.clock.move(NIGHT - made.clock.now())
    made.run()
    return made


def passed(place: Place, **length: float) -> Audit | None:
    """Let time pass; return the audit that is made then, if one is."""
    place.clock.move(timedelta(**length))
    return audit_nightly(place.scene(), place.installation.moment())


def test_once_each_local_day_after_three(place: Place) -> None:
    """Not before three, then once, and not again before the next night; a service that slept until noon makes up for it."""
    made = [
        passed(place, **length) is not None
        for length in ({"minutes": 0}, {"minutes": 1}, {"minutes": 1}, {"hours": 20})
    ]

    assert made == [False, True, False, False]
    assert [passed(place, hours=hours) is not None for hours in (4, 10, 24)] == [True, False, True]


def test_what_it_finds_is_kept_and_logged_and_stays(place: Place, logs: list[EventDict]) -> None:
    """The audit is a run that operators see, with the number of differences; the log names each by rule and contact."""
    with place.store.database.writing() as connection:
        connection.execute(delete(CASES))
    assert passed(place, minutes=5) is not None

    with place.store.database.reading() as connection:
        (kept,) = audits.listing(connection, 10)
        shown = runs.read(connection, kept["run"])
    assert (kept["rules"], kept["compared"], kept["rules_with_differences"]) == (1, 2, 1)
    assert shown is not None
    assert (shown["mode"], shown["rules"][0]["error"]) == (
        "audit",
        "1 stored verdict differs: `ansgar audit verdicts` names what does",
    )
    told = [one for one in logs if one["event"] == "stored verdict differs"]
    assert [(one["rule"], one["contact"], one["stored"], one["derived"]) for one in told] == [
        ("norwegians", "a", "no_match", "match")
    ]
    assert place.cases() == []


def test_one_that_fails_is_not_tried_again_with_every_tick(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What befalls it is told once, by the pass of the loop that made it; the next night begins anew."""

    def failing() -> None:
        raise RuntimeError("out of order")

    with monkeypatch.context() as patched:
        patched.setattr(nightly_audit, "road", failing)
        with pytest.raises(RuntimeError):
            passed(place, minutes=5)
        assert passed(place, minutes=1) is None
    assert passed(place, days=1) is not None


def test_without_the_extra_there_is_none(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Polars is not installed nothing is begun; who asks for an audit is told what to install."""
    monkeypatch.setitem(sys.modules, "polars", None)

    assert passed(place, minutes=5) is None
    with place.store.database.reading() as connection:
        assert audits.newest(connection) is None
    with pytest.raises(ConfigError, match=r"ansgar\[audit\]"):
        road()
