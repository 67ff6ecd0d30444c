"""People at the console decide about deletions: they approve a batch, restore one from the bin, answer a review."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SignIn
from tests.consoles import Console, served
from tests.service.test_approving import place_asking
from tests.service.test_destroying import crowd


def yes(page: Page) -> None:
    """Say yes to what is asked once more."""
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()


def follow(page: Page, chapter: str) -> None:
    """Go to a chapter."""
    page.get_by_role("navigation", name="Chapters").get_by_role("link", name=chapter).click()


def test_somebody_approves_a_batch_after_looking_at_real_cases(sign_in: SignIn, console: Console) -> None:
    """See the set and the sample, approve with a reason: exactly these are approved, and go."""
    page = sign_in()
    follow(page, "Deletions")
    page.get_by_role("link", name="Batch 1", exact=True).click()
    sample = page.locator("section", has=page.get_by_role("heading", name="A sample")).locator("tbody > tr")
    assert sample.count() == 5
    assert "Lo 1" in sample.nth(0).inner_text()
    shown = sample.all_inner_texts()
    page.reload()
    assert sample.all_inner_texts() == shown

    page.locator("#why-approve").fill("looked at all five")
    page.get_by_role("button", name="Approve exactly these 5").click()
    yes(page)
    expect(page.get_by_role("status")).to_have_text("Exactly this set is approved.")
    found = console.place.deletions()
    assert {one for one, (state, _) in found.items() if state == "approved"} == {
        f"lead-{number}" for number in (1, 2, 4, 5, 6)
    }
    assert found["lead-3"] == ("kept", "HOLD")


def test_who_says_no_to_the_question_has_decided_nothing(sign_in: SignIn, console: Console) -> None:
    """The dialogue can be left, and what was written is still there."""
    page = sign_in()
    page.goto(f"{console.url}/deletions/batches/1")
    page.locator("#why-approve").fill("looked")
    page.get_by_role("button", name="Approve exactly these 5").click()
    page.get_by_role("dialog").get_by_role("button", name="No").click()

    assert page.locator("#why-approve").input_value() == "looked"
    assert console.place.deletions()["lead-1"] == ("due", "AWAITS_APPROVAL")


def test_a_set_that_changed_meanwhile_is_refused_and_shown_as_it_is(browser: Browser, console: Console) -> None:
    """What changed is told, the reason is kept, and the set as it is now can be approved."""
    page = person(browser, console, "eva")  # whose browser may tell of a page that is a refusal
    page.goto(f"{console.url}/deletions/batches/1")
    page.locator("#why-approve").fill("looked at all")
    console.place.take({"id": "lead-2", "category": "Customer"})
    console.place.live()
    page.get_by_role("button", name="Approve exactly these 5").click()
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        yes(page)
    assert answered.value.status == 409
    assert "1 deletion has left: 2" in page.get_by_role("alert").inner_text()
    assert page.locator("#why-approve").input_value() == "looked at all"
    page.get_by_role("button", name="Approve exactly these 4").click()
    yes(page)

    expect(page.get_by_role("status")).to_have_text("Exactly this set is approved.")
    page.context.close()
    assert console.place.deletions()["lead-2"] == ("cancelled", "NO_LONGER_TRUE")
    assert console.place.deletions()["lead-1"] == ("approved", None)


def test_two_people_are_asked_and_each_says_it_for_themselves(browser: Browser, tmp_path: Path) -> None:
    """After the first word one more is needed, and whoever said it cannot say it again."""
    place = place_asking(tmp_path, "from: dpo, people: 2", *crowd(2))
    with served(place) as console:
        eva, dag = (person(browser, console, name) for name in ("eva", "dag"))
        approve_as(eva, console)
        expect(eva.get_by_role("status")).to_have_text("Your word is noted; more are needed.")
        expect(eva.get_by_text("You have said yes to exactly this set.")).to_be_visible()
        assert {state for state, _ in place.deletions().values()} == {"due"}
        approve_as(dag, console)
        expect(dag.get_by_role("status")).to_have_text("Exactly this set is approved.")
        for one in (eva, dag):
            one.context.close()

    assert {state for state, _ in place.deletions().values()} == {"approved"}


def person(browser: Browser, console: Console, name: str) -> Page:
    """Sign somebody in."""
    page = browser.new_context(locale="en").new_page()
    page.goto(console.url)
    page.fill("#token", console.token(name, "read", "approve"))
    page.click("main button")
    return page


def approve_as(page: Page, console: Console) -> None:
    """Approve the only batch."""
    page.goto(f"{console.url}/deletions/batches/1")
    page.locator("#why-approve").fill("looked")
    page.get_by_role("button", name="Approve exactly these 2").click()
    yes(page)


def test_somebody_brings_a_contact_back_from_the_bin(sign_in: SignIn, console: Console) -> None:
    """Find it in the queue, restore it with a reason: it is back, and the history says who and why."""
    page = sign_in("eva", "read", "operate")
    assert console.place.key_of("prospect-1") == 0
    follow(page, "Deletions")
    page.get_by_role("navigation", name="States").get_by_role("link", name="in the recycle bin").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="prospect-1"))
    row.get_by_role("rowheader").get_by_role("link").click()
    page.get_by_text("Bring it back", exact=True).click()
    page.locator("#why-restore").fill("she called")
    page.get_by_role("button", name="Bring it back from the bin").click()
    yes(page)

    expect(page.get_by_role("status")).to_have_text("The contact is back.")
    last = page.locator("section", has=page.get_by_role("heading", name="How it came to that")).locator("tbody > tr")
    assert "“she called”" in last.last.inner_text()
    assert "eva" in last.last.inner_text()
    assert console.place.key_of("prospect-1") != 0


def test_somebody_keeps_a_contact_with_a_reason(sign_in: SignIn, console: Console) -> None:
    """One of a batch leaves it; the others wait on."""
    page = sign_in("eva", "read", "operate")
    page.goto(f"{console.url}/deletions/batches/1")
    page.get_by_label("Keep deletion 4").check()
    page.locator("#why-keep").fill("still a customer")
    page.get_by_role("button", name="Keep the chosen ones").click()
    yes(page)

    expect(page.get_by_role("status")).to_have_text("They are kept.")
    assert console.place.deletions()["lead-4"] == ("cancelled", "KEPT_BY_PERSON")
    assert console.place.deletions()["lead-5"] == ("due", "AWAITS_APPROVAL")


def test_somebody_answers_a_review(sign_in: SignIn, console: Console) -> None:
    """Open it from the list, look at what is held, and answer with a reason: it waits no more."""
    page = sign_in("eva", "read", "operate")
    follow(page, "Reviews")
    page.get_by_role("link", name="Is the deletion carried out?").click()
    assert "no_automated_decisions" in page.locator("#inputs + dl").inner_text()
    page.locator("#why").fill("has asked us to stay")
    page.get_by_role("button", name="Keep things as they are").click()
    yes(page)

    expect(page.get_by_role("status")).to_have_text("The review is answered.")
    assert console.place.deletions()["prospect-2"] == ("cancelled", "KEPT_BY_PERSON")
    follow(page, "Reviews")
    expect(page.get_by_role("link", name="Is the deletion carried out?")).to_have_count(0)


def test_deciding_works_without_scripts(sign_in: SignIn, console: Console) -> None:
    """No dialogue asks, and all else is the same."""
    page = sign_in("eva", scripts=False)
    page.goto(f"{console.url}/deletions/batches/1")
    page.locator("#why-approve").fill("looked")
    page.get_by_role("button", name="Approve exactly these 5").click()

    expect(page.get_by_role("status")).to_have_text("Exactly this set is approved.")
    assert console.place.deletions()["lead-1"] == ("approved", None)


def test_the_pages_can_be_used_by_everybody(sign_in: SignIn, console: Console) -> None:
    """No fault of accessibility (WCAG 2.2 AA), in light and dark, and no page that has to be pushed sideways."""
    console.service.foresight.begin(console.service.scene)
    console.service.foresight.wait(60)
    for theme in ("light", "dark"):
        page = sign_in(theme=theme)
        for path in ("deletions", "deletions/1", "deletions/7", "deletions/batches/1", "reviews", "reviews/2"):
            page.goto(f"{console.url}/{path}")
            page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
            found = Axe().run(
                page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
            )
            assert found.violations_count == 0, (path, theme, found.generate_report())
            page.set_viewport_size({"width": 360, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
            page.set_viewport_size({"width": 1280, "height": 900})
