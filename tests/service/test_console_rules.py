"""Pages about rules: all of them, one with its text, sentences, days and runs, and what people do about it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.language.rule import Rulebook
from engine.service.config import Settings
from engine.store import chain
from tests.consoles import Console, served, told_story, word_of
from tests.installations import Place

EVIL = "<script>alert(1)</script>"
ODD = f"""\
rules:
  # A note with {EVIL}
  - rule: odd
    title: "{EVIL}"
    description: "{EVIL}"
    owner: eva
    tags: [b2b]
    stage: live
    if: [{{field: category, is: "{EVIL}"}}]
    then: [{{keep_in_selection: odd}}, {{raise_alert: {{severity: info, message: "{EVIL}"}}}}]
  - rule: asked
    stage: live
    check: {{when_asked: breach.declared}}
    needs: {{incident: {{type: text, ask: Which incident}}}}
    if: [{{field: category, is: Prospect}}]
    then: [{{keep_in_selection: concerned}}]
  - title: The name comes last
    if: [{{selection: odd, is_member: true}}]
    then: [{{keep_in_selection: readers}}]
    stage: watch
    rule: reader
"""
TESTS = """\
tests:
  - {test: a partner of long ago goes, rule: runaway, now: 2026-03-01, given: {category: Partner, created_on: 2024-01-01}, expect: match}
  - {test: everybody goes, rule: runaway, now: 2026-03-01, given: {category: Lead}, expect: match}
  - {test: another rule, rule: restricted, now: 2026-03-01, given: {restrict_processing: true}, expect: match}
"""
PEOPLE = {"eva": {"email": "eva@firm.example"}, "dag": {"email": "dag@firm.example"}}
KNOWN = Settings.of({"people": PEOPLE})
PROMOTING = Settings.of({"approvals": {"plan_before_live": True}, "people": PEOPLE})


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """Give the console of a place that has lived through a story."""
    with served(told_story(tmp_path)) as found:
        yield found


def place_with(folder: Path, text: str, settings: Settings | None = None) -> Place:
    """Return a place whose rules stand in a file of its folder."""
    place = Place(folder, "", settings)
    (folder / "rules").mkdir()
    (folder / "rules" / "odd.yaml").write_text(text, encoding="utf-8")
    loaded = place.installation.load_rules()
    assert loaded.rulebook is not None, loaded.problems
    place.rules = loaded.rulebook
    place.take({"id": "a", "category": "Prospect"}, {"id": "b", "category": EVIL})
    place.run()
    return place


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Console]:
    """Give the console of a place whose rules are odd."""
    with served(place_with(tmp_path, ODD, KNOWN)) as found:
        yield found


def sent(browser: httpx.Client, path: str, **form: str) -> httpx.Response:
    """Send a form of the console."""
    return browser.post(f"/console/rules/{path}", data={"csrf": word_of(browser)} | form)


def acts(console: Console) -> list[tuple[str, str]]:
    """Return who did what, as the audit chain has it; what the service did itself left out."""
    with console.place.store.database.reading() as connection:
        found = [one for one in chain.entries(connection) if one is not None and one.who != "ansgar"]
    return [(one.who, one.what) for one in found if one.what.startswith("rule.")]


def test_all_rules_stand_by_their_file_with_health_and_filter(console: Console) -> None:
    """Those of a health or an owner alone where that is asked for."""
    client = console.visitor("read")
    found = client.get("/console/rules").text
    assert all(f'href="/console/rules/{name}"' in found for name in console.place.rules.rules)
    assert "story.yaml" in found
    paused = client.get("/console/rules?health=paused").text
    assert ("/rules/runaway" in paused, "/rules/restricted" in paused) == (True, False)
    owned = client.get("/console/rules?owner=sales-ops").text
    assert ("/rules/lost-customers" in owned, "/rules/restricted" in owned) == (True, False)
    assert "No rule is like that" in client.get("/console/rules?owner=nobody").text


def test_many_rules_come_in_pages(tmp_path: Path) -> None:
    """The next page begins behind the last rule of the one before."""
    text = "rules:\n" + "".join(
        f"  - {{rule: r-{number:03}, stage: off, if: [{{field: category, is: X}}], then: [{{keep_in_selection: r-{number:03}}}]}}\n"
        for number in range(205)
    )
    with served(place_with(tmp_path, text)) as console:
        client = console.visitor()
        first, second = (client.get(f"/console/rules?health=off{more}").text for more in ("", "&after=r-199"))

    assert ("r-199" in first, "r-200" in first, "health=off&amp;after=r-199" in first) == (True, False, True)
    assert ("rules/r-199" in second, "rules/r-200" in second, "To the first page" in second) == (False, True, True)


def test_a_rule_is_shown_with_its_lines_its_sentences_its_days_and_its_runs(console: Console) -> None:
    """In the language of who looks; the lines have the numbers of the file."""
    client = console.visitor("read")
    found = client.get("/console/rules/lost-customers").text
    number = next(
        number
        for number, line in enumerate(console.place.rules.rules["lost-customers"].place.source.lines, 1)
        if "rule: lost-customers" in line
    )
    assert f'id="L{number}"' in found
    assert 'id="L2"' not in found
    assert '<span class="key">older_than</span>' in found
    assert "Customers we have lost touch with" in found
    assert "selection" in found
    assert 'class="line" d="M' in found
    assert found.count('href="/console/runs/') >= 10
    swedish = client.get("/console/rules/lost-customers", headers={"accept-language": "sv"}).text
    assert ("Kunder vi tappat kontakten med" in swedish, "Regeln är i drift" in swedish) == (True, True)


def test_what_a_limit_stopped_counts_among_the_days(console: Console) -> None:
    """The rule matched seven, though none of their deletions was scheduled."""
    found = console.visitor("read").get("/console/rules/runaway").text

    assert '<th scope="row">2026-03-03</th><td class="number">7</td><td class="number">7</td>' in found


def test_text_of_rules_is_inert(odd: Console) -> None:
    """Titles, messages, criteria and comments stand on each page as they were written, and nothing runs."""
    client = odd.visitor()
    pages = [
        client.get(f"/console/rules{path}").text
        for path in ("", "/odd", "/odd/edit", "/odd/cases", "/reader", "/asked")
    ]
    pages.append(sent(client, "odd/edit", text=f"rules: [{{rule: '{EVIL}'}}] # {EVIL}").text)
    pages.append(sent(client, "odd/edit", text=ODD.replace("stage: watch", "stage: live")).text)
    pages.append(sent(client, "odd/plan").text)

    assert not any("<script>" in page for page in pages)
    assert all("&lt;script&gt;" in page for page in (*pages[:3], *pages[6:8]))


def test_a_rule_says_what_reads_it_and_what_it_reads(odd: Console) -> None:
    """Rules are led to; the text of one whose name comes last is found."""
    client = odd.visitor("read")
    assert 'href="/console/rules/odd"' in client.get("/console/rules/reader").text
    found = client.get("/console/rules/odd").text
    assert 'href="/console/rules/reader"' in found
    assert "when_asked" not in found
    assert "The name comes last" in client.get("/console/rules/reader").text


def test_a_rule_that_needs_inputs_is_run_with_them(odd: Console) -> None:
    """Its form asks for each; without one the page says what is missing."""
    client = odd.visitor("operate", "read")
    assert "Which incident" in client.get("/console/rules/asked").text
    assert sent(client, "asked/run").status_code == 422
    assert sent(client, "asked/run", **{"input.incident": "7"}).status_code == 303
    assert odd.place.members("concerned") == ["a"]


def test_acts_are_shown_to_who_may(console: Console) -> None:
    """Whoever may only look sees none of them."""
    pages = {
        scopes: console.visitor("read", *scopes).get("/console/rules/runaway").text
        for scopes in ((), ("operate",), ("approve",), ("admin",))
    }
    seen = {
        scopes: tuple(f"/runaway/{act}" in page for act in ("pause", "run", "release", "plan", "edit"))
        for scopes, page in pages.items()
    }

    assert seen == {
        (): (False,) * 5,
        ("operate",): (True, True, False, False, False),
        ("approve",): (False, False, True, True, False),
        ("admin",): (True,) * 5,
    }


def test_a_pause_needs_a_reason_and_stands_in_the_chain(console: Console) -> None:
    """Twice is refused; the release lets it go on."""
    client = console.visitor()
    assert sent(client, "notice-due/pause", reason=" ").status_code == 422
    assert sent(client, "notice-due/release", by="person").status_code == 409
    assert sent(client, "notice-due/pause", reason="wrong text").status_code == 303
    assert "wrong text" in client.get("/console/rules/notice-due").text
    assert sent(client, "notice-due/pause", reason="again").status_code == 409
    assert sent(client, "notice-due/release", by="person").status_code == 303

    assert acts(console) == [("eva", "rule.paused"), ("eva", "rule.released")]


def test_l7_exactly_the_set_that_was_looked_at_is_released(console: Console) -> None:
    """Another set, or none, is refused, and nothing is scheduled."""
    client, stopped = console.visitor(), "runaway/release"
    shown = client.get("/console/rules/runaway").text
    seen = shown.partition('name="set" value="')[2].partition('"')[0]
    assert all(f"partner-{number}" in shown for number in range(1, 8))
    assert sent(client, stopped, by="limit").status_code == 422
    assert sent(client, stopped, by="limit", set="0123456789abcdef").status_code == 409
    assert not any(one.startswith("partner") for one in map(str, console.place.deletions()))
    assert sent(client, stopped, by="limit", set=seen).status_code == 303

    assert sum(str(one).startswith("partner") for one in console.place.deletions()) == 7
    assert acts(console) == [("eva", "rule.released")]


def test_whom_a_limit_stopped_and_whom_a_rule_matches_come_in_pages(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, whatever the size of a page."""
    monkeypatch.setattr("engine.service.console.rule.A_PAGE", 3)
    client = console.visitor("read")
    for path, every in (("runaway/stopped", 7), ("runaway/cases", 7), ("restricted/cases?state=undecided", 24)):
        seen: list[str] = []
        address: str | None = f"/console/rules/{path}"
        while address and len(seen) <= every:
            page = client.get(address).text
            seen += [part.partition('"')[0] for part in page.split('href="/console/contacts/')[1:]]
            link = page.partition('rel="next" href="')[2].partition('"')[0]
            address = link.replace("&amp;", "&") or None
        assert (len(seen), len(set(seen))) == (every, every)


def test_l14_a_rule_is_promoted_with_the_plan_that_the_page_shows(tmp_path: Path) -> None:
    """The page of the plan carries its digest; when others would enter by then, it is refused."""
    text = (
        "rules: [{rule: told, stage: live, if: [{field: category, is: Prospect}], then: [{keep_in_selection: told}]}]"
    )
    with served(place_with(tmp_path, text, PROMOTING)) as console:
        client = console.visitor()
        assert "waits for promotion" in client.get("/console/rules").text
        seen = sent(client, "told/plan").text.partition('name="plan" value="')[2].partition('"')[0]
        assert sent(client, "told/promote", plan=seen).status_code == 422
        console.place.take({"id": "c", "category": "Prospect"})
        assert sent(client, "told/promote", plan=seen, reason="looked").status_code == 409
        seen = sent(client, "told/plan").text.partition('name="plan" value="')[2].partition('"')[0]
        assert sent(client, "told/promote", plan=seen, reason="looked").status_code == 303
        console.place.run()

        assert console.place.members("told") == ["a", "c"]
        assert acts(console) == [("eva", "rule.promoted")]


def test_a_rule_that_is_gone_is_retired(console: Console) -> None:
    """While it is in the files the act is not offered; then its cases go."""
    client, place = console.visitor(), console.place
    assert "runaway/retire" not in client.get("/console/rules/runaway").text
    assert sent(client, "runaway/retire").status_code == 409
    place.rules = Rulebook({name: one for name, one in place.rules.rules.items() if name != "runaway"})
    place.run()
    console.service.scene = place.scene()
    assert "Gone from the rule files" in client.get("/console/rules").text
    assert "runaway/retire" in client.get("/console/rules/runaway").text
    assert sent(client, "runaway/retire").status_code == 303

    assert not any(rule == "runaway" for rule, *_ in place.cases())
    assert client.get("/console/rules/runaway").status_code == 404
    assert acts(console) == [("eva", "rule.retired")]


def test_tests_of_a_rule_are_run_when_asked_and_their_result_is_kept(console: Console) -> None:
    """Only its own; a view of the page runs none; another rulebook has not been tested."""
    client = console.visitor()
    (console.place.folder / "rules" / "story.test.yaml").write_text(TESTS, encoding="utf-8")
    assert "have not been run" in client.get("/console/rules/runaway").text
    assert sent(client, "runaway/tests").status_code == 303
    found = client.get("/console/rules/runaway").text

    assert all(sentence in found for sentence in ("a partner of long ago goes", "everybody goes", "no_match"))
    assert "another rule" not in found
    assert "1 failed" in found
    assert "have not been run" in client.get("/console/rules/restricted").text
    console.service.scene = console.place.scene()
    console.place.rules = Rulebook({})
    assert console.service.trials.of("runaway", "another") is None


def previewed(client: httpx.Client, text: str, **more: str) -> str:
    """Return the page that previews a text in place of the file of a rule."""
    found = sent(client, "lost-customers/edit", text=text, **more)
    assert found.status_code == 200, found.text
    return found.text


def state_of(place: Place) -> tuple[Any, ...]:
    """Return what a preview must leave as it is: the file, the rules in force, and what is stored."""
    file = (place.folder / "rules" / "story.yaml").read_bytes()
    with place.store.database.reading() as connection:
        entries = sum(1 for _ in chain.entries(connection))
    return file, place.rules.digest, place.cases(), place.deletions(), place.moves(), entries


def test_a_preview_shows_problems_or_the_plan_and_saves_nothing(console: Console) -> None:
    """Each problem with line, caret and remedy; without one who would enter and leave; the store is as it was."""
    client, place = console.visitor(), console.place
    text, before = (place.folder / "rules" / "story.yaml").read_text(encoding="utf-8"), state_of(place)
    wrong = previewed(client, text.replace("older_than: 12 months", "oder_than: 12 months").replace("\n", "\r\n"))
    line = next(number for number, one in enumerate(text.split("\n"), 1) if "older_than: 12 months" in one)
    assert all(part in wrong for part in ("R104", f'href="#L{line}"', f'id="L{line}"', "^^^^^^^^^", "older_than`?"))
    assert "What a run would do" not in wrong
    right = previewed(client, text.replace("in_last: 90 days", "in_last: 5 days"))
    assert all(part in right for part in ("What a run would do", "busy-1", "Nothing is saved here"))
    assert "no error" in right
    assert "What a run would do" not in previewed(client, text, only="check")
    assert "No rule would do anything else" in previewed(client, text + "\n# a note\n")

    assert state_of(place) == before


def test_a_preview_tells_the_limit_that_would_trip_and_the_rules_that_would_go(console: Console) -> None:
    """As `plan` does, for the rules that would be others alone."""
    client = console.visitor()
    text = (console.place.folder / "rules" / "story.yaml").read_text(encoding="utf-8")
    tripped = previewed(
        client, text.replace("contacts: 25, percent: 50", "contacts: 2").replace("24 months", "2 years")
    )
    assert "The limit trips" in previewed(client, text.replace("is: Lead}", "is: Customer}").replace("25, p", "1, p"))
    assert "old-leads" in tripped
    gone = previewed(client, text.replace("rule: sleeping-customers", "rule: others"))
    assert "It would be gone from the rulebook" in gone
    assert 'class="planned">others' in gone
    assert 'class="planned">restricted' not in gone


def test_a_preview_takes_any_text(console: Console) -> None:
    """What is no rule file at all has its problems, too: no text makes the page fail."""
    client = console.visitor()

    for text in ("", "\t", "rules: 5", "[", "a: &x [*x]", "\ud800".encode("utf-16", "surrogatepass").hex(), "x" * 3000):
        assert "Nothing is saved here" in previewed(client, text)


def test_a_rule_that_is_not_there_is_a_page_with_the_likest_one(console: Console) -> None:
    """404, whatever one wants of it."""
    client = console.visitor()
    assert "did you mean `runaway`?" in client.get("/console/rules/runaways").text
    assert client.get("/console/rules/runaways/edit").status_code == 404
    assert {
        sent(client, f"nobody/{act}", reason="x", plan="x").status_code for act in ("run", "pause", "plan", "promote")
    } == {404}
