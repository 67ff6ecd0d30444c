"""The four pictures of README.md: `python -m tests.browser.readme` draws them anew, into docs/console."""

import os
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from engine.service import funnels
from engine.service.tick import tick
from tests.browser.conftest import CHROMIUM, WIDE
from tests.consoles import served, told_story
from tests.installations import Place

FOLDER = Path(__file__).parents[2] / "docs" / "console"
PICTURES = (
    ("today", "", "en", "light"),
    ("contact", "/contacts/lost-1/explain?rule=lost-customers", "sv", "dark"),
    ("batch", "/deletions/batches/1", "en", "light"),
    ("rule", "/rules/lost-customers", "en", "dark"),
)


def lived_on(place: Place) -> None:
    """Let a day pass in which something happens every few hours."""
    for hour in range(0, 24, 3):
        if hour % 6 == 3:
            place.take(
                {"id": f"new-{hour}", "name": f"Nils {hour}", "category": "Customer", "created_on": "2024-02-01"},
                {"id": f"lost-{3 + hour // 6}", "category": "Former customer"},
            )
        tick(place.scene(), place.installation.moment())
        place.clock.move(timedelta(hours=3))
    tick(place.scene(), place.installation.moment())
    funnels.count(place.scene(), "lost-customers", place.installation.moment(), None)


def main() -> None:
    """Draw them."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as started:
        place = told_story(Path(folder))
        lived_on(place)
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with served(place) as console:
            for name, path, language, theme in PICTURES:
                context = browser.new_context(
                    locale=language, color_scheme="dark" if theme == "dark" else "light", viewport=WIDE
                )
                page = context.new_page()
                page.goto(console.url)
                page.fill("#token", console.token())
                page.click("main button")
                page.wait_for_selector("nav.chapters")
                page.goto(f"{console.url}{path}")
                page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
    os._exit(0)  # the worker of durable-rules is not waited for
