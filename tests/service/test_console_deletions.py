"""The console's pages of deletions and batches: what they show, who may decide, and how little they read."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event, insert, select, update

from engine.store import deletion_queue, deletions, holds, traces
from engine.store.tables import APPROVAL_WORD, CHAIN, DELETION
from engine.store.traces import Person
from tests.consoles import Console, served, told_story, word_of
from tests.installations import Place
from tests.service.test_approving import place_asking
from tests.service.test_destroying import GHOST, crowd, pass_days

STRANGE = '<script>alert("x")</script>&amp;'
DIGEST = re.compile(r'name="digest" value="([0-9a-f]+)"')


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Give the console of a story that is only looked at."""
    with served(told_story(tmp_path_factory.mktemp("story"))) as console:
        yield console


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Console]:
    """Give the console of a place in which three deletions wait for the word of a person."""
    with served(place_asking(tmp_path, "from: dpo", *crowd(3))) as console:
        yield console


def send(browser: httpx.Client, path: str, **form: Any) -> httpx.Response:
    """Send a form of the console."""
    return browser.post(f"/console/deletions{path}", data={"csrf": word_of(browser), **form})


def digest_of(browser: httpx.Client, batch: int = 1) -> str:
    """Return the digest of the set that a batch's page shows."""
    found = DIGEST.search(browser.get(f"/console/deletions/batches/{batch}").text)
    assert found is not None
    return found[1]


def states(console: Console) -> list[str]:
    """Return the state of every deletion, by number."""
    with console.place.store.database.reading() as connection:
        return [one.state for one in deletion_queue.after(connection, console.place.store.tables, 0, 100)]


def test_the_page_shows_what_waits_and_the_queue_of_the_state_that_needs_somebody(story: Console) -> None:
    """Without a choice it is the first state that needs somebody; each number leads to what it counts."""
    page = story.visitor().get("/console/deletions").text

    assert 'href="/console/deletions/batches/1"' in page
    assert "due: waits for an approval" in page
    assert 'href="/console/contacts/lead-1"' in page
    assert all(f"?state={one}#queue" in page for one in ("due", "kept", "in_recycle_bin"))
    assert "?state=erased#queue" not in page


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("?state=in_recycle_bin", "prospect-1"),
        ("?state=kept", "a hold is on it"),
        ("?state=held", "There is none."),
        ("/7", "It can be brought back until"),
        ("/7", "deletion-7"),
        ("/3", "a hold is on it</th><td><span class=\"badge warn\">applies"),
        ("/8", "href=\"/console/reviews/2\""),
        ("/1", "found out when it is examined"),
        ("/batches/1", "the contact&#39;s creation date is older than 2 years <span class=\"muted\">(2023-04-01)"),
        ("/batches/1", "stopped: the data is kept, a hold is on it"),
    ],
)  # fmt: skip
def test_each_page_tells_why(story: Console, path: str, says: str) -> None:
    """How a deletion stands, what keeps it, and why, in words."""
    found = story.visitor().get(f"/console/deletions{path}")

    assert found.status_code == 200
    assert says in found.text


@pytest.mark.parametrize(
    ("path", "status"),
    [("?state=lost", 404), ("?after=x", 422), ("?batches=WzFd", 422), ("/99", 404), ("/x", 422), ("/batches/99", 404),
     ("/batches/1?after=-1", 422), ("/" + "9" * 30, 422)],
)  # fmt: skip
def test_what_is_not_there_or_no_address_of_ours_is_a_page(story: Console, path: str, status: int) -> None:
    """With its status and no fault."""
    found = story.visitor().get(f"/console/deletions{path}")

    assert (found.status_code, found.headers["content-type"]) == (status, "text/html; charset=utf-8")


def test_s3_who_may_only_read_sees_no_act(story: Console) -> None:
    """No form but those of every page."""
    browser = story.visitor("read")

    for path in ("", "/1", "/7", "/batches/1"):
        page = browser.get(f"/console/deletions{path}").text
        assert not re.search(r'action="/console/deletions', page), path


@pytest.mark.parametrize(
    ("scope", "seen"), [("operate", {"keep"}), ("approve", {"approve"}), ("admin", {"keep", "approve"})]
)
def test_s3_a_batch_offers_what_the_visitor_may(story: Console, scope: str, seen: set[str]) -> None:
    """To approve takes the scope for it; to keep is for operators."""
    page = story.visitor("read", scope).get("/console/deletions/batches/1").text

    assert set(re.findall(r'action="/console/deletions/batches/1/(\w+)"', page)) == seen


def test_l7_who_is_not_asked_is_told_so_and_refused(asking: Console) -> None:
    """The scope is not enough: the rule says whose word counts."""
    browser = asking.browser()
    browser.post("/console/sign-in", data={"token": asking.token("ida", "read", "approve")})
    page = browser.get("/console/deletions/batches/1").text
    found = send(browser, "/batches/1/approve", digest=digest_of(asking.visitor()), reason="looked")

    assert "Your word would not count" in page
    assert "batches/1/approve" not in page
    assert found.status_code == 409
    assert states(asking) == ["due"] * 3


def test_a_batch_is_approved_as_it_was_seen_with_the_reason(asking: Console) -> None:
    """Exactly those; the reason stands with the word, and the chain has an entry for each."""
    browser = asking.visitor()
    found = send(browser, "/batches/1/approve", digest=digest_of(browser), reason="looked at ten")

    assert found.headers["location"] == "/console/deletions/batches/1?done=batch_approved"
    assert states(asking) == ["approved"] * 3
    with asking.place.store.database.reading() as connection:
        word = connection.execute(select(APPROVAL_WORD.c.person, APPROVAL_WORD.c.reason)).one()
        acts = list(connection.execute(select(CHAIN.c.what)).scalars())
    assert tuple(word) == ("eva", "looked at ten")
    assert acts.count("deletion.approved") == 3
    assert "looked at ten" in browser.get("/console/deletions/batches/1").text


@pytest.mark.parametrize(
    ("form", "status"),
    [({"reason": "x"}, 422), ({"digest": ""}, 422), ({"reason": " "}, 422), ({"reason": "x", "digest": "0" * 16}, 409)],
)
def test_l7_an_approval_without_reason_or_the_digest_is_refused(
    asking: Console, form: dict[str, str], status: int
) -> None:
    """Nothing is approved that was not looked at, or without a word why."""
    assert send(asking.visitor(), "/batches/1/approve", **form).status_code == status
    assert states(asking) == ["due"] * 3


def test_l7_a_late_approval_is_refused_with_what_has_changed(asking: Console) -> None:
    """Who left, whose contact changed, who joined; what was written is kept for another attempt."""
    browser, place = asking.visitor(), asking.place
    digest = digest_of(browser)
    with place.store.database.writing() as connection:
        holds.add(connection, ("contact", place.key_of("g0")), "legal", "lawsuit", place.clock.now())
    place.take({"id": "g1", "birth_date": "1980-01-01"}, GHOST)
    pass_days(place, 16)
    found = send(asking.visitor(), "/batches/1/approve", digest=digest, reason="all fine")

    assert found.status_code == 409
    told = re.findall(r"<li>(\d \w+ ha(?:s|ve) \w+): (.*?)</li>", found.text)
    assert [(what, re.sub(r"<.*?>", "", who)) for what, who in told] == [
        ("1 deletion has joined", "4"),
        ("1 deletion has left", "1"),
        ("1 contact has changed", "2"),
    ]
    assert 'value="all fine"' in found.text
    assert set(states(asking)) == {"due", "kept"}


def test_some_or_all_of_a_batch_are_kept_with_a_reason(asking: Console) -> None:
    """Those that were chosen; then all of the set that is left, as it was seen."""
    browser = asking.visitor("read", "operate")
    assert send(browser, "/batches/1/keep", deletion=["2"], reason="a customer").status_code == 303
    assert states(asking) == ["due", "cancelled", "due"]
    page = browser.get("/console/deletions/batches/1").text
    everyone = re.search(r'name="all" value="(\w+)"', page)
    assert everyone is not None
    assert send(browser, "/batches/1/keep", all=everyone[1], reason="so be it").status_code == 303

    assert states(asking) == ["cancelled"] * 3
    assert "“a customer”" in browser.get("/console/deletions/2").text
    assert "Nothing waits here any more" in browser.get("/console/deletions/batches/1").text


@pytest.mark.parametrize(
    ("form", "status"),
    [({"all": "0" * 16}, 409), ({"deletion": ["99"]}, 409), ({}, 422), ({"deletion": ["x"]}, 422),
     ({"deletion": ["9" * 25]}, 422), ({"deletion": ["1", "99"]}, 409)],
)  # fmt: skip
def test_what_is_not_of_the_set_keeps_nobody(asking: Console, form: dict[str, Any], status: int) -> None:
    """All or nothing: a set that is another by now is shown again."""
    assert send(asking.visitor(), "/batches/1/keep", reason="x", **form).status_code == status
    assert states(asking) == ["due"] * 3


def test_a_held_deletion_is_released_by_who_may_approve_with_a_reason(asking: Console) -> None:
    """The reason stands in its history; it is not an approval, and what waits for one is not released."""
    with asking.place.store.database.writing() as connection:
        connection.execute(update(DELETION).where(DELETION.c.key == 1).values(state="held", reason="LIMIT"))
    browser, operator = asking.visitor("read", "approve"), asking.visitor("read", "operate")
    assert "deletions/1/release" in browser.get("/console/deletions/1").text
    assert "deletions/1/release" not in operator.get("/console/deletions/1").text
    assert send(operator, "/1/release", reason="x").status_code == 403
    assert send(browser, "/1/release").status_code == 422
    assert send(browser, "/2/release", reason="x").status_code == 409
    assert send(browser, "/1/release", reason="counted them").status_code == 303

    assert states(asking) == ["due"] * 3
    assert "“counted them”" in browser.get("/console/deletions/1").text


def test_restoring_needs_a_reason_and_something_in_the_bin(story: Console) -> None:
    """A page says what is missing, and nothing is done."""
    browser = story.visitor()

    assert send(browser, "/7/restore").status_code == 422
    assert send(browser, "/1/restore", reason="x").status_code == 409
    assert send(browser, "/99/keep", reason="x").status_code == 404


def test_a_person_reads_the_receipt_of_what_is_erased(tmp_path: Path) -> None:
    """It is found without a name, and names nobody; the history stays."""
    place = place_asking(tmp_path, "from: dpo", GHOST)
    with served(place) as console:
        browser = console.visitor()
        send(browser, "/batches/1/approve", digest=digest_of(browser), reason="Canary Quill may go")
        pass_days(place, 15)
        page = console.visitor().get("/console/deletions/1").text

    assert states(console) == ["erased"]
    assert "GDPR Art. 17(1)(b)" in page
    assert 'id="receipt"' in page
    assert not any(word in page for word in ("ghost", "Canary", "Quill"))


def test_s10_what_contacts_and_people_write_is_inert(tmp_path: Path) -> None:
    """Names, ids and reasons are shown as they are, and nothing of them is markup."""
    place = place_asking(tmp_path, "from: dpo, people: 2", GHOST | {"id": STRANGE, "name": STRANGE})
    with served(place) as console:
        browser = console.visitor()
        send(browser, "/batches/1/approve", digest=digest_of(browser), reason=STRANGE)
        pages = [browser.get(f"/console/deletions{path}").text for path in ("", "/batches/1", "/1")]
        send(browser, "/1/keep", reason=STRANGE)
        pages.append(browser.get("/console/deletions/1").text)

    assert all("<script>alert" not in page for page in pages)
    assert all("&lt;script&gt;alert" in page for page in pages)


def test_what_a_person_wrote_about_a_deletion_goes_with_the_contact(tmp_path: Path) -> None:
    """Also in capitals, which look like a code of ours."""
    place = place_asking(tmp_path, "from: dpo", GHOST)
    with place.store.database.writing() as connection:
        one = deletions.by_key(connection, place.store.tables, 1)
        assert one is not None
        deletions.move(connection, one, "held", at=place.clock.now(), by="eva", said="QUILL", reason="LIMIT")
        before = deletion_queue.said_of(connection, 1)
        traces.forget_deletions(connection, Person("contact", one.record, "ghost", ("Canary Quill",)))
        after = deletion_queue.said_of(connection, 1)

    assert (before[-1], set(after)) == ("QUILL", {None})


def test_pages_of_the_queue_lead_on(asking: Console) -> None:
    """Fifty a page; the next begins where the one before ended."""
    with asking.place.store.database.writing() as connection:
        first = dict(connection.execute(select(DELETION).limit(1)).mappings().one())
        first.pop("key")
        connection.execute(insert(DELETION), [first] * 60)
    browser, path, seen = asking.visitor(), "/console/deletions?state=due", list[str]()
    while path:
        page = browser.get(path).text
        seen += re.findall(r'<th scope="row"><a href="/console/deletions/(\d+)">', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""

    assert [int(one) for one in seen] == list(range(1, 64))


def test_a_page_of_a_batch_of_thousands_reads_few_rows(tmp_path: Path) -> None:
    """Its page of numbers, the sample, and the set as one text: as many statements as for a small batch."""
    place = place_asking(tmp_path, "from: dpo", *crowd(12))
    with served(place) as console:
        browser = console.visitor()
        few = read_by(place, lambda: browser.get("/console/deletions/batches/1"))
        with place.store.database.writing() as connection:
            first = dict(connection.execute(select(DELETION).limit(1)).mappings().one())
            first.pop("key")
            connection.execute(insert(DELETION), [first | {"digest": f"{number:032x}"} for number in range(5_000)])
        many = read_by(place, lambda: browser.get("/console/deletions/batches/1"))
        queue = read_by(place, lambda: browser.get("/console/deletions"))
        page = browser.get("/console/deletions/batches/1").text

    assert "Approve exactly these 5,012" in page
    assert many[0] <= few[0] + 2
    assert many[1] < 400
    assert queue[1] < 200


def read_by(place: Place, act: Any) -> tuple[int, int]:
    """Return how many statements and rows an act reads; rows are counted where the database is in this process."""
    statements, rows, engine = list[str](), list[int](), place.store.database.engine

    def counted(_: object, row: Any) -> Any:
        rows.append(1)
        return row

    def opened(connection: Any, *_: object) -> None:
        if engine.dialect.name == "sqlite":
            connection.row_factory = counted

    def closed(connection: Any, *_: object) -> None:
        if engine.dialect.name == "sqlite":
            connection.row_factory = None

    def noted(*said: Any) -> None:
        statements.append(said[2])

    listeners = (("checkout", opened), ("checkin", closed), ("before_cursor_execute", noted))
    for name, listener in listeners:
        event.listen(engine, name, listener)
    assert act().status_code == 200
    for name, listener in listeners:
        event.remove(engine, name, listener)
    return len(statements), len(rows)


def test_the_forecast_is_begun_by_a_button_and_shown_with_its_age(tmp_path: Path) -> None:
    """Until then the page says that there is none; afterwards of when it is."""
    place = told_story(tmp_path)
    place.take({"id": "soon", "category": "Prospect", "created_on": "2025-10-01"})
    with served(place) as console:
        browser, reader = console.visitor("read", "operate"), console.visitor("read")
        assert "No forecast has been made" in browser.get("/console/deletions").text
        assert send(reader, "/forecast").status_code == 403
        found = send(browser, "/forecast")
        console.service.foresight.wait(60)
        place.clock.move(timedelta(hours=5))
        page = reader.get("/console/deletions").text

    assert found.headers["location"] == "/console/deletions?done=forecast_begun#forecast"
    assert "5 hours ago" in page
    assert "Expected deletions by the day" in page
