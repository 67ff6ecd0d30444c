"""The report's page: everything is escaped, nothing is loaded from anywhere, and every code has words."""

import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from engine.service import guards
from engine.service.report import words
from engine.service.report.document import Report
from engine.service.report.page import as_html, page_of, texts
from engine.service.report.sections import SECTIONS
from engine.service.report.teller import Teller
from engine.service.reporting import Reporter
from engine.store import deletions, intents
from engine.vocabulary.tongue import LANGUAGES
from tests.installations import NOON, Place

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }}"
RULE = """\
rules:
  - rule: leads
    title: "Leads {% raw %}<b>bold</b>"
    stage: live
    if: [{field: category, is: Lead}]
    then: [{raise_alert: "Ask {{ contact.name }}"}, {keep_in_selection: leads}]
"""


class Tags(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def report_of(folder: Path, language: str, **record: Any) -> Report:
    """Return the report about somebody whose name is an attack."""
    place = Place(folder, RULE)
    place.take({"id": "1", "name": EVIL, "category": "Lead", "tags": [EVIL]} | record)
    place.live()
    with place.store.database.reading() as connection:
        found = Reporter.of(place.scene()).report(connection, "contact", "1", place.installation.moment(), language)
    assert found is not None
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_s10_what_people_wrote_is_inert_on_the_page(tmp_path: Path, language: str) -> None:
    """A name, a list, an alert and the title of a rule are shown letter by letter, and begin no tag."""
    found = report_of(tmp_path, language)
    page = Tags(as_html(found, Place(tmp_path).store.zone))

    assert not {"script", "img", "b", "link", "iframe"} & {tag for tag, _ in page.tags}
    assert page.text.count(EVIL) >= 3
    assert "<b>bold</b>" in page.text


def test_a_page_loads_nothing_and_says_so(tmp_path: Path) -> None:
    """No address but places on the page itself; the policy forbids the rest, and allows the style by its digest."""
    page = as_html(report_of(tmp_path, "en"), Place(tmp_path).store.zone)
    addresses = [
        value for _, attributes in Tags(page).tags for name, value in attributes.items() if name in {"href", "src"}
    ]

    assert addresses
    assert all(str(one).startswith("#") for one in addresses)
    assert "default-src 'none'" in page
    assert "url(" not in page
    assert "@import" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_can_be_walked_through_by_who_does_not_see_it(tmp_path: Path, language: str) -> None:
    """Its language is told, headings go down by one, each section is named, each table has headings with a scope."""
    page = Tags(as_html(report_of(tmp_path, language), Place(tmp_path).store.zone))
    headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    names = {attributes.get("id") for _, attributes in page.tags}

    assert ("html", {"lang": language}) in page.tags
    assert (headings[0], headings.count(1)) == (1, 1)
    assert all(below - above <= 1 for above, below in itertools.pairwise(headings))
    assert all(attributes.get("scope") in {"row", "col"} for tag, attributes in page.tags if tag == "th")
    assert {attributes["aria-labelledby"] for tag, attributes in page.tags if tag == "section"} <= names
    assert len([tag for tag, _ in page.tags if tag == "section"]) == len(SECTIONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_and_no_name_of_a_program_is_left_in_the_text(tmp_path: Path, language: str) -> None:
    """States, reasons and kinds are said in words, in the one language."""
    found = report_of(tmp_path, language, name="Anna", tags=["vip"])
    found = replace(found, rows={**found.rows, "deletions": (DELETION,), "messages": (MESSAGE,)})
    said = [one for one in texts(page_of(found, Teller(language, Place(tmp_path).store.zone))) if one]

    assert [one for one in said if re.search(r"[a-z]_[a-z]|[A-Z]{3,}_|\bNone\b|\bTrue\b", one)] == []


DELETION: dict[str, Any] = {
    "id": 1,
    "rule": "erase",
    "title": "Erase",
    "state": "in_recycle_bin",
    "reason": "NO_LONGER_TRUE",
    "how": None,
    "purposes": None,
    "scheduled_at": NOON,
    "due_at": NOON,
    "ordered_at": NOON,
    "bin_until": NOON,
    "ended_at": None,
    "history": ({"state": "kept", "reason": "OBJECTION_PENDING", "at": NOON, "by_a_person": True},),
}
MESSAGE: dict[str, Any] = {
    "id": 1,
    "rule": "a",
    "title": "A",
    "what": "send_report",
    "to": "contact owner",
    "state": "withheld",
    "reason": "CASE_CLOSED",
    "created_at": NOON,
    "not_before": NOON,
    "ended_at": None,
}


def test_every_state_and_guard_has_words() -> None:
    """The lists that the service goes by are those that have words, in every language."""
    assert deletions.MOVES.keys() <= words.DELETION.keys()
    assert {code for code, _, _ in guards.GUARDS} | set(deletions.CAN_BEGIN_ANEW) <= words.REASONS.keys()
    assert {intents.PENDING, intents.DONE, intents.WITHHELD, intents.PARKED} <= words.SENT.keys()
    tables = (words.TYPES, words.STANDING, words.CASES, words.SENT, words.DELETION, words.REVIEW, words.TOLD)
    every = [one for table in (*tables, words.STAGES, words.REASONS, words.RETENTION) for one in table.values()]
    assert all(one.texts.keys() == set(LANGUAGES) for one in (*every, *words.RIGHTS))


def test_a_code_without_words_is_at_least_readable() -> None:
    """What others add is shown, not hidden; a sentence stays a sentence."""
    assert words.named(words.REASONS, "BRAND_NEW", "sv") == "brand new"
    assert words.named(words.REASONS, "the address was refused (550)", "sv") == "the address was refused (550)"
    assert words.named(words.REASONS, None, "sv") == ""
