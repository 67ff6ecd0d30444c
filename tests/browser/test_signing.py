"""Signing in and out at the console, as people do it."""

from tests.browser.conftest import SignIn


def test_somebody_signs_in_sees_today_and_signs_out(sign_in: SignIn) -> None:
    """A token opens the first page; signing out leads to where one signs in, and says so."""
    page = sign_in()
    assert page.locator("h1").inner_text() == "Today"
    page.get_by_role("button", name="Sign out").click()

    assert page.get_by_role("status").inner_text() == "You are signed out."
    page.go_back()
    page.reload()
    assert page.locator("h1").inner_text() == "Sign in"


def test_the_console_is_complete_without_scripts(sign_in: SignIn) -> None:
    """Language and colours are chosen by buttons where no script sends them."""
    page = sign_in(scripts=False)
    page.get_by_role("button", name="Svenska").click()
    assert page.locator("h1").inner_text() == "Idag"
    page.locator("#theme").select_option("dark")
    page.get_by_role("button", name="Byt").click()

    assert page.locator("html").get_attribute("data-theme") == "dark"
