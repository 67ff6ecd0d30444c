"""Lists of the console: selections, alerts, holds, messages and the audit chain, and what people do there."""

import html
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from engine.crm.letter import Letter
from engine.service import holding, verifying
from engine.service.acting import carry_out
from engine.service.config import Settings
from engine.service.console.selections import carried
from engine.service.exporting import FORMATS, Export, export
from engine.service.holding import HoldWanted
from engine.store import chain, intents, moves_told, notices, recipients
from engine.store.days import Day
from engine.store.metadata import METADATA
from engine.store.tables import CHAIN
from engine.vocabulary.outcome import PermanentFailure
from tests.consoles import Console, served, word_of
from tests.installations import Place

MARKUP = "<script>alert(1)</script>"
RULES = """\
rules:
  - rule: wanted
    title: "<script>alert(1)</script>"
    stage: live
    if: [{field: category, is: Lead}]
    then:
      - keep_in_selection: leads
      - raise_alert: {message: "Call {{ contact.name }}", severity: warning, priority: 50}
      - notify: {to: eva, using: hello}
  - rule: urgent
    stage: live
    if: [{field: country, is: "NO"}]
    then: [{raise_alert: {message: Stop, severity: blocking, priority: 1, blocks: [email]}}]
messages:
  hello: {subject: {en: Hello, sv: Hej}, body: hello}
"""
SETTINGS = Settings.of(
    {"people": {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}, "dag": {"email": "dag@firm.example"}}}
)
MANY = 70
PATHS = (
    "selections",
    "selections/leads",
    "alerts",
    "alerts?severity=blocking&rule=urgent",
    "holds",
    "holds?late=yes",
    "messages",
    "messages?state=parked&rule=wanted",
    "messages/notices",
    "messages/notices?state=parked",
    "messages/recipients",
    "messages/recipients?state=parked",
    "audit",
    "audit?what=hold.placed&rule=wanted",
)


class Gone:
    """A mail server that knows nobody."""

    def deliver(self, letter: Letter) -> None:
        """Fail for good."""
        raise PermanentFailure("no such user")


def leads(first: int, count: int) -> Iterator[dict[str, Any]]:
    """Give contacts that the first rule is about."""
    for number in range(first, first + count):
        yield {"id": f"c{number:04}", "name": f"Kim {number}", "category": "Lead"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a place with somebody in each list."""
    made = Place(tmp_path, RULES, SETTINGS)
    made.take(
        {"id": "a", "name": MARKUP, "category": "Lead"},
        {"id": "b", "name": "=cmd|'/c calc'!A1", "category": "Lead"},
        {"id": "n", "name": "Nils", "country": "NO", "restrict_processing": True},
    )
    made.live()
    placed = HoldWanted("a", MARKUP, owner="eva", review="2026-03-05")
    holding.place(made.installation, made.store, placed, "eva")
    with made.store.database.writing() as connection:
        now = made.clock.now()
        notices.add(connection, ("limit", "wanted 1"), {"rule": "wanted", "count": 7}, ("eva",), now)
        notices.park(connection, 1, MARKUP, now)
        notices.add(connection, ("recipient_gone", "books since 1"), {"recipient": "books"}, (), now)
        matter = recipients.Matter("erasure", "contact", 99, "gone-1", "deletion-1")
        recipients.add(connection, ("books",), matter, "hash", now)
        recipients.park_all(connection, "books", recipients.GONE, now)
    return made


@pytest.fixture
def console(place: Place) -> Iterator[Console]:
    """Give the console of the place."""
    with served(place) as found:
        yield found


def act(visitor: httpx.Client, path: str, **form: Any) -> httpx.Response:
    """Send a form of the console; return the answer."""
    return visitor.post(f"/console/{path}", data={"csrf": word_of(visitor), **form})


def page(visitor: httpx.Client, path: str) -> str:
    """Return a page that is there."""
    found = visitor.get(f"/console/{path}")
    assert found.status_code == 200, found.text
    return found.text


def acts(place: Place, what: str) -> list[tuple[str, dict[str, Any]]]:
    """Return who did something, and the details, as the chain has it."""
    with place.store.database.reading() as connection:
        return [(one.who, dict(one.details)) for one in chain.entries(connection) if one and one.what == what]


def everything(place: Place) -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    with place.store.database.reading() as connection:
        return {one.name: list(connection.execute(select(one)).all()) for one in METADATA.sorted_tables}


@pytest.mark.parametrize("language", ["en", "sv"])
@pytest.mark.parametrize("path", PATHS)
def test_s10_what_people_wrote_is_inert_and_every_page_has_one_heading(
    console: Console, path: str, language: str
) -> None:
    """Reasons of holds and notices, messages of alerts, names and titles are text, whatever stands in them."""
    visitor = console.visitor()
    found = visitor.get(f"/console/{path}", headers={"accept-language": language})

    assert found.status_code == 200
    assert MARKUP not in found.text
    assert found.text.count("<h1") == 1
    assert f'<html lang="{language}"' in found.text
    if path in {"holds", "alerts", "selections", "selections/leads", "messages/notices"}:
        assert html.escape(MARKUP) in found.text


@pytest.mark.parametrize("path", PATHS)
def test_who_may_only_see_is_offered_nothing_to_do(console: Console, path: str) -> None:
    """A form that acts is on a page only for who may send it."""
    found = page(console.visitor("read"), path)

    assert set(re.findall(r'method="post" action="([^"]+)"', found)) == {
        "/console/preferences",
        "/console/sign-out",
    }


def test_looking_writes_nothing(console: Console) -> None:
    """Whatever page is loaded, every row of the store stays as it was."""
    visitor = console.visitor()
    before = everything(console.place)
    for path in PATHS:
        page(visitor, path)

    assert everything(console.place) == before


def listed(visitor: httpx.Client, path: str, pattern: str, between: Callable[[], object]) -> list[str]:
    """Return what a pattern finds on all pages of a list, and let something happen between two pages."""
    found: list[str] = []
    address = f"/console/{path}"
    for _ in range(20):
        text = visitor.get(address).text
        found += re.findall(pattern, text)
        onward = re.search(r'rel="next" href="([^"]+)"', text)
        if onward is None:
            return found
        address = html.unescape(onward[1])
        between()
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("selections/leads", r'<tr><th scope="row"><a href="/console/contacts/(c\d+)">'),
        ("alerts", r'<th scope="row"><a href="/console/contacts/(c\d+)">'),
        ("alerts?severity=warning&rule=wanted", r'<th scope="row"><a href="/console/contacts/(c\d+)">'),
        ("holds", r'<th scope="row"><a href="/console/contacts/(c\d+)">'),
        ("holds?late=yes", r'<th scope="row"><a href="/console/contacts/(c\d+)">'),
        ("messages?state=done", r'<td class="nowrap"><a href="/console/contacts/(c\d+)">'),
        ("messages?rule=wanted", r'<td class="nowrap"><a href="/console/contacts/(c\d+)">'),
        ("messages", r'<td class="nowrap"><a href="/console/contacts/(c\d+)">'),
        ("audit?what=hold.placed", r"hold: (\d+)"),
        ("audit", r"hold: (\d+)"),
    ],
)
def test_paging_shows_every_row_once_while_rows_come(console: Console, path: str, pattern: str) -> None:
    """What was there when the first page was read is shown once, whatever is written meanwhile."""
    place, fresh = console.place, iter(range(9_000, 10_000))

    def come(first: int, count: int = 1) -> None:
        those = list(leads(first, count))
        place.take(*those)
        place.live()
        for one in those:
            wanted = HoldWanted(one["id"], "a lawsuit", review=str(place.installation.moment().today))
            holding.place(place.installation, place.store, wanted, "eva")

    come(5_000, MANY)
    place.clock.move(timedelta(days=2))
    visitor = console.visitor()
    first = re.findall(pattern, visitor.get(f"/console/{path}").text)
    found = listed(visitor, path, pattern, lambda: come(next(fresh)))

    assert len(first) <= 50
    assert len(found) == len(set(found))
    if path.startswith("audit"):
        assert {str(number) for number in range(2, MANY + 2)} <= set(found)
    else:
        assert {f"c{number:04}" for number in range(5_000, 5_000 + MANY)} <= set(found)


def test_messages_and_moves_stand_in_one_list_the_newest_first(place: Place) -> None:
    """What the CRM is to be told of a move stands among the messages, by its own kind of id."""
    with place.store.database.writing() as connection:
        moves_told.begin(connection, (moves_told.SELECTIONS,))
    place.clock.move(timedelta(hours=1))
    place.take(*leads(1, 1))
    place.run()
    place.clock.move(timedelta(hours=1))
    place.take(*leads(2, 1))
    place.run()
    with served(place) as console:
        found = page(console.visitor(), "messages")

    assert re.findall(r'<span class="muted nowrap">([^<]+)</span>', found)[:4] == ["4", "move-2", "3", "move-1"]


def test_a_parked_message_is_replayed_from_the_page_and_goes_out_once(place: Place) -> None:
    """By who may operate, in their name; what is not parked, or any more, is refused and nothing is changed."""
    place.take(*leads(1, 1))
    place.run()
    carry_out(replace(place.scene(), post=Gone()), place.installation.moment())
    letters = len(place.letters())
    with served(place) as console:
        visitor = console.visitor()
        found = page(visitor, "messages?state=parked")
        (parked,) = re.findall(r'name="ids" value="([^"]+)" form="replay"', found)
        assert "no such user" in found
        refused = act(visitor, "messages/replay", ids=[parked, "1"], back="/console/messages?state=parked")
        still = page(visitor, "messages?state=parked")
        done = act(visitor, "messages/replay", ids=[parked], back="/console/messages?state=parked")
        place.act()
        place.act()
        again = act(visitor, "messages/replay", ids=[parked])
        none = act(visitor, "messages/replay")

    assert (refused.status_code, again.status_code, none.status_code) == (404, 404, 422)
    assert f'value="{parked}" form="replay"' in still
    assert (done.status_code, done.headers["location"]) == (303, "/console/messages?state=parked&done=replayed")
    assert len(place.letters()) == letters + 1
    assert acts(place, "message.replayed") == [("eva", {"message": parked})]
    with place.store.database.reading() as connection:
        assert intents.sums(connection) == {"done": 3}


def test_notices_are_replayed_and_what_recipients_are_told_is_settled(console: Console) -> None:
    """As the commands do it, in somebody's name; to settle needs a reason."""
    place, visitor = console.place, console.visitor()
    assert act(visitor, "messages/notices/replay", ids="1").status_code == 303
    assert act(visitor, "messages/recipients/replay", ids="1").status_code == 303
    silent = act(visitor, "messages/recipients/settle", ids="1", reason=" ")
    assert act(visitor, "messages/recipients/settle", ids="1", reason="by letter").status_code == 303

    assert silent.status_code == 422
    with place.store.database.reading() as connection:
        assert [one["state"] for one in notices.listing(connection)] == ["withheld", "pending"]
        assert [(one["state"], one["reason"]) for one in recipients.listing(connection)] == [("settled", "by letter")]
    assert acts(place, "notice.replayed") == [("eva", {"notice": "1"})]
    assert acts(place, "recipient.settled") == [("eva", {"told": "1"})]
    assert "by letter" in page(visitor, "messages/recipients")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("fields", ["", "name,email"])
def test_an_export_from_the_page_is_that_of_the_command(console: Console, suffix: str, fields: str) -> None:
    """Byte for byte, without who must not go out; cells that look like formulas are texts."""
    place = console.place
    place.take({"id": "r", "name": "Restricted", "category": "Lead", "restrict_processing": True})
    place.run()
    file = place.folder / f"out{suffix}"
    names = tuple(filter(None, fields.split(",")))
    export(place.installation, place.store, place.rules, Export("leads", file, names))
    found = act(console.visitor(), "selections/leads/export", format=suffix, fields=fields)

    assert found.status_code == 200
    assert found.content == file.read_bytes()
    assert f"filename*=UTF-8''leads{suffix}" in found.headers["content-disposition"]
    assert found.headers["cache-control"] == "no-store"
    if suffix == ".csv":
        assert b"'=cmd" in found.content
        assert b"Restricted" not in found.content


@pytest.mark.parametrize(
    ("name", "form", "status"),
    [
        ("leads", {"format": ".pdf"}, 422),
        ("leads", {"format": ".csv", "fields": "nmae"}, 422),
        ("leds", {"format": ".csv"}, 404),
    ],
)
def test_an_export_that_cannot_be_made_says_what_to_do(
    console: Console, name: str, form: dict[str, str], status: int
) -> None:
    """An unknown format, field or selection is a page with a sentence."""
    found = act(console.visitor(), f"selections/{name}/export", **form)

    assert (found.status_code, found.headers["content-type"]) == (status, "text/html; charset=utf-8")


def test_an_alert_is_lowered_from_the_page_once(console: Console) -> None:
    """The most urgent stands first; it is narrowed down by severity and rule; who lowers it is recorded."""
    visitor = console.visitor()
    found = page(visitor, "alerts")
    (alert,) = re.findall(r"/console/alerts/(\d+)/lower", page(visitor, "alerts?severity=blocking"))
    first = re.findall(r"/console/alerts/(\d+)/lower", found)
    done = act(visitor, f"alerts/{alert}/lower", back="/console/alerts?severity=blocking")
    again = act(visitor, f"alerts/{alert}/lower")

    assert (first[0], len(first)) == (alert, 3)
    assert "e-mail" in found
    assert (done.headers["location"], again.status_code) == (
        "/console/alerts?severity=blocking&done=alert_lowered",
        404,
    )
    assert [who for who, _ in acts(console.place, "alert.lowered")] == ["eva"]
    assert f"/console/alerts/{alert}/lower" not in page(visitor, "alerts")


def test_holds_are_placed_and_lifted_and_late_ones_are_marked(console: Console) -> None:
    """With a reason, an owner and a day of review; what does not fit is declined, and nothing is placed."""
    place, visitor = console.place, console.visitor()
    wanted = {"contact": "b", "reason": "a dispute", "name": "dispute", "owner": "dpo", "review": "2026-04-01"}
    for wrong in ({"contact": "nobody"}, {"reason": ""}, {"owner": "nobody"}, {"review": "2020-01-01"}):
        assert act(visitor, "holds", **(wanted | wrong)).status_code in {404, 409, 422}
    assert act(visitor, "holds", **wanted).headers["location"] == "/console/holds?done=hold_placed"
    place.clock.move(timedelta(days=8))
    later = console.visitor()
    late, found = page(later, "holds?late=yes"), page(later, "holds")
    assert act(later, "holds/2/lift").status_code == 303

    assert ("a dispute" in found, "a dispute" in late) == (True, False)
    assert (found.count('badge warn">late'), late.count('badge warn">late')) == (1, 1)
    assert acts(place, "hold.placed")[1:] == [("eva", {"hold": 2})]
    assert acts(place, "hold.lifted") == [("eva", {"hold": 2})]
    assert "a dispute" not in page(later, "holds")


def test_restrictions_are_ended_and_uses_of_them_permitted(console: Console) -> None:
    """The day on which somebody was told is noted; a permission stands until it is withdrawn."""
    place, visitor = console.place, console.visitor()
    permit = {"contact": "n", "use": "message", "ground": "consent", "said": "2026-03-01"}
    assert act(visitor, "restrictions/permit", **permit).status_code == 303
    permitted = page(visitor, "holds")
    assert act(visitor, "restrictions/permit", **(permit | {"use": "all"})).status_code == 422
    assert act(visitor, "restrictions/permissions/1/withdraw").status_code == 303
    withdrawn = page(visitor, "holds")
    assert act(visitor, "restrictions/lift", contact="n", told="2030-01-01").status_code == 409
    told = act(visitor, "restrictions/lift", contact="n", told="2026-03-01")

    assert ("permissions/1/withdraw" in permitted, "permissions/1/withdraw" in withdrawn) == (True, False)
    assert told.headers["location"] == "/console/holds?done=restriction_told"
    assert [who for who, _ in acts(place, "restriction.told")] == ["eva"]
    assert "2026-03-01 <span" in page(visitor, "holds")


def test_s11_a_tampered_chain_is_shown_as_broken_with_the_place(console: Console) -> None:
    """First it is whole; after somebody has edited an entry the page names it, and leads there."""
    place, visitor = console.place, console.visitor()
    assert "not verified since" in page(visitor, "audit")
    assert act(visitor, "audit/verify").headers["location"] == "/console/audit#verification"
    whole = page(visitor, "audit")
    with place.store.database.writing() as connection:
        connection.execute(update(CHAIN).where(CHAIN.c.seq == 2).values(who="ida"))
    unseen = page(visitor, "audit")
    act(visitor, "audit/verify")
    broken = page(visitor, "audit")

    assert "The chain is whole" in whole
    assert "The chain is whole" in unseen
    assert "broken at entry 2:" in broken
    assert 'href="/console/audit?after=3"' in broken
    assert ">ida<" in page(visitor, "audit?after=3")


def test_an_entry_that_cannot_be_read_stands_as_such(console: Console) -> None:
    """It keeps its place in the list, and the page stays whole."""
    with console.place.store.database.writing() as connection:
        connection.execute(update(CHAIN).where(CHAIN.c.seq == 2).values(details="no JSON"))

    assert "cannot be read" in page(console.visitor(), "audit")


def test_the_chain_is_verified_once_at_a_time(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks while it is under way is told so; the page says since when, and then what came of it."""
    visitor, goes_on, real = console.visitor(), threading.Event(), verifying.verify

    def slow(*its: Any) -> chain.Checked:
        assert goes_on.wait(10)
        return real(*its)

    monkeypatch.setattr(verifying, "verify", slow)
    monkeypatch.setattr("engine.service.console.audit.PATIENCE", 0.0)
    began = act(visitor, "audit/verify")
    again, under_way = act(visitor, "audit/verify"), page(visitor, "audit")
    goes_on.set()
    for thread in threading.enumerate():
        if thread.name == "verifying":
            thread.join(10)

    assert (began.status_code, again.status_code) == (303, 409)
    assert "being verified since" in under_way
    assert "The chain is whole" in page(visitor, "audit")


def test_a_chain_that_cannot_be_verified_is_told(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the kind of the error alone; the next time it is tried again."""
    visitor, real = console.visitor(), verifying.verify

    def fail(*_: Any) -> chain.Checked:
        raise ZeroDivisionError("Anna")

    monkeypatch.setattr(verifying, "verify", fail)
    act(visitor, "audit/verify")
    failed = page(visitor, "audit")
    monkeypatch.setattr(verifying, "verify", real)
    act(visitor, "audit/verify")

    assert "ZeroDivisionError" in failed
    assert "Anna" not in failed
    assert "The chain is whole" in page(visitor, "audit")


def test_the_chain_is_exported_by_administrators(console: Console) -> None:
    """A line an entry, as the command writes it, which checks by the keys."""
    found = act(console.visitor(), "audit/export")
    lines = found.text.splitlines()
    keys = console.place.installation.chain_ring().by_id

    assert found.status_code == 200
    assert chain.checked(map(chain.read_line, lines), keys).entries == len(lines) == 3
    assert act(console.visitor("read", "operate", "approve"), "audit/export").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("selections/leds", 404),
        ("selections/leads?after=x", 422),
        ("alerts?severity=grave", 422),
        ("alerts?after=x", 422),
        ("holds?after=WyJ4Il0", 422),
        ("holds?late=yes&after=WyJ4IiwgMV0", 422),
        ("messages?state=prked", 422),
        ("messages?rule=nowhere", 422),
        ("messages/notices?state=told", 422),
        ("messages/recipients?state=done", 422),
        ("audit?what=hold.plced", 422),
        ("audit?after=-1", 422),
    ],
)
def test_what_is_not_known_is_a_page_with_the_remedy(console: Console, path: str, status: int) -> None:
    """Selections, states, severities, rules and cursors that there are not."""
    found = console.visitor().get(f"/console/{path}")

    assert (found.status_code, found.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "Traceback" not in found.text


def test_a_day_on_which_nothing_moved_is_as_the_one_before() -> None:
    """From the last day that is known before the span, or the first within it, to the last."""
    days = [Day(date(2026, 1, 1), 4, 4, 0), Day(date(2026, 2, 2), 6, 3, 1), Day(date(2026, 2, 4), 5, 0, 1)]
    since, until = date(2026, 2, 1), date(2026, 2, 5)

    assert [level for _, level in carried(days, since, until)] == [4, 6, 6, 5, 5]
    assert [level for _, level in carried(days[1:], since, until)] == [6, 6, 5, 5]
    assert carried([], since, until) == []
