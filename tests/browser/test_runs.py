"""Runs in a browser: they are followed while they go on, and the list is up to date when one has ended."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine.service.observing import run_observed
from engine.service.progress import Step
from engine.service.runner import ALL
from tests.browser.conftest import SignIn
from tests.consoles import Console

PAGES = (
    "runs",
    "runs?did=moved",
    "runs/1",
    "runs/1/rules/old-leads",
    "runs/1/rules/lost-customers",
    "runs/4/rules/runaway",
)


def following(console: Console, page: Page, path: str) -> Callable[..., None]:
    """Open a page that follows runs; return what lets one be told of."""
    page.goto(f"{console.url}/{path}")
    expect(page.locator("[data-live]")).to_be_attached()
    while not console.service.scene.progress.listeners:
        page.evaluate("1")
    return lambda **step: console.service.scene.progress.tell(Step(99, "api", **step))


def test_a_run_is_followed_and_the_list_shows_it_when_it_has_ended(sign_in: SignIn, console: Console) -> None:
    """The bar moves rule by rule; the newest run stands at the top without loading the page."""
    page = sign_in()
    tell = following(console, page, "runs")
    bar, said = page.locator("[data-live] progress"), page.locator("[data-live] [role=status]")
    assert bar.is_hidden()
    for done in (1, 5):
        tell(done=done, rules=8)
        expect(said).to_have_text(f"Run 99 (API): {done} of 8 rules evaluated")
        assert bar.evaluate("one => [one.value, one.max]") == [done, 8]
    newest = int(page.locator("tbody th").first.inner_text())
    run_observed(console.service.scene, console.place.rules, console.place.installation.moment(), ALL, "api")

    expect(page.locator("tbody th").first).to_have_text(str(newest + 1))
    expect(said).to_have_text(f"Run {newest + 1} (API): done; 0 entered, 0 left")


def test_the_page_of_a_run_follows_others_too_in_swedish(sign_in: SignIn, console: Console) -> None:
    """Also one that failed."""
    page = sign_in(language="sv")
    tell = following(console, page, "runs/1")
    tell(done=3, rules=8, state="failed")

    expect(page.locator("[data-live] [role=status]")).to_have_text("Körning 99 (API): misslyckades och gjordes ogjord")


def test_the_list_is_narrowed_and_a_run_is_looked_into_without_scripts(sign_in: SignIn) -> None:
    """From the list to those that moved somebody, to one of them, to one of its rules, to its funnel."""
    page = sign_in(scripts=False)
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_label("What came of it").select_option("moved")
    page.get_by_role("button", name="Show").click()
    assert page.locator("tbody th").all_inner_texts() == ["7", "4", "1"]
    page.get_by_role("link", name="1", exact=True).click()
    page.get_by_role("link", name="Leads are kept for 24 months").click()
    page.get_by_role("button", name="Count now").click()

    assert page.get_by_role("status").first.inner_text() == "The records were counted."
    assert page.locator(".funnel .said strong").all_inner_texts() == ["7", "6"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_these_pages_are_accessible_and_fit_a_narrow_screen(sign_in: SignIn, console: Console, theme: str) -> None:
    """WCAG 2.2 AA, as far as a machine tells, in both colours; no page is wider than its screen."""
    page = sign_in(theme=theme, language="sv" if theme == "dark" else "en")
    page.goto(f"{console.url}/runs/1/rules/old-leads")
    page.locator("#funnel ~ form button").click()
    for path in PAGES:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{console.url}/{path}")
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": rules}}).response["violations"]
        assert found == [], path
        page.set_viewport_size({"width": 420, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 420, path
