"""Contacts as people look for them: why somebody is in a selection, and what is done about somebody."""

import re
from importlib import import_module
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import SignIn

WORDS = {
    "en": (
        "Contacts",
        "Find",
        re.compile("Why ?: Customers we have lost touch with"),
        "true:",
        ("category", "older than 1 year", "activities"),
    ),
    "sv": (
        "Kontakter",
        "Sök",
        re.compile("Varför ?: Kunder vi tappat kontakten med"),
        "uppfyllt:",
        ("kategori", "äldre än 1 år", "aktiviteter"),
    ),
}


def test_find_out_why_a_contact_is_in_a_selection(sign_in: SignIn) -> None:
    """From the first page: look for the name, open the contact, ask why; each criterion has its value beside it."""
    for language, (contacts, find, why, true, words) in WORDS.items():
        page = sign_in(language=language)
        page.get_by_role("link", name=contacts, exact=True).click()
        page.fill("#words", "åsa ö")
        page.get_by_role("button", name=find, exact=True).click()
        assert "asa" not in page.url
        page.get_by_role("link", name="Åsa Öberg").click()
        assert page.get_by_role("link", name="lost-customers", exact=True).is_visible()
        page.get_by_role("link", name=why).click()

        criteria = page.locator(".tree ul li").all_inner_texts()
        said = [re.sub(r"\s+", " ", one) for one in criteria]
        assert [one.startswith(f"✓ {true}") and word in one for one, word in zip(said, words, strict=True)] == [
            True
        ] * 3
        assert page.locator(".tree strong").all_inner_texts() == ["Customer", "2024-01-10", "0"]


def test_a_hold_keeps_somebody_from_a_deletion(sign_in: SignIn) -> None:
    """The form is behind its heading; lifting it is asked again first, and a no leaves it as it is."""
    page = sign_in()
    page.goto(f"{page.url.partition('?')[0]}/contacts/lead-1")
    page.locator("summary", has_text="Place a hold").click()
    page.fill("#reason", "a lawsuit")
    page.get_by_role("button", name="Place the hold").click()
    assert page.get_by_role("status").inner_text() == "The hold is placed."
    for answer, is_held in (("No", True), ("Yes", False)):
        page.locator("summary", has_text="Lift the hold").click()
        page.get_by_role("button", name="Lift the hold").click()
        page.get_by_role("button", name=answer, exact=True).click()
        if not is_held:
            page.get_by_role("status").wait_for()
        else:
            page.reload()
        assert page.get_by_text("hold: a lawsuit", exact=False).first.is_visible()
        assert (page.locator(".banner.warn", has_text="Held").count() == 1) is is_held


def test_all_is_done_without_scripts(sign_in: SignIn) -> None:
    """Somebody is found, and their planned deletion is cancelled."""
    page = sign_in(scripts=False)
    page.get_by_role("link", name="Contacts", exact=True).click()
    page.fill("#words", "lead-2")
    page.get_by_role("button", name="Find", exact=True).click()
    page.locator("summary", has_text="Keep: cancel the deletion").click()
    page.get_by_role("button", name="Cancel the deletion").click()

    assert page.get_by_role("status").inner_text() == "The deletion is cancelled."


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_contacts_are_accessible_and_fit_narrow_screens(sign_in: SignIn, theme: str) -> None:
    """No finding of axe (WCAG 2.2 AA) with everything opened, and no scrolling sideways at 420 px."""
    page = sign_in(theme=theme)
    home = page.url.partition("?")[0]
    for path in ("", "/busy-1", "/lead-3", "/prospect-1", "/lead-3/explain?rule=old-leads"):
        page.goto(f"{home}/contacts{path}")
        for one in page.locator("details").all():
            one.evaluate("it => it.open = true")
        assert findings(page) == [], path
        page.set_viewport_size({"width": 420, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 420, path
        page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{home}/contacts")
    page.fill("#words", "kim")
    page.get_by_role("button", name="Find", exact=True).click()
    assert findings(page) == []


def findings(page: Page) -> list[str]:
    """Return what axe finds on a page."""
    tags = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    axe: Any = import_module("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options=tags).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
