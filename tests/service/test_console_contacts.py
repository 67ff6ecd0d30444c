"""Contacts in the console: finding somebody, the page of a record, why a rule matches, the report, and acts."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from markupsafe import escape
from structlog.typing import EventDict

from engine.service.console.finding import MOST
from engine.service.console.verdicts import MOST_ITEMS
from engine.service.reporting import Reporter
from engine.store import chain, holds, restrictions
from tests.consoles import Console, served, told_story, word_of
from tests.installations import Place
from tests.service.test_destroying import GHOST, pass_days, place_with
from tests.service.test_merging import merge

RULES = """\
rules:
  - rule: stop
    title: Stop them
    stage: live
    if: [{field: category, is: Stop}]
    then: [{keep_in_selection: stopped}, {raise_alert: {severity: blocking, message: "{{ contact.name }}", blocks: [email]}}]
  - rule: old
    title: {en: Old ones, sv: Gamla}
    stage: watch
    if: [{field: created_on, older_than: 12 months}]
    then: [{keep_in_selection: old}]
  - rule: firm
    applies_to: company
    stage: live
    if: [{field: name, is: Firm}]
    then: [{keep_in_selection: firms}]
"""
ODD = ("a/b", "a.b", "100%", "åäö ÅÄÖ", "a?b#c&d=e", "%2F", "a%2Fb+c", "'\"<b>")
EVIL = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "javascript:alert(1)")
ANNA = {
    "id": "anna",
    "name": "Anna Öst",
    "email": "anna.ost@firm.example",
    "category": "Stop",
    "created_on": "2025-05-01",
}


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """Give the console of a place with somebody who is stopped, after a run."""
    place = Place(tmp_path, RULES)
    place.take(ANNA | {"company": "f/1"}, {"id": "bo", "name": "Bo", "category": "Customer"})
    place.take({"id": "f/1", "name": "Firm"}, entity="company")
    place.run()
    with served(place) as found:
        yield found


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Console]:
    """Give the console of a place that has lived through a story."""
    with served(told_story(tmp_path)) as found:
        yield found


def sought(client: httpx.Client, words: str, **more: str) -> httpx.Response:
    """Look for somebody."""
    return client.post("/console/contacts", data={"csrf": word_of(client), "words": words, "entity": "contact", **more})


def done(client: httpx.Client, record: str, deed: str, **form: str) -> httpx.Response:
    """Do something upon the page of a contact; return the page to which that leads, or the refusal."""
    address = f"/console/contacts/{quote(record, safe='')}/{deed}"
    return client.post(address, data={"csrf": word_of(client), **form}, follow_redirects=True)


def page(client: httpx.Client, record: str, rest: str = "", plural: str = "contacts") -> httpx.Response:
    """Return the page of a record."""
    return client.get(f"/console/{plural}/{quote(record, safe='')}{rest}")


def text_of(found: httpx.Response) -> str:
    """Return what stands on a page, without its tags."""
    main = found.text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main))


def what_was_done(console: Console) -> list[tuple[str, str]]:
    """Return what the audit chain says of acts: who, and what."""
    with console.place.store.database.reading() as connection:
        return [(one.who, one.what) for one in chain.entries(connection) if one is not None]


@pytest.mark.parametrize("words", ["anna", "ANNA Ö", "anna.ost@FIRM.example", "anna.o"])
def test_somebody_is_found_by_name_address_or_id(console: Console, words: str) -> None:
    """A whole id leads to the page; the beginning of a name or an address lists who has it, each a link."""
    found = sought(console.visitor("read"), words)

    if words == "anna":
        assert (found.status_code, found.headers["location"]) == (303, "/console/contacts/anna")
    else:
        assert (found.status_code, "/console/contacts/bo" in found.text) == (200, False)
        assert '<a href="/console/contacts/anna">Anna Öst</a>' in found.text


@pytest.mark.parametrize(
    ("entity", "record", "leads"),
    [("contact", "a/b", "contacts/a%2Fb"), ("company", "f/1", "companies/f%2F1"), ("project", "p", "projects/p")],
)
def test_an_id_in_an_address_leads_to_its_page(console: Console, entity: str, record: str, leads: str) -> None:
    """Contacts, companies and projects; links from elsewhere need nothing but the id."""
    found = console.visitor("read").get("/console/contacts", params={"id": record, "entity": entity})

    assert (found.status_code, found.headers["location"]) == (303, f"/console/{leads}")


def test_fifty_are_shown_at_most_and_the_page_says_that_there_are_more(console: Console) -> None:
    """Nobody is left out silently."""
    console.place.take(*({"id": f"k-{number:03}", "name": f"Kim {number}"} for number in range(MOST)))
    client = console.visitor("read")
    assert "There are more" not in sought(client, "kim").text
    console.place.take({"id": "k-last", "name": "Kim too"})
    found = sought(client, "kim")

    assert "There are more" in found.text
    assert len(set(re.findall(r"/console/contacts/(k-[^\"]+)", found.text))) == MOST


def test_nothing_found_says_so_and_whether_it_was_erased_here(tmp_path: Path) -> None:
    """By the id there is the receipt, by the address that there was somebody; of others there is nothing to say."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 30)
    with served(place) as console:
        client = console.visitor("read")
        by_id, by_address, nobody = (sought(client, one) for one in ("ghost", "canary.quill@EXAMPLE.se", "nobody"))
        gone, unknown = page(client, "ghost"), page(client, "nobody")

    assert all("It was erased here" in text_of(one) and "erase" in one.text for one in (by_id, gone))
    assert "GDPR Art. 17(1)(b)" in by_id.text
    assert "Somebody with this e-mail address was erased here" in text_of(by_address)
    assert "nobody with this id or address was erased here" in text_of(nobody)
    assert (gone.status_code, unknown.status_code) == (404, 404)
    assert "it was not erased here" in text_of(unknown)


def test_the_page_shows_what_the_crm_shows_and_what_every_rule_says(console: Console) -> None:
    """Alert, blocked use, selection; each rule of the entity with its verdict, when that changes, and why."""
    found = page(console.visitor("read"), "anna")
    said = text_of(found)

    assert re.search(r"<h1>Anna Öst</h1>", found.text)
    assert re.search(r"Alerts blocks Anna Öst", said)
    assert "Blocked uses e-mail" in said
    assert '<a href="/console/selections/stopped">' in found.text
    assert "Stop them match 2026-03-01 13:00 \N{EN DASH} takes effect Why" in said
    assert "Old ones no match 2026-05-01: match is evaluated, without effect Why" in said
    assert "2026-05-01 in 60 days “Old ones” becomes: match" in said
    assert "/console/contacts/anna/explain?rule=old" in found.text
    assert '<a href="/console/companies/f%2F1">' in found.text
    assert "firm" not in re.findall(r"explain\?rule=(\w+)", found.text)


def test_the_page_of_a_company_is_like_that_of_a_contact(console: Console) -> None:
    """Its own rules, and their reasons."""
    client = console.visitor("read")

    assert "<h1>Firm</h1>" in page(client, "f/1", plural="companies").text
    assert "name is “Firm”" in page(client, "f/1", "/explain?rule=firm", plural="companies").text
    assert page(client, "f/1", "/report", plural="companies").status_code == 200


def test_the_page_tells_what_will_happen_and_what_has(story: Console) -> None:
    """Deletions with their reasons, deadlines, the end of the recycle bin; moves, messages, holds and restrictions."""
    client = story.visitor("read")
    lead, held, binned, busy = (text_of(page(client, one)) for one in ("lead-1", "lead-3", "prospect-1", "busy-1"))

    assert "Deletion planned due on 2026-03-04" in lead
    assert "to be deleted by “Leads are kept for 24 months”: due (waits for an approval)" in lead
    assert "the deadline has passed: Tell new contacts what we hold" in lead
    assert "Held hold: a lawsuit" in held
    assert "stopped: the data is kept (a hold is on it)" in held
    assert "a copy lies in the recycle bin until 2026-04-01" in binned
    assert "the copy in the recycle bin is erased" in binned
    assert "Processing is restricted (Art. 18) since 2026-03-05" in busy
    assert "restriction began" in busy
    assert "alert raised: Store only Processing is restricted" in busy
    assert sought(client, "prospect-1").headers["location"] == "/console/contacts/prospect-1"
    dates = re.findall(r"(2026-\d\d-\d\d \d\d:\d\d)", lead.partition("What has happened")[2].partition("The newest")[0])
    assert (dates, len(set(dates)) > 1) == (sorted(dates, reverse=True), True)


def test_who_has_ended_in_another_leads_there(tmp_path: Path) -> None:
    """What is left of a contact that was merged says into which."""
    place = Place(tmp_path, RULES)
    place.take({"id": "old", "name": "Anna"}, {"id": "new", "name": "Anna Ö"})
    assert merge(place) == []
    with served(place) as console:
        client = console.visitor("read")
        found, leads = page(client, "old"), sought(client, "old").headers["location"]

    assert leads == "/console/contacts/old"
    assert (found.status_code, '<a href="/console/contacts/new">new</a>' in found.text) == (200, True)


def test_who_has_many_items_is_looked_ahead_for_when_that_is_asked(console: Console) -> None:
    """The page comes at once for everybody, and says for how many rules it has looked ahead."""
    items = [{"id": f"a{number}", "type": "email", "at": "2026-01-01"} for number in range(MOST_ITEMS + 1)]
    console.place.take({"id": "anna", "activities": items})
    client = console.visitor("read")
    at_once, asked = (text_of(page(client, "anna", rest)) for rest in ("", "?ahead=all"))

    assert "Looked ahead for 0 of 2 rules" in at_once
    assert "becomes" not in at_once
    assert "“Old ones” becomes: match" in asked
    assert "The first 100; the report has all." in at_once


def test_why_a_rule_matches_is_told_criterion_by_criterion(console: Console) -> None:
    """What is asked, what is held, how it comes out, and what or when would change it; also as if on another day."""
    client = console.visitor("read")
    now, then = (text_of(page(client, "anna", f"/explain?rule=old{at}")) for at in ("", "&at=2026-06-01"))

    assert "By itself on 2026-05-01 (in 60 days): match" in now
    assert "It would match now if field created_on is older than 12 months" in now
    assert re.search(
        r"✗ false: the contact&#39;s creation date is older than 1 year · is 2025-05-01 · asked: before 2025-03-02", now
    )
    assert "✓ true: the contact&#39;s creation date" in then
    assert "as if it were 2026-06-01 00:00" in then


def test_why_a_rule_that_deletes_matches_says_what_its_guards_say(story: Console) -> None:
    """The deletion, which guard keeps it from happening, and the review that was asked."""
    client = story.visitor("read")

    assert re.search(r"Guard .* a hold is on it HOLD yes", text_of(page(client, "lead-3", "/explain?rule=old-leads")))
    assert "a person must decide HUMAN_REVIEW yes" in text_of(
        page(client, "prospect-2", "/explain?rule=gone-prospects")
    )
    assert "Is it a customer?" in text_of(page(client, "buyer-1", "/explain?rule=is-it-a-customer"))


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("rule=olld", 404, "did you mean `old`?"),
        ("rule=firm", 404, "there is no rule `firm` about this"),
        ("", 404, "there is no rule"),
        ("rule=old&at=soon", 422, "date"),
    ],
)
def test_what_cannot_be_explained_is_a_page_with_the_remedy(
    console: Console, query: str, status: int, says: str
) -> None:
    """A rule that is not there or of another entity, and a day that is none."""
    found = page(console.visitor("read"), "anna", f"/explain?{query}")

    assert (found.status_code, says in found.text) == (status, True)
    assert "Nothing was changed." in found.text


@pytest.mark.parametrize("form", ["html", "json"])
@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_report_is_a_file_in_either_language(console: Console, form: str, language: str) -> None:
    """It is what the command writes; its name names nobody."""
    found = page(console.visitor("read"), "anna", f"/report?lang={language}&form={form}")
    place = console.place
    with place.store.database.reading() as connection:
        moment = place.installation.moment()
        made = Reporter.of(place.scene()).report(connection, "contact", "anna", moment, language)

    assert made is not None
    assert found.headers["content-disposition"] == f'attachment; filename="personal-data.{form}"'
    assert found.headers["cache-control"] == "no-store"
    if form == "json":
        assert json.loads(found.text) == json.loads(json.dumps(made.as_json()))
    else:
        assert f'<html lang="{language}"' in found.text
        assert "Anna Öst" in found.text


@pytest.mark.parametrize("record", ODD)
def test_ids_of_any_kind_have_pages(console: Console, record: str) -> None:
    """With slash, dot, percent, letters of any language: found, opened, explained, reported, acted upon."""
    console.place.take({"id": record, "name": "Kim", "category": "Stop"})
    console.place.run()
    client = console.visitor()
    home = f"/console/contacts/{quote(record, safe='')}"

    assert sought(client, record).headers["location"] == home
    assert f'href="{home}"' in sought(client, "kim").text
    assert "<h1>Kim</h1>" in page(client, record).text
    assert "category is “Stop”" in page(client, record, "/explain?rule=stop").text
    assert page(client, record, "/report").status_code == 200
    placed = done(client, record, "hold", reason="a lawsuit")
    assert (placed.status_code, "The hold is placed." in placed.text, "a lawsuit" in placed.text) == (200, True, True)
    chosen = re.search(r'name="next" value="([^"]+)"', placed.text)
    assert chosen is not None
    back = client.post("/console/preferences", data={"language": "sv", "next": chosen[1]}, follow_redirects=True)
    assert (back.status_code, "<h1>Kim</h1>" in back.text) == (200, True)
    asked = console.browser().get(f"{home}?ahead=all").headers["location"]
    assert asked == f"/console/sign-in?next={quote(f'{home}?ahead=all', safe='/')}"


@pytest.mark.parametrize("evil", EVIL)
def test_s10_text_of_contacts_is_inert(console: Console, evil: str) -> None:
    """A name, an item, a reason or an id that would be a script or a template is text on every page."""
    record = f"x{evil}"
    console.place.take(
        {
            "id": record,
            "name": evil,
            "email": evil,
            "category": "Stop",
            "data_source": evil,
            "tags": [evil],
            "activities": [{"id": evil, "subject": evil, "at": "2026-01-01"}],
            "consents": [{"purpose": evil, "status": "given", "legal_basis": "consent"}],
        }
    )
    console.place.run()
    client = console.visitor()
    pages = [
        done(client, record, "hold", reason=evil, name=evil),
        page(client, record, "/explain?rule=stop"),
        page(client, f"no{evil}"),
        sought(client, evil),
        sought(client, f"no{evil}"),
    ]

    assert [one.status_code for one in pages] == [200, 200, 404, 200, 200]
    for one in pages:
        assert not re.search(
            r"<script(?![^>]*\bsrc=\"/console)|<img(?! src=\"/console)|\sonerror=alert\(1\)>", one.text
        )
        assert not re.search(r'(?:href|src|action)="(?!/console|#)', one.text)
        assert ">49<" not in one.text
    assert pages[0].text.count(str(escape(evil))) > 5


def test_s9_no_search_word_and_no_value_of_a_contact_is_in_a_log_or_an_address(
    console: Console, logs: list[EventDict]
) -> None:
    """Looked for, shown, explained, held and refused: log lines and addresses name at most the id."""
    client = console.visitor()
    answers = [
        sought(client, "Anna Ö"),
        sought(client, "anna.ost@firm.example"),
        sought(client, "Anna Nobody"),
        page(client, "anna"),
        page(client, "anna", "/explain?rule=stop"),
        page(client, "anna", "/report"),
        client.post("/console/contacts/anna/hold", data={"csrf": word_of(client), "reason": "Anna Öst sues"}),
        done(client, "anna", "hold", reason=""),
        done(client, "anna", "permit", use="Anna", ground="Öst", said="2026-02-01"),
    ]
    told = repr(logs) + " ".join(str(one.url) + one.headers.get("location", "") for one in answers)
    links = " ".join(re.findall(r'(?:href|action)="([^"]*)"', " ".join(one.text for one in answers)))

    assert len(logs) >= len(answers)
    assert not re.search(r"Anna|Öst|ost@|%C3%96|sues|Nobody", told + links)


def test_who_may_only_look_sees_no_acts(console: Console) -> None:
    """No form but those of the frame, and the look ahead; whoever operates has them."""
    reader, operator = (page(console.visitor(*scopes), "anna").text for scopes in (("read",), ("read", "operate")))

    forms = re.findall(r'<form method="(\w+)" action="/console/contacts/anna/[a-z-]+"', operator)

    assert 'action="/console/contacts/anna' not in reader
    assert set(forms) == {"post"}
    assert {"hold", "lower"} <= set(re.findall(r'action="/console/contacts/anna/([a-z-]+)"', operator))


def test_no_look_writes_anything(story: Console) -> None:
    """Every row of the store is what it was after each page was seen and somebody was looked for."""
    client = story.visitor("read")
    before = dump(story.place)
    for record in ("lost-1", "lead-1", "lead-3", "busy-1", "prospect-1", "buyer-1", "nobody"):
        for rest in ("", "?ahead=all", "/explain?rule=old-leads", "/report", "/report?form=json"):
            page(client, record, rest)
    sought(client, "kim")

    assert dump(story.place) == before


def dump(place: Place) -> list[str]:
    """Return all that a store has, as statements."""
    with closing(sqlite3.connect(place.folder / "store.db")) as connection:
        return list(connection.iterdump())


def test_holds_are_placed_and_lifted(console: Console) -> None:
    """With a reason, in the name of who did it; the audit chain has both."""
    client = console.visitor("read", "operate")
    placed = done(client, "anna", "hold", reason="a lawsuit", name="legal", review="2026-04-01")
    assert "The hold is placed." in placed.text
    assert "Held legal: a lawsuit" in text_of(placed)
    assert "2026-04-01 in 30 days look again whether the hold is needed: legal" in text_of(placed)
    lifted = done(client, "anna", "lift-hold", hold=number_in(placed, "hold"))

    assert "The hold is lifted." in lifted.text
    assert "lifted: legal: a lawsuit" in text_of(lifted)
    assert what_was_done(console)[-2:] == [("eva", "hold.placed"), ("eva", "hold.lifted")]


def test_an_alert_is_lowered(console: Console) -> None:
    """It is gone from the page; its rule still matches."""
    client = console.visitor()
    lowered = done(client, "anna", "lower", alert=number_in(page(client, "anna"), "alert"))

    assert "The alert is lowered." in lowered.text
    assert "Alerts \N{EN DASH}" in text_of(lowered)
    assert what_was_done(console)[-1] == ("eva", "alert.lowered")


def test_a_planned_deletion_is_cancelled(story: Console) -> None:
    """It is in the past of the contact, as what a person did; nothing is planned any more."""
    client = story.visitor()
    kept = done(client, "lead-1", "keep", deletion=number_in(page(client, "lead-1"), "deletion"))

    assert "The deletion is cancelled." in kept.text
    assert "Deletion planned" not in text_of(kept)
    assert "cancelled (a person decided to keep it), by a person" in text_of(kept)
    assert what_was_done(story)[-1] == ("eva", "deletion.kept")


def test_a_restriction_is_handled_by_its_acts(story: Console) -> None:
    """A use is permitted and that withdrawn; the person was told; it ends when the CRM has unset its flag, too."""
    client, place = story.visitor(), story.place
    permitted = done(client, "busy-1", "permit", use="message", ground="consent", said="2026-03-09")
    assert "The use is permitted." in permitted.text
    withdrawn = done(client, "busy-1", "withdraw", permission=number_in(permitted, "permission"))
    assert "The permission is withdrawn." in withdrawn.text
    told = done(client, "busy-1", "told", told="2026-03-10")
    assert "ends once the flag is no longer set" in told.text
    place.clock.move(timedelta(days=1))
    place.take({"id": "busy-1", "restrict_processing": False})
    with place.store.database.reading() as connection:
        assert restrictions.open_of(connection, "contact", place.key_of("busy-1")) is None

    assert "Processing is restricted (Art. 18)" not in text_of(page(client, "busy-1"))
    assert [what for _, what in what_was_done(story)[-3:]] == [
        "restriction.permitted",
        "restriction.permission_withdrawn",
        "restriction.told",
    ]


@pytest.mark.parametrize(
    ("record", "deed", "form", "status"),
    [
        ("anna", "hold", {"reason": " "}, 422),
        ("anna", "hold", {"reason": "x", "owner": "nobody"}, 422),
        ("anna", "hold", {"reason": "x", "review": "2020-01-01"}, 409),
        ("anna", "lift-hold", {"hold": "1"}, 404),  # that of bo
        ("anna", "lift-hold", {"hold": "one"}, 404),
        ("anna", "lift-hold", {"hold": "9" * 400}, 404),
        ("anna", "lift-hold", {}, 404),
        ("bo", "lower", {"alert": "1"}, 404),  # that of anna
        ("anna", "keep", {"deletion": "1"}, 404),
        ("anna", "permit", {"use": "message", "ground": "consent", "said": "2026-02-01"}, 404),
        ("anna", "withdraw", {"permission": "1"}, 404),
        ("anna", "told", {"told": "2026-02-01"}, 404),
        ("anna", "dance", {}, 404),
        ("nobody", "hold", {"reason": "x"}, 404),
    ],
)
def test_what_cannot_be_done_is_a_page_and_changes_nothing(
    console: Console, record: str, deed: str, form: dict[str, Any], status: int
) -> None:
    """Also where the number is that of somebody else's hold or alert."""
    client, place = console.visitor(), console.place
    done(client, "bo", "hold", reason="a lawsuit")
    before = what_was_done(console)
    found = done(client, record, deed, **form)

    assert (found.status_code, "Nothing was changed." in found.text) == (status, True)
    assert what_was_done(console) == before
    with place.store.database.reading() as connection:
        assert holds.on(connection, "contact", place.key_of("bo")) == [(1, "hold")]


def number_in(found: httpx.Response, name: str) -> str:
    """Return the first number that a form of a page carries under a name."""
    number = re.search(rf'name="{name}" value="(\d+)"', found.text)
    assert number is not None
    return number[1]
