"""The queue of deletions in pages: each once and in order, found by indexes, however many there are."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select

from engine.store import batches, deletion_queue, levels, reviews
from engine.store.approvals import requested
from engine.store.columns import to_microseconds
from engine.store.deletions import Deletion
from engine.store.tables import DELETION, REVIEW
from engine.vocabulary.calendar import local_date
from tests.installations import NOON, Place
from tests.service.test_approving import batches as requests_of
from tests.service.test_approving import place_asking
from tests.service.test_destroying import GHOST, crowd

MANY = 23


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a place with a batch of many deletions, some of which are due at one instant, and others of other states."""
    made = place_asking(tmp_path, "from: dpo", GHOST)
    with made.store.database.writing() as connection:
        first = dict(connection.execute(select(DELETION)).mappings().one())
        first.pop("key")
        rows = [
            first | {"due_at": first["due_at"] + timedelta(days=number // 4), "digest": f"state-{number}"}
            for number in range(MANY - 1)
        ]
        ended = [first | {"state": "cancelled", "reason": "GONE", "approval": None} for _ in range(5)]
        connection.execute(insert(DELETION), [*reversed(rows), *ended])
    return made


@pytest.mark.parametrize("limit", [1, 4, 7, MANY, MANY + 1])
@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_of_a_state_put_together_are_all_of_it_in_order(place: Place, limit: int, *, newest_first: bool) -> None:
    """By when each is due, and by its number where several are due at once; from either end."""
    found: list[Deletion] = []
    with place.store.database.reading() as connection:
        while True:
            behind = (to_microseconds(found[-1].due_at), found[-1].key) if found else None
            page = deletion_queue.in_state(
                connection, place.store.tables, "due", limit, behind, newest_first=newest_first
            )
            if not page:
                break
            found += page

    order = [(one.due_at, one.key) for one in found]
    assert order == sorted(order, reverse=newest_first)
    assert len(set(order)) == MANY


def test_those_that_are_named_come_in_the_order_of_their_numbers(place: Place) -> None:
    """Each once; what is not there is left out; more than one statement takes come together."""
    with place.store.database.reading() as connection:
        few = deletion_queue.named(connection, place.store.tables, [5, 3, 3, 999, 1])
        all_ = deletion_queue.named(connection, place.store.tables, range(2_000))
        none = deletion_queue.named(connection, place.store.tables, [])

    assert (list(few), list(all_), none) == ([1, 3, 5], list(range(1, MANY + 6)), {})


def test_what_comes_to_be_due_is_counted_by_local_day_and_rule(place: Place) -> None:
    """What is cancelled is not coming, and what is due later than the page tells is left out."""
    zone, now = place.store.zone, place.clock.now()
    with place.store.database.reading() as connection:
        found = deletion_queue.coming(connection, now + timedelta(days=90), zone)
        sooner = deletion_queue.coming(connection, now + timedelta(days=1), zone)

    assert sum(one["erase"] for one in found.values()) == MANY
    assert {local_date(now, zone) + timedelta(days=number) for number in range(6)} == set(found)
    assert 0 < sum(one["erase"] for one in sooner.values()) < MANY


def test_the_set_of_a_batch_is_that_of_the_approval(place: Place) -> None:
    """Read as one text it has the digest that an approval is checked with, and tells who was due later."""
    with place.store.database.reading() as connection:
        (one,) = batches.waiting(connection, 10, levels.MOST)
        exactly, asked = batches.exactly(connection, one), requested(connection, one.key)
        pages = [batches.page(connection, place.store.tables, one, 10, behind) for behind in (0, 10, 20)]

    assert asked is not None
    assert (exactly.digest, tuple(exactly.states)) == (asked.digest, asked.deletions)
    assert (one.count, exactly.later) == (MANY, MANY - 1 - 4)
    assert [each.key for page in pages for each in page][:MANY] == list(asked.deletions)[:MANY]


def test_batches_come_in_pages_too(tmp_path: Path) -> None:
    """Each alone where they are not approved together; the pages put together are all that wait."""
    place = place_asking(tmp_path, "from: dpo, as_batch: false", *crowd(5))
    found: list[batches.Batch] = []
    with place.store.database.reading() as connection:
        while True:
            last = found[-1] if found else None
            behind = (last.state, to_microseconds(last.answer_by), last.key) if last else None
            page = batches.waiting(connection, 2, levels.MOST, behind)
            if not page:
                break
            found += page

    assert [one.key for one in found] == [one.key for one in requests_of(place)]
    assert [one.count for one in found] == [1] * 5


def test_all_batches_are_listed_in_three_statements(tmp_path: Path) -> None:
    """However many there are."""
    place, statements = place_asking(tmp_path, "from: dpo, as_batch: false", *crowd(5)), list[str]()
    event.listen(place.store.database.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))

    assert len(requests_of(place)) == 5
    assert len([one for one in statements if one.startswith("SELECT")]) == 3


def test_open_reviews_come_by_when_they_are_due_and_those_without_a_term_last(place: Place) -> None:
    """Whatever the pages, and where several are due at once."""
    terms = [3, None, 1, 1, None, 2, 1]
    with place.store.database.writing() as connection:
        rule = connection.execute(select(DELETION.c.rule).limit(1)).scalar_one()
        about = {"rule": rule, "case": 1, "call": 0, "version": "v", "state": "open", "asked_at": NOON}
        due = [{"due_at": None if term is None else NOON + timedelta(days=term)} for term in terms]
        connection.execute(insert(REVIEW), [about | one for one in due])
    for limit in (1, 2, 3, 7, 8):
        found: list[int] = []
        with place.store.database.reading() as connection:
            while page := reviews.open_by_due(
                connection, place.store.tables, limit, (_due(terms, found[-1]), found[-1]) if found else None
            ):
                found += [one.key for one in page]
        assert found == [3, 4, 7, 6, 1, 2, 5]


def _due(terms: list[int | None], key: int) -> int | None:
    term = terms[key - 1]
    return None if term is None else to_microseconds(NOON + timedelta(days=term))


def test_reviews_of_the_api_are_read_from_where_the_page_before_ended(place: Place) -> None:
    """By their numbers, of all states or one."""
    with place.store.database.writing() as connection:
        rule = connection.execute(select(DELETION.c.rule).limit(1)).scalar_one()
        about = {"rule": rule, "case": 1, "call": 0, "version": "v", "asked_at": NOON}
        connection.execute(insert(REVIEW), [about | {"state": state} for state in ("open", "void", "open", "open")])
    with place.store.database.reading() as connection:
        every = reviews.after(connection, place.store.tables, 1, 2)
        waiting = reviews.after(connection, place.store.tables, 0, 2, reviews.is_open())
        ended = reviews.ended(connection, place.store.tables, "open", 2, 4)

    assert [[one.key for one in each] for each in (every, waiting, ended)] == [[2, 3], [1, 3], [3, 1]]
