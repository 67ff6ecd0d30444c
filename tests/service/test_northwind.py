"""Rules over real contacts: the members are exactly those that an independent computation gives."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.installations import Place, tally

FILE = Path(__file__).parent.parent / "fixtures" / "northwind.ndjson"
RULES = """\
rules:
  - rule: lost
    stage: live
    if:
      all:
        - {field: category, is: customer}
        - {count: sales, where: {status: sold}, in_last: 90 days, equals: 0}
        - {field: country, none_of: [USA, germany, Brazil]}
        - {sum: sales.amount, where: {status: sold}, more_than: 2000}
    then:
      - keep_in_selection: lost
  - rule: old
    stage: live
    if: [{field: created_on, older_than: 12 months}]
    then: [{keep_in_selection: old}]
"""


def expected(contacts: list[dict[str, Any]], today: date) -> list[str]:
    """Return the ids by plain Python over the raw JSON: nothing of the engine takes part."""
    found = []
    for contact in contacts:
        sold = [sale for sale in contact["sales"] if sale["status"] == "sold"]
        # Who has no country is undecided, so no member. A day counts from its first instant, and at noon 90 days
        # ago by the wall that day has begun: it is older than 90 days.
        recent = [sale for sale in sold if today - timedelta(days=90) < date.fromisoformat(sale["at"]) <= today]
        total = sum((Decimal(str(sale["amount"])) for sale in sold), Decimal(0))
        if not recent and contact.get("country", "USA") not in {"USA", "Germany", "Brazil"} and total > 2000:
            found.append(contact["id"])
    return sorted(found)


@pytest.mark.parametrize("today", [date(1998, 4, 1), date(1998, 6, 30)])
def test_the_members_are_those_of_an_independent_computation(tmp_path: Path, today: date) -> None:
    """Customers with no sold order for 90 days, country not in a list, total above an amount, at two instants."""
    contacts = [json.loads(line) for line in FILE.read_text().splitlines()]
    place = Place(tmp_path, RULES)

    assert (place.take_lines(FILE.read_bytes().splitlines()).taken.created, place.take().refused_count) == (93, 0)
    place.run(at=datetime(today.year, today.month, today.day, 10, tzinfo=UTC))
    assert expected(contacts, today) == place.members("lost")
    assert len(place.members("lost") or ()) > 5


def test_contacts_without_created_on_are_undecided_and_shown_so(tmp_path: Path) -> None:
    """Four contacts have no `created_on`: the rule that asks for it cannot tell."""
    place = Place(tmp_path, RULES)
    place.take_lines(FILE.read_bytes().splitlines())
    report = place.run(at=datetime(1998, 6, 30, 10, tzinfo=UTC))
    missing = {json.loads(line)["id"] for line in FILE.read_text().splitlines() if "created_on" not in json.loads(line)}

    assert 4 == len(missing) == tally(report, "old")[3]
    assert missing == {contact for rule, contact, state in place.cases() if rule == "old" and state == "undecided"}
