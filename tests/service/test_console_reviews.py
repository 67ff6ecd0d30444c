"""The console's pages of reviews: what waits, all that is needed to answer, and the answer in one's own name."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.consoles import Console, served, told_story, word_of
from tests.installations import Place
from tests.service.test_reviewing import queue, waiting

STRANGE = '<img src=x onerror="alert(1)">'


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Give the console of a story that is only looked at."""
    with served(told_story(tmp_path_factory.mktemp("story"))) as console:
        yield console


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Console]:
    """Give the console of a place in which a deletion waits for the answer of a person."""
    with served(waiting(tmp_path, {"no_automated_decisions": True, "category": "Prospect"})) as console:
        yield console


def visitor(console: Console, name: str, *scopes: str) -> httpx.Client:
    """Return a browser in which somebody has signed in."""
    browser = console.browser()
    browser.post("/console/sign-in", data={"token": console.token(name, *scopes)})
    return browser


def answer(browser: httpx.Client, **form: str) -> httpx.Response:
    """Answer the first review."""
    return browser.post("/console/reviews/1/answer", data={"csrf": word_of(browser), **form})


def open_reviews(place: Place) -> list[int]:
    """Return the numbers of the reviews that wait."""
    return [one.key for one in queue(place)]


def test_open_reviews_are_listed_with_what_is_overdue_first(story: Console) -> None:
    """The question in the language of the visitor, who is asked, and until when; ended ones are not there."""
    browser = story.visitor()
    page = browser.get("/console/reviews").text
    swedish = browser.get("/console/reviews", headers={"accept-language": "sv"}).text

    assert re.findall(r'<th scope="row"><a href="/console/reviews/(\d+)">', page) == ["1", "2"]
    assert "Is it a customer?" in page
    assert "Är det en kund?" in swedish
    assert page.count("overdue</span>") == 1
    assert "There is none." in browser.get("/console/reviews?state=answered").text


@pytest.mark.parametrize(
    ("review", "says"),
    [
        (1, "Is it a customer?"),
        (1, "the number of the contact&#39;s sales"),
        (1, "amount: 1200"),
        (2, "Is the deletion carried out?"),
        (2, "no_automated_decisions"),
        (2, "All data about the contact is deleted once this has been true"),
        (2, 'href="/console/deletions/8"'),
        (2, "a person must decide"),
    ],
)
def test_a_review_shows_what_a_person_needs(story: Console, review: int, says: str) -> None:
    """The inputs, the rule in words, the question, what is proposed, and why a person decides."""
    assert says in story.visitor().get(f"/console/reviews/{review}").text


@pytest.mark.parametrize(("path", "status"), [("?state=lost", 404), ("?after=x", 422), ("/99", 404), ("/x", 422)])
def test_what_is_not_there_is_a_page(story: Console, path: str, status: int) -> None:
    """With its status and no fault."""
    found = story.visitor().get(f"/console/reviews{path}")

    assert (found.status_code, found.headers["content-type"]) == (status, "text/html; charset=utf-8")


def test_s3_who_may_only_read_sees_no_answer_and_is_refused(asked: Console) -> None:
    """No form, and 403."""
    browser = asked.visitor("read")

    assert "/console/reviews/1/answer" not in browser.get("/console/reviews/1").text
    assert answer(browser, answer="keep", reason="x").status_code == 403
    assert open_reviews(asked.place) == [1]


@pytest.mark.parametrize(
    ("name", "form", "status"),
    [
        ("eva", {"answer": "keep"}, 422),
        ("eva", {"answer": "keep", "reason": "  "}, 422),
        ("eva", {"answer": "maybe", "reason": "x"}, 422),
        ("eva", {"reason": "x" * 2_001, "answer": "keep"}, 422),
        ("dag", {"answer": "keep", "reason": "x"}, 409),
        ("mallory", {"answer": "keep", "reason": "x"}, 409),
    ],
)
def test_l5_an_answer_needs_a_reason_and_somebody_who_may(
    asked: Console, name: str, form: dict[str, str], status: int
) -> None:
    """Not the rule's last editor, and nobody whom the installation does not know; the page says so."""
    assert answer(visitor(asked, name), **form).status_code == status
    assert open_reviews(asked.place) == [1]


@pytest.mark.parametrize(("said", "state"), [("keep", "cancelled"), ("carry_out", "in_recycle_bin")])
def test_l5_an_answer_is_recorded_in_the_name_of_the_visitor(asked: Console, said: str, state: str) -> None:
    """What was decided happens; the list of the answered tells who and why, and nothing of it is markup."""
    found = answer(visitor(asked, "eva", "read", "operate"), answer=said, reason=STRANGE)
    asked.place.act()
    page = asked.visitor().get("/console/reviews?state=answered").text

    assert found.headers["location"] == "/console/reviews/1?done=review_answered"
    assert [one.state for one in queue(asked.place, every=True)] == ["answered"]
    assert asked.place.deletions()["ghost"][0] == state
    assert ", eva" in page
    assert STRANGE not in page + asked.visitor().get("/console/reviews/1").text


def test_l5_an_answer_about_what_has_changed_is_refused(asked: Console) -> None:
    """Another state of the contact is another question."""
    asked.place.take({"id": "ghost", "special_category": True})

    assert answer(visitor(asked, "eva"), answer="carry_out", reason="x").status_code == 409
    assert asked.place.deletions()["ghost"] == ("kept", "HUMAN_REVIEW")
