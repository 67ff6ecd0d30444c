"""Lists of the console as people use them: by keyboard and without scripts, in both languages, on narrow screens."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import SignIn
from tests.consoles import Console

PATHS = (
    "selections",
    "selections/lost-customers",
    "alerts",
    "holds",
    "messages",
    "messages/notices",
    "messages/recipients",
    "audit",
)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("sv", "dark")])
def test_every_page_is_accessible_and_fits_a_narrow_screen(
    sign_in: SignIn, console: Console, language: str, theme: str
) -> None:
    """No rule of WCAG 2.2 AA that a machine can check is broken, and no page has to be moved sideways."""
    page = sign_in(language=language, theme=theme)
    for path in PATHS:
        page.goto(f"{console.url}/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": list(RULES)}})
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        page.set_viewport_size({"width": 420, "height": 900})
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 420, path
        page.set_viewport_size({"width": 1280, "height": 900})


def test_an_alert_is_lowered_after_a_question(sign_in: SignIn, console: Console) -> None:
    """No leaves it raised; yes lowers it, and the page says so and stays narrowed down."""
    page = sign_in()
    page.goto(f"{console.url}/alerts")
    page.get_by_label("Severity").select_option("blocking")
    page.wait_for_url("**/alerts?severity=blocking&rule=")
    page.get_by_role("button", name="Lower the alert of busy-1").click()
    page.get_by_role("button", name="No").click()
    assert page.get_by_role("button", name="Lower the alert of busy-1").is_visible()
    page.get_by_role("button", name="Lower the alert of busy-1").click()
    page.get_by_role("button", name="Yes").click()

    assert page.get_by_role("status").inner_text() == "The alert is lowered."
    assert page.url.endswith("/alerts?severity=blocking&done=alert_lowered")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_selection_is_exported_and_the_page_stays(
    sign_in: SignIn, console: Console, tmp_path: Path, scripts: bool
) -> None:
    """The file comes as a download, twice if it is asked for twice."""
    page = sign_in(scripts=scripts)
    page.goto(f"{console.url}/selections")
    page.get_by_role("link", name="lost-customers").first.click()
    for number in range(2):
        with page.expect_download() as expected:
            page.get_by_role("button", name="Export the members").click()
        expected.value.save_as(tmp_path / f"{number}.csv")
    texts = [(tmp_path / f"{number}.csv").read_text(encoding="utf-8") for number in range(2)]

    assert texts[0] == texts[1]
    assert "Åsa Öberg" in texts[0]
    assert page.locator("h1").inner_text() == "lost-customers"


def test_a_hold_is_placed_and_the_chain_verified(sign_in: SignIn, console: Console) -> None:
    """What was done is the newest entry, in the name of who did it, and the chain is whole."""
    page = sign_in("dag")
    page.goto(f"{console.url}/holds")
    page.get_by_text("Place a hold").first.click()
    page.get_by_label("Contact").fill("lost-4")
    page.get_by_label("Reason").fill("a dispute about an invoice")
    page.get_by_role("button", name="Place the hold").click()
    assert page.get_by_role("status").inner_text() == "The hold is placed."
    assert page.get_by_role("link", name="lost-4").is_visible()
    page.goto(f"{console.url}/audit")
    page.get_by_role("button", name="Verify now").click()

    assert "The chain is whole" in page.get_by_role("status").inner_text()
    newest = page.locator("section[aria-labelledby=entries] tbody tr").first.inner_text()
    assert "dag" in newest
    assert "hold.placed" in newest
