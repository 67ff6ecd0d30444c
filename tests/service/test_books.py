"""Books of runs (R15): what a run planned is what became of it, whatever has gone meanwhile; on both kinds of store."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine.service.console.books import COLUMNS, Books, books
from engine.service.pruning import prune
from engine.service.tick import tick
from engine.store import ledger, run_pages
from engine.store.tables import DELETION, INTENT, RUN
from tests.consoles import SETTINGS, told_story
from tests.installations import Place

WRITES = """
rules:
  - rule: greet
    stage: live
    if: [{field: country, is: NO}]
    then: [{notify: {to: dpo, using: hello}}]
    when_no_longer: [{notify: {to: dpo, using: hello}}]
messages:
  hello: {subject: "{{ contact.id }}", body: hello}
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a place whose rule writes to the officer about each of 45 contacts, and which has run."""
    made = Place(tmp_path, WRITES, SETTINGS)
    made.take(*({"id": f"c-{number:02}", "country": "NO"} for number in range(45)))
    made.run()
    return made


def kept_books(place: Place, run: int) -> Books:
    """Return the books of a run, with what the rules say now."""
    with place.store.database.reading() as connection:
        shown = run_pages.shown(connection, run)
        assert shown is not None
        rules = [(place.rules.rules[one.rule], one) for one in shown.rules]
        return books(ledger.entries(connection, run), ledger.outcomes(connection, run), rules)


def test_r15_the_books_of_every_run_of_the_story_balance(tmp_path: Path) -> None:
    """What a run planned is what was done, withheld, failed, parked, waits, or is kept no longer; nothing is left over."""
    place = told_story(tmp_path)
    with place.store.database.reading() as connection:
        numbers = list(connection.execute(select(RUN.c.key)).scalars())
        written = sum(
            connection.execute(select(func.count()).where(of.c.run.is_not(None))).scalar_one()
            for of in (INTENT, DELETION)
        )
    found = [kept_books(place, run) for run in numbers]

    assert [one for one in found if not one.balances] == []
    assert sum(one.planned - one.gone for one in found) == written > 60


def test_r15_each_case_that_opened_planned_one_effect_of_each_call(tmp_path: Path) -> None:
    """What is planned is held against who entered, not just against what is there."""
    found = kept_books(told_story(tmp_path), 1)
    expected = {(one.rule, one.part): one.expected for one in found.lines if one.expected is not None}

    assert expected == {("notice-due", ""): 19}
    assert {column: found.sum(column) for column in COLUMNS} == {
        "acted": 56,
        "withheld": 2,
        "failed": 0,
        "parked": 0,
        "waiting": 5,
    }


def test_r15_what_is_kept_no_longer_stays_in_the_books(place: Place) -> None:
    """Messages past their time, and those of whom is erased, go; how many is known of the run that planned them."""
    place.act()
    place.take({"id": "c-00", "country": "SE"})
    place.run()
    place.clock.move(timedelta(days=91))
    prune(place.scene(), place.installation.moment())
    found = kept_books(place, 1)

    assert (found.planned, found.sum("acted"), found.gone, found.balances) == (45, 44, 1, True)


def test_r15_the_books_of_before_somebody_was_erased_balance(tmp_path: Path) -> None:
    """The messages about a contact go with it; the number of those that a run planned stays."""
    place = told_story(tmp_path)
    before = kept_books(place, 1)
    for _ in range(32):
        place.clock.move(timedelta(days=1))
        tick(place.scene(), place.installation.moment())
    after = kept_books(place, 1)

    assert place.key_of("prospect-1") == 0
    assert (before.gone, after.gone > 0, after.planned) == (0, True, before.planned)
    assert after.balances


def test_r15_what_happens_at_the_end_of_a_case_is_in_the_books_of_the_run_that_ended_it(place: Place) -> None:
    """Not in those of the run in which the case opened; what was withheld because it closed is told with its reason."""
    place.take({"id": "c-00", "country": "SE"})
    place.run()
    place.act()
    opened, closed = kept_books(place, 1), kept_books(place, 2)

    assert (opened.planned, opened.sum("acted"), opened.lines[0].told) == (45, 44, [("withheld", "CASE_CLOSED", 1)])
    assert [(one.part, one.planned, one.sum("acted")) for one in closed.lines] == [("closing", 1, 1)]
    assert opened.balances
    assert closed.balances
