"""The browser: Debian's Chromium, one for the tests of a file; where there is none these tests are skipped by name."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.consoles import Console, served, told_story

CHROMIUM = os.environ.get("ANSGAR_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
WIDE: ViewportSize = {"width": 1280, "height": 900}
SignIn = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a browser; with the file it ends, for its event loop would be in the way of tests that run one themselves."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """Give the console of a place that has lived through a story."""
    with served(told_story(tmp_path)) as found:
        yield found


@pytest.fixture
def sign_in(browser: Browser, console: Console) -> Iterator[SignIn]:
    """Give what signs somebody in: by name and scopes, in a language, colours and with or without scripts.

    A page of it fails its test where a script fails, or where the policy of the page forbids something in it (S10).
    """
    contexts, faults = [], list[str]()

    def signed_in(
        name: str = "eva", *scopes: str, language: str = "en", theme: str = "light", scripts: bool = True
    ) -> Page:
        context = browser.new_context(
            locale=language,
            color_scheme="dark" if theme == "dark" else "light",
            viewport=WIDE,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(console.url)
        page.fill("#token", console.token(name, *scopes))
        page.click("main button")
        page.wait_for_load_state()
        return page

    yield signed_in
    for one in contexts:
        one.close()
    assert faults == []
