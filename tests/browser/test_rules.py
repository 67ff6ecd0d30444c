"""Jobs of operators with rules: stop a runaway, see a broken file, try an edit. With scripts and without."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine.store import chain
from tests.browser.conftest import SignIn
from tests.consoles import Console

FILE = Path("rules") / "story.yaml"
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def text_of(console: Console) -> str:
    """Return the text of the story's file."""
    return (console.place.folder / FILE).read_text(encoding="utf-8")


def acts(console: Console) -> list[tuple[str, str]]:
    """Return who did what with rules, as the audit chain has it; what the service did itself left out."""
    with console.place.store.database.reading() as connection:
        found = [one for one in chain.entries(connection) if one is not None and one.who != "ansgar"]
    return [(one.who, one.what) for one in found if one.what.startswith("rule.")]


def opened(page: Page, console: Console, path: str) -> Page:
    """Go to a page about rules."""
    page.goto(f"{console.url}/rules{path}")
    return page


def partners(console: Console) -> list[str]:
    """Return the partners of whom there is a deletion."""
    return sorted(str(one) for one in console.place.deletions() if str(one).startswith("partner"))


@pytest.mark.parametrize("scripts", [True, False])
def test_job_a_runaway_rule_is_seen_understood_and_released(sign_in: SignIn, console: Console, scripts: bool) -> None:
    """From today to the rule: why it stands still, whom it would delete, and the release of exactly these."""
    page = sign_in(scripts=scripts)
    page.get_by_role("link", name="Partners go after a year").click()
    limit = page.get_by_role("region", name="Its limit has stopped it")
    expect(limit).to_contain_text("It may schedule 3; now these would be 7")
    expect(limit.get_by_role("link", name="partner-7")).to_be_visible()
    console.place.live()
    assert partners(console) == []
    limit.get_by_role("button", name="Release exactly these (7)").click()
    if scripts:
        page.get_by_role("dialog").get_by_role("button", name="Yes").click()

    expect(page.get_by_role("status")).to_have_text("The rule is released.")
    assert partners(console) == [f"partner-{number}" for number in range(1, 8)]
    assert acts(console) == [("eva", "rule.released")]


def test_job_a_question_that_is_answered_no_releases_nothing(sign_in: SignIn, console: Console) -> None:
    """What is grave is asked again; the rule stays as it was."""
    page = opened(sign_in(), console, "/runaway")
    page.get_by_role("button", name="Release exactly these").click()
    page.get_by_role("dialog").get_by_role("button", name="No").click()
    page.reload()

    expect(page.get_by_role("region", name="Its limit has stopped it")).to_be_visible()
    assert partners(console) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_job_a_live_rule_is_paused_and_reaches_nobody(sign_in: SignIn, console: Console, scripts: bool) -> None:
    """With a reason, which everybody sees; new contacts bring no letter until somebody releases it."""
    place = console.place
    page = opened(sign_in("dag", scripts=scripts), console, "/notice-due")
    page.get_by_text("Pause it", exact=True).first.click()
    page.get_by_label("Reason").fill("The text is wrong")
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_role("status")).to_contain_text("nothing of it reaches outside")
    expect(page.locator("main")).to_contain_text("The text is wrong")
    before = len(place.letters())
    place.take({"id": "new-1", "category": "Supplier", "created_on": "2026-03-10"})
    place.live()
    assert len(place.letters()) == before

    page.get_by_role("button", name="Release it").click()
    if scripts:
        page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.get_by_role("status")).to_have_text("The rule is released.")
    place.live()
    assert len(place.letters()) > before
    assert acts(console) == [("dag", "rule.paused"), ("dag", "rule.released")]


def test_job_an_edit_is_tried_and_nothing_of_it_is_saved(sign_in: SignIn, console: Console) -> None:
    """A wrong word shows its line and the remedy while one writes; a right text shows who would enter and leave."""
    place, text = console.place, text_of(console)
    before = place.rules.digest, place.cases(), place.deletions(), place.moves(), acts(console)
    page = opened(sign_in(), console, "/lost-customers")
    page.get_by_role("link", name="Preview an edit").click()
    field = page.get_by_role("textbox", name="The text of story.yaml")
    expect(field).to_have_value(text)
    field.fill(text.replace("older_than: 12 months", "oder_than: 12 months", 1))
    look = page.locator("#look")
    expect(look).to_contain_text("1 error")
    expect(look).to_contain_text("did you mean `older_than`?")
    expect(look.locator("pre")).to_contain_text("^^^^^^^^^")
    look.get_by_role("link", name=re.compile(r"Line \d+")).click()
    chosen = page.evaluate(
        "(({selectionStart: a, selectionEnd: b, value}) => value.slice(a, b))(document.querySelector('#text'))"
    )
    assert "oder_than" in chosen

    field.fill(text.replace("in_last: 90 days", "in_last: 5 days"))
    page.get_by_role("button", name="Check, and show what it would do").click()
    plan = page.get_by_role("region", name="What a run would do")
    expect(plan).to_contain_text("Would enter")
    expect(plan.get_by_role("link", name="busy-1")).to_be_visible()
    expect(page.get_by_role("region", name="In sentences: Customers we have lost touch with")).to_contain_text("5 days")

    assert text_of(console) == text
    assert (place.rules.digest, place.cases(), place.deletions(), place.moves(), acts(console)) == before


def test_job_an_edit_is_tried_without_scripts(sign_in: SignIn, console: Console) -> None:
    """The button shows the problems, and each leads to its line below."""
    page = opened(sign_in(scripts=False), console, "/lost-customers/edit")
    page.get_by_role("textbox", name="The text of").fill("rules:\n  - rule: x\n    iff: []\n")
    page.get_by_role("button", name="Check").click()
    page.get_by_role("link", name="Line 3").first.click()

    assert page.url.endswith("#L3")
    expect(page.locator("#L3")).to_contain_text("iff: []")


def test_job_a_broken_rule_file_is_seen_everywhere(sign_in: SignIn, console: Console) -> None:
    """Each page says file and line, and the rules of before stay; when it is mended, the banner is gone."""
    service, place = console.service, console.place
    page = opened(sign_in(), console, "")
    good, file = text_of(console), place.folder / FILE
    file.write_text(good.replace("stage: live", "stage: alive", 1), encoding="utf-8")
    service.reload()
    service.take_in()
    page.reload()
    line = next(number for number, one in enumerate(good.split("\n"), 1) if "stage: live" in one)
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text("A newer rulebook is broken.")
    expect(banner).to_contain_text(f"story.yaml:{line}:")
    expect(page.get_by_role("link", name="Customers we have lost touch with")).to_be_visible()
    page.get_by_role("link", name="Customers we have lost touch with").click()
    expect(page.get_by_role("alert")).to_contain_text(f"story.yaml:{line}:")
    page.get_by_role("link", name="Preview an edit").click()
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("link", name=f"Line {line}")).to_be_visible()
    file.write_text(good, encoding="utf-8")
    service.reload()
    page.reload()

    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_tests_of_a_rule_are_run_from_its_page(sign_in: SignIn, console: Console) -> None:
    """Their sentences stand there with what came of them."""
    tests = "tests: [{test: restricted ones are told, rule: restricted, now: 2026-03-01, given: {restrict_processing: true}, expect: match}]"
    (console.place.folder / "rules" / "story.test.yaml").write_text(tests, encoding="utf-8")
    page = opened(sign_in(), console, "/restricted")
    page.get_by_role("button", name="Run its tests").click()

    expect(page.get_by_role("region", name="Its tests")).to_contain_text("passed restricted ones are told")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["", "/runaway", "/lost-customers", "/runaway/stopped", "/restricted/cases", "/lost-customers/edit"]
)
def test_pages_about_rules_are_accessible_and_fit_a_narrow_screen(
    sign_in: SignIn, console: Console, path: str, theme: str
) -> None:
    """No violation of WCAG 2.2 AA is found, and nothing but tables and texts scrolls sideways."""
    page = opened(sign_in(theme=theme, language="sv" if theme == "dark" else "en"), console, path)
    if path.endswith("edit"):
        page.locator("#text").fill(text_of(console).replace("older_than", "oder_than", 1))
        page.locator("main button.main").click()
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size({"width": 420, "height": 900})

    assert page.evaluate("document.documentElement.scrollWidth") <= 420
