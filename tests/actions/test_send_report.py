"""`send_report`: the report goes out as an attachment, once per case, to the contact as a legal duty."""

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.actions.outward import ANNA, acted, place_with, told
from tests.installations import Place
from tests.receivers import Receiver
from tests.rehearsals import differences, rule_test


def attached(letter: EmailMessage) -> tuple[str, str, bytes]:
    """Return name, type and content of the one attachment of a letter."""
    (one,) = letter.iter_attachments()
    content = one.get_content()
    return str(one.get_filename()), one.get_content_type(), content if isinstance(content, bytes) else content.encode()


def test_the_contact_gets_a_page(tmp_path: Path) -> None:
    """With the message as its text, in the contact's language; the page is about the contact and names the rule."""
    place = acted(tmp_path, None, "send_report: {to: the contact, using: hello}", ANNA | {"language": "sv"})
    (letter,) = place.letters()
    name, kind, content = attached(letter)

    assert (str(letter["To"]), str(letter["Subject"])) == ("anna@example.se", "Hej Anna Canary")
    body = letter.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "It is 4711."
    assert (name, kind) == ("personal-data.html", "text/html")
    assert all(text in content.decode() for text in ("<h1>Registerutdrag</h1>", "Anna Canary"))


def test_a_machine_gets_json(tmp_path: Path) -> None:
    """The same document as that of the command."""
    place = acted(tmp_path, None, "send_report: {to: contact owner, using: hello, as: json}")
    (letter,) = place.letters()
    name, kind, content = attached(letter)

    assert (str(letter["To"]), name, kind) == ("eva@firm.example", "personal-data.json", "application/json")
    assert (json.loads(content)["id"], json.loads(content)["language"]) == ("4711", "en")


def test_a_table_has_one_value_a_line_and_no_formula(tmp_path: Path) -> None:
    """Fields and items, in any program that reads CSV; what a spreadsheet would calculate stays text."""
    formula = {
        "name": "=1+1",
        "phone": "+46 8 000 01",
        "activities": [{"id": "a1", "type": "visit", "at": "2026-01-10"}],
    }
    place = acted(tmp_path, None, "send_report: {to: contact owner, using: hello, as: csv}", ANNA | formula)
    (letter,) = place.letters()
    name, kind, content = attached(letter)
    rows = {(row["collection"], row["item"], row["field"]): row["value"] for row in read(content)}

    assert (name, kind) == ("personal-data.csv", "text/csv")
    assert (rows["", "", "name"], rows["", "", "phone"]) == ("'=1+1", "+46 8 000 01")
    assert rows["activities", "a1", "type"] == "visit"
    assert ("", "", "birth_date") not in rows


def read(content: bytes) -> Iterator[dict[str, str]]:
    """Give the rows of a table."""
    yield from csv.DictReader(StringIO(content.decode(), newline=""))


def test_everybody_with_a_role_gets_one(tmp_path: Path) -> None:
    """Each in a letter of their own."""
    place = acted(tmp_path, None, "send_report: {to: dpo, using: hello}")

    assert {"eva@firm.example", "dag@firm.example"} == {str(one["To"]) for one in place.letters()}
    assert all(attached(one)[0] == "personal-data.html" for one in place.letters())


@pytest.mark.parametrize(
    ("change", "to", "reason"),
    [
        ({"restrict_processing": True}, "the contact", None),
        ({"requests": [{"type": "objection", "status": "open", "at": "2026-01-01"}]}, "the contact", None),
        ({"email": None}, "the contact", "NO_ADDRESS"),
        ({"email": "nowhere"}, "the contact", "NO_ADDRESS"),
        ({"deceased": True}, "the contact", "DECEASED"),
        ({"deceased": True}, "dpo", None),
        ({"owner": None}, "contact owner", "NO_ADDRESS"),
    ],
)
def test_l3_to_the_contact_it_is_a_legal_duty(
    tmp_path: Path, change: dict[str, Any], to: str, reason: str | None
) -> None:
    """Restriction and objection do not stand in its way; a missing address does, and that the person has died."""
    place = acted(tmp_path, None, f"send_report: {{to: {to}, using: hello}}", ANNA | change)

    assert told(place, reasons=True) == {str(reason): 1}
    assert bool(place.letters()) == (reason is None)


def test_r2_it_goes_out_once_per_case(tmp_path: Path) -> None:
    """However often rules are run."""
    place = acted(tmp_path, None, "send_report: {to: the contact, using: hello}")
    for _ in range(3):
        place.clock.move(timedelta(days=1))
        place.take({"id": "4711", "phone": str(place.clock.now())})
        place.live()

    assert (told(place), len(place.letters())) == ({"done": 1}, 1)


def test_a_channel_gets_none(tmp_path: Path) -> None:
    """It is refused where it is written, with what to do."""
    with Receiver() as ops:
        made = place_with(tmp_path, "send_report: {to: dpo, using: hello}", ops=ops)
        text = (
            "rules: [{rule: a, if: [{field: email, is: x}], then: [{send_report: {to: ops, using: hi}}]}]\n"
            "messages: {hi: {subject: a, body: b}}"
        )
        (problem,) = made.installation.loader().load_texts({"rules.yaml": text}).errors

    assert (problem.code, problem.place.line) == ("R121", 1)
    assert "`ops` is a channel" in problem.render()


def test_the_report_is_of_the_record_as_it_is_when_it_goes_out(tmp_path: Path) -> None:
    """Not as it was when the case opened."""
    place: Place = place_with(tmp_path, "send_report: {to: the contact, using: hello}")
    place.run()
    place.take({"id": "4711", "phone": "070-123"})
    place.act()

    assert b"070-123" in attached(place.letters()[0])[2]


RULE = """\
rules:
  - rule: the-rule
    title: Access
    if: [{field: category, is: Lead}]
    then: [{send_report: {to: the contact, using: hello, as: %s}}]
messages:
  hello: {subject: a, body: b}
"""


@pytest.mark.parametrize("form", ["html", "json", "csv"])
def test_a_rule_test_sees_it_as_a_message(form: str) -> None:
    """By the name of its text; a missing address is seen as the reason why nothing was sent."""

    def differing(given: str, expect: str) -> list[tuple[str, object, object]]:
        return differences(RULE % form + rule_test(f"[{{expect: {expect}}}]", given=given))

    assert differing("{category: Lead}", "{messages: [hello], withheld: []}") == []
    assert differing("{category: Lead, email: nowhere}", "{messages: [], withheld: [NO_ADDRESS]}") == []
    assert differing("{category: Lead}", "{messages: []}") != []
