"""Runs at the console: each is found once, its books balance (R15), and who it moved or could not tell of is shown."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, event, func, insert, select, update

from engine.service.config import Settings
from engine.store import ledger, positions, run_pages, runs
from engine.store.run_pages import Filter
from engine.store.runs import RunHead
from engine.store.tables import FUNNEL, INTENT, RUN, RUN_CALL, RUN_RULE
from tests.consoles import Console, served, told_story, word_of
from tests.installations import NOON, Place
from tests.stores import SQLITE, STORES

ROW = re.compile(r'<th scope="row"><a href="/console/runs/(\d+)">')
CONTACT = re.compile(r'<li><a href="/console/contacts/([^"]+)">')
NEXT = re.compile(r'<a class="button" rel="next" href="([^"]+)">')
SUM = re.compile(r"([\d,]+) planned =\s+(.+?)</p>", re.DOTALL)
WRITES = """
rules:
  - rule: greet
    title: {en: "<script>alert(1)</script>", sv: Hej}
    stage: live
    if: [{field: country, is: NO}]
    then: [{notify: {to: dpo, using: hello}}]
messages:
  hello: {subject: "{{ contact.id }}", body: hello}
"""
PEOPLE = Settings.of({"people": {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}})


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Give the console of the story, for tests that change nothing in it."""
    with served(told_story(tmp_path_factory.mktemp("story"))) as found:
        yield found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a place whose rule writes to the officer about each of 45 contacts, which has run, and has acted."""
    made = Place(tmp_path, WRITES, PEOPLE)
    made.take(*({"id": f"c-{number:02}", "country": "NO"} for number in range(45)))
    made.run()
    return made


def pages(browser: httpx.Client, address: str) -> Iterator[str]:
    """Give the text of a page and of all that follow it."""
    while address:
        text_of = browser.get(address).text
        yield text_of
        found = NEXT.search(text_of)
        address = found[1].replace("&amp;", "&") if found else ""


def rows(browser: httpx.Client, address: str) -> list[int]:
    """Return the runs that all pages of a list show, in their order."""
    return [int(run) for one in pages(browser, address) for run in ROW.findall(one)]


def test_r15_the_page_of_every_run_shows_its_sum_and_that_it_balances(story: Console) -> None:
    """As many were planned as were done, withheld, failed, parked, or wait."""
    browser, planned = story.visitor("read"), Counter[int]()
    for run in rows(browser, "/console/runs"):
        page = browser.get(f"/console/runs/{run}").text
        assert "The books do not balance" not in page
        assert "The books balance" in page
        if (told := SUM.search(page)) is not None:
            planned[run] = int(told[1])
            assert planned[run] == sum(map(int, re.findall(r"\d+", told[2])))

    assert (planned[1], planned.total() > 63) == (63, True)


@pytest.mark.parametrize("what", ["gone", "doubled", "unplanned"])
def test_r15_books_that_do_not_balance_are_told(place: Place, what: str) -> None:
    """An effect that went behind the back of the service, one too many, or one that was never planned."""
    with place.store.database.writing() as connection:
        one = connection.execute(select(INTENT).limit(1)).mappings().one()
        if what == "gone":
            connection.execute(delete(INTENT).where(INTENT.c.key == one["key"]))
        elif what == "doubled":
            again = {name: value for name, value in one.items() if name != "key"}
            connection.execute(insert(INTENT).values(again | {"repetition": "again"}))
        else:
            connection.execute(delete(INTENT))
            connection.execute(delete(RUN_CALL))
    with served(place) as console:
        page = console.visitor("read").get("/console/runs/1").text

    assert "The books do not balance" in page


def test_a_run_of_before_books_were_kept_says_so(place: Place) -> None:
    """Nothing is said to be out of balance that was never noted."""
    with place.store.database.writing() as connection:
        positions.write(connection, ledger.WITHOUT, 1)
        connection.execute(delete(RUN_CALL))
        connection.execute(update(INTENT).values(run=None))
    place.run()
    with served(place) as console:
        old, new = (console.visitor("read").get(f"/console/runs/{run}").text for run in (1, 2))

    assert "before its books were kept" in old
    assert "balance" not in old
    assert "The books balance" in new


def with_runs(place: Place, many: int) -> None:
    """Let there be runs besides, an hour apart, of all triggers and modes, of which each seventh has failed."""
    triggers, modes = ("change", "schedule", "api", "console"), ("delta", "delta", "full")
    with place.store.database.writing() as connection:
        for number in range(many):
            at = NOON + timedelta(hours=number)
            run = runs.begin(connection, RunHead(at, at, modes[number % 3], triggers[number % 4], "x"))
            values = {"failed": int(number % 7 == 0), "entered": int(number % 5 == 0), "left": int(number % 11 == 0)}
            connection.execute(update(RUN).where(RUN.c.key == run).values(values))


def test_all_pages_of_a_list_give_every_run_once_the_newest_first(place: Place) -> None:
    """Whatever it is narrowed by; the parts that a filter makes are the whole."""
    with_runs(place, 130)
    with served(place) as console:
        browser = console.visitor("read")
        whole = rows(browser, "/console/runs")
        by = {
            name: {one: rows(browser, f"/console/runs?{name}={one}") for one in options}
            for name, options in (
                ("trigger", ("command", "api", "console", "change", "schedule", "time")),
                ("mode", ("delta", "full", "audit")),
                ("day", tuple(f"2026-03-0{day}" for day in range(1, 8))),
                ("did", ("moved", "failed")),
            )
        }
        of_rule = rows(browser, "/console/runs?rule=greet"), rows(browser, "/console/runs?rule=greet&did=failed")

    assert whole == sorted(whole, reverse=True) == list(range(131, 0, -1))
    for name in ("trigger", "mode", "day"):
        parts = [run for found in by[name].values() for run in found]
        assert Counter(parts) == Counter(whole), name
    assert by["did"]["failed"] == [run for run in whole if (run - 2) % 7 == 0 and run > 1]
    assert by["did"]["moved"] == [run for run in whole if run == 1 or not (run - 2) % 5 or not (run - 2) % 11]
    assert of_rule == ([1], [])


def test_a_rule_that_a_limit_stopped_has_not_failed(story: Console) -> None:
    """It moved somebody, and is told with what stopped it; one whose evaluation failed is found."""
    browser, place = story.visitor("read"), story.place
    stopped = rows(browser, "/console/runs?rule=runaway&did=failed")
    moved = rows(browser, "/console/runs?rule=runaway&did=moved")
    with place.store.database.writing() as connection:
        its = (RUN_RULE.c.run == 3, RUN_RULE.c.rule == "runaway")
        connection.execute(update(RUN_RULE).where(*its).values(error="OperationalError: no such column"))
        failed = [one.run for one in run_pages.page(connection, Filter(rule="runaway", did="failed"), 9)]
        connection.execute(update(RUN_RULE).where(*its).values(error=None))

    assert (stopped, moved, failed) == ([], [4], [3])
    assert "none was scheduled and the rule is paused" in browser.get("/console/runs/4/rules/runaway").text


@pytest.mark.parametrize(
    "query",
    ["day=soon", "day=0001-01-01", "day=9999-12-31", "trigger=nobody", "mode=x", "did=y", "rule=%00", "after=x"],
)
def test_what_cannot_be_narrowed_by_is_said(story: Console, query: str) -> None:
    """A page, no traceback."""
    found = story.visitor("read").get(f"/console/runs?{query}")

    assert (found.status_code, "<h1" in found.text) == (422, True)


@pytest.mark.parametrize("path", ["runs/999", "runs/1/rules/nobody", "runs/999/rules/runaway"])
def test_a_run_that_is_not_there_is_a_page_that_says_so(story: Console, path: str) -> None:
    """Also one that did not look at the rule."""
    found = story.visitor("read").get(f"/console/{path}")

    assert (found.status_code, "there is no run" in found.text) == (404, True)


def test_who_entered_and_left_is_paged_each_once(place: Place) -> None:
    """Twenty at a time; who is gone since is counted and not named."""
    place.take(*({"id": f"c-{number:02}", "country": "SE"} for number in range(25)))
    place.run()
    with served(place) as console:
        browser = console.visitor("read")
        entered = [CONTACT.findall(one) for one in pages(browser, "/console/runs/1/rules/greet")]
        left = [CONTACT.findall(one) for one in pages(browser, "/console/runs/2/rules/greet")]

    assert [len(one) for one in entered] == [20, 20, 5]
    assert sorted(one for page in entered for one in page) == [f"c-{number:02}" for number in range(45)]
    assert [len(one) for one in left] == [20, 5]
    assert sorted(one for page in left for one in page) == [f"c-{number:02}" for number in range(25)]


def test_who_is_undecided_is_shown_with_what_is_unknown(story: Console) -> None:
    """In the words of the rule, in both languages, with where it is explained."""
    browser = story.visitor("read")
    english = browser.get("/console/runs/1/rules/lost-customers").text
    browser.post("/console/preferences", data={"language": "sv", "next": "/console"})
    swedish = browser.get("/console/runs/1/rules/lost-customers").text

    assert "The contact&#39;s creation date is older than 1 year" in english
    assert "/console/contacts/unknown-1/explain?rule=lost-customers" in english
    assert "Oavgjorda nu" in swedish
    assert "är äldre än 1 år" in swedish


def test_text_of_rules_is_inert(place: Place) -> None:
    """A title that looks like a script is text."""
    with served(place) as console:
        browser = console.visitor("read")
        found = [browser.get(f"/console/runs/1{part}").text for part in ("", "/rules/greet")]

    assert all("&lt;script&gt;alert(1)" in one and "<script>alert" not in one for one in found)


def test_a_funnel_is_counted_when_somebody_asks_and_never_by_looking(place: Place) -> None:
    """Who may only look has no button; who counts is led back to what was counted, and when."""
    with served(place) as console:
        looking, operating = console.visitor("read"), console.visitor("read", "operate")
        path = "/console/runs/1/rules/greet"
        before = looking.get(path).text
        assert "It has not been counted" in before
        assert "Count now" not in before
        assert "Count now" in operating.get(path).text
        with place.store.database.reading() as connection:
            assert connection.execute(select(func.count()).select_from(FUNNEL)).scalar_one() == 0
        sent = operating.post("/console/rules/greet/funnel", data={"csrf": word_of(operating), "run": "1"})
        after = looking.get(path).text

    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?done=counted#funnel")
    assert "of 45 records" in " ".join(after.split())
    assert re.search(
        r"<span>The contact&#39;s country is “NO”</span> <span class=\"nowrap\"><strong>45</strong>", after
    )


def test_what_has_no_funnel_is_said(place: Place) -> None:
    """A rule that is not there; a number of a run that is none is left aside."""
    with served(place) as console:
        browser = console.visitor()
        word = word_of(browser)
        unknown = browser.post("/console/rules/nobody/funnel", data={"csrf": word})
        odd = browser.post(
            "/console/rules/greet/funnel", data={"csrf": word, "run": "9" * 30, "next": "//evil.example"}
        )

    assert (unknown.status_code, "no rule" in unknown.text) == (404, True)
    assert (odd.status_code, odd.headers["location"]) == (303, "/console?done=counted")


@pytest.mark.skipif(STORES.kind != SQLITE, reason="of small tables PostgreSQL rightly reads all")
def test_lists_are_found_by_indexes(place: Place) -> None:
    """No statement of these pages reads all there is of runs by rule, effects, deletions, cases or moves."""
    with_runs(place, 60)
    asked: list[tuple[str, Any]] = []
    engine = place.store.database.engine
    spans = ((NOON, NOON + timedelta(days=1)), None)
    with place.store.database.reading() as connection:

        def listen(_connection: object, _cursor: object, statement: str, bound: Any, *_: object) -> None:
            asked.append((statement, bound))

        event.listen(engine, "before_cursor_execute", listen)
        for wanted in (
            *(Filter(rule="greet", did=did, span=span) for did in ("", "moved", "failed") for span in spans),
            *(Filter(did=did) for did in ("moved", "failed")),
            Filter(),
            Filter(trigger="api"),
            Filter(span=spans[0]),
        ):
            run_pages.page(connection, wanted, 51, 40)
        run_pages.shown(connection, 1)
        for entered in (True, False):
            run_pages.moved(connection, place.store.tables, (1, "greet"), entered=entered, after=0, limit=21)
        run_pages.undecided(connection, "greet", 0, 21)
        ledger.entries(connection, 1)
        ledger.outcomes(connection, 1)
        ledger.outcomes(connection, 1, "greet")
        event.remove(engine, "before_cursor_execute", listen)
        plans = {
            statement: [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bound)]
            for statement, bound in asked
            if statement.startswith("SELECT")
        }
    big = ("run_rule", "intent", "deletion", "cases", "case_move")

    assert len(plans) > 12
    assert [
        plan for plan in plans.values() if any(re.match(rf"SCAN {name}\b", line) for name in big for line in plan)
    ] == []
    used = " ".join(line for plan in plans.values() for line in plan)
    for index in (
        *("runs_of_rule", "runs_by_trigger", "runs_that_moved", "runs_that_failed"),
        *("case_moves_of_run", "cases_undecided", "intents_of_run", "deletions_of_run"),
    ):
        assert index in used
