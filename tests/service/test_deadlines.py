"""Deadlines: cases at risk and late, by calendar terms, and what happens then."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from engine.store.tables import CASES, INTENT
from tests.installations import Place
from tests.rulebooks import codes

RULES = """\
rules:
  - rule: notice
    stage: live
    owner: dpo
    if: [{field: privacy_notice_sent_on, is_missing: true}]
    then: [{keep_in_selection: without-notice}]
    deadline:
      within: 1 month
      of: created_on
      remind_before: 7 days
      if_late:
        - notify: {to: dpo, using: late}
        - raise_alert: {severity: warning, message: "Late"}
messages: {late: {subject: Late, body: "Late since {{ deadline.due_at | date }}"}}
"""


def _marks(place: Place) -> tuple[bool, bool]:
    with place.store.database.reading() as connection:
        row = connection.execute(select(CASES.c.at_risk_at, CASES.c.late_at)).one()
    return row.at_risk_at is not None, row.late_at is not None


def _parts(place: Place) -> list[str]:
    with place.store.database.reading() as connection:
        return list(connection.execute(select(INTENT.c.part).order_by(INTENT.c.key)).scalars())


def _at(place: Place, instant: datetime) -> None:
    place.clock.instant = instant
    place.run()


def test_a_case_is_at_risk_a_week_before_its_term_ends_and_late_after_its_last_day(tmp_path: Path) -> None:
    """One month from 31 January ends with the last day of February, in the zone (L6)."""
    place = Place(tmp_path, RULES)
    place.take({"id": "a", "created_on": "2026-01-31"})
    found = []
    for instant in (
        datetime(2026, 2, 21, 22, 59, tzinfo=UTC),
        datetime(2026, 2, 21, 23, 1, tzinfo=UTC),
        datetime(2026, 2, 28, 22, 59, tzinfo=UTC),
        datetime(2026, 2, 28, 23, 1, tzinfo=UTC),
    ):
        _at(place, instant)
        found.append((*_marks(place), place.alerts()))

    assert found == [
        (False, False, []),
        (True, False, []),
        (True, False, []),
        (True, True, [("notice", "a")]),
    ]
    place.clock.move(timedelta(days=1))
    place.run()
    assert _parts(place) == ["reminder", "late"]


def test_a_term_that_is_moved_is_no_longer_late(tmp_path: Path) -> None:
    """The date from which it counts was corrected: the mark and the alert go."""
    place = Place(tmp_path, RULES)
    place.take({"id": "a", "created_on": "2026-01-01"})
    place.run()
    place.take({"id": "a", "created_on": "2026-02-28"})

    assert (_marks(place), place.alerts()) == ((True, True), [("notice", "a")])
    place.run()
    assert (_marks(place), place.alerts()) == ((False, False), [])


def test_a_missing_date_is_never_late(tmp_path: Path) -> None:
    """Unknown is not late."""
    place = Place(tmp_path, RULES)
    place.take({"id": "a"})
    place.run()

    assert _marks(place) == (False, False)


def test_hours_are_elapsed_time(tmp_path: Path) -> None:
    """72 hours across the spring clock change are 72 hours (L6)."""
    rules = RULES.replace("1 month", "72 hours").replace("of: created_on", "of: {last: requests}")
    place = Place(tmp_path, rules)
    place.take({"id": "a", "requests": [{"id": "r", "type": "breach", "at": "2026-03-28T12:00:00+01:00"}]})
    for instant, is_late in (
        (datetime(2026, 3, 31, 11, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 31, 11, 0, 1, tzinfo=UTC), True),
    ):
        _at(place, instant)

        assert is_late is _marks(place)[1]


def test_a_deadline_begins_with_a_date_and_acts_once() -> None:
    """A text is no date; a selection does not belong under `if_late`; a deadline needs its term."""
    assert codes(RULES.replace("of: created_on", "of: category")) == ["R105"]
    assert codes(
        RULES.replace("- raise_alert: {severity: warning, message:", "- keep_in_selection: {name: x, purpose:")
    ) == ["R115"]
    assert codes(RULES.replace("      within: 1 month\n", "")) == ["R102"]
