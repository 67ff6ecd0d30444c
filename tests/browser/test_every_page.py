"""Every page of the console: accessible (WCAG 2.2 AA), narrow enough for a telephone, and inert whatever stands in it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.addresses import PAGES
from tests.browser.conftest import WIDE
from tests.consoles import Console, served, told_story

SHOTS = Path(__file__).parents[2] / "var" / "screenshots"
WANTS_SHOTS = "ANSGAR_SCREENSHOTS" in os.environ
LOOKS = (("en", "light"), ("sv", "dark"), ("en", "dark"), ("sv", "light"))
NARROW = 360  # CSS pixels: the narrowest telephones; WCAG 2.2, 1.4.10 asks for 320 without sideways scrolling
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HOSTILE = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'>"


@dataclass(frozen=True)
class Stand:
    """A console, and a browser in which somebody has signed in, per look."""

    console: Console
    contexts: dict[tuple[str, str], BrowserContext]

    def page(self, name: str, look: tuple[str, str]) -> Page:
        """Return a page of the console in one look."""
        page = self.contexts[look].new_page()
        page.set_default_timeout(10_000)
        page.goto(f"{self.console.url}{PAGES[name]}")
        return page


@pytest.fixture(scope="module")
def stand(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """Give the console of a story in which names, texts and reasons try to be more than text."""
    with served(told_story(tmp_path_factory.mktemp("story"), hostile=HOSTILE)) as console:
        contexts = {}
        for language, theme in LOOKS:
            context = browser.new_context(
                locale=language,
                color_scheme="dark" if theme == "dark" else "light",
                viewport=WIDE,
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.goto(console.url)
            page.fill("#token", console.token())
            page.click("main button")
            page.wait_for_selector("nav.chapters")  # a page that is closed on its way can hold up the browser for ever
            page.close()
            contexts[(language, theme)] = context
        yield Stand(console, contexts)
        for context in contexts.values():
            context.close()


@pytest.mark.parametrize("look", LOOKS if WANTS_SHOTS else LOOKS[:2], ids="-".join)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_what_every_page_keeps(stand: Stand, name: str, look: tuple[str, str]) -> None:
    """No fault that axe finds, nothing that runs, no sideways scrolling on a telephone, one heading of the first order."""
    page = stand.page(name, look)
    if WANTS_SHOTS:
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}-{'-'.join(look)}.png", full_page=True)
    faults = Axe().run(page, options={"runOnly": {"type": "tag", "values": STANDARDS}})

    assert faults.violations_count == 0, faults.generate_report()
    assert page.evaluate("window.hit") is None
    assert "<script>window.hit" not in page.content()
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == look[0]
    page.set_viewport_size({"width": NARROW, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_all_there_by_keyboard(stand: Stand, name: str) -> None:
    """The first key leads to the content, and every control that can be pressed can be reached."""
    page = stand.page(name, LOOKS[0])
    if name != "sign-in":  # there the one field has the focus
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
    unreachable = page.evaluate("""[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
        .filter((one) => one.tabIndex < 0 && one.offsetParent).length""")

    assert unreachable == 0
    page.close()
