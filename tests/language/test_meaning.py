"""What criteria mean, in a table: the text of a rule, a contact, and the truth that an admin would expect."""

from datetime import datetime
from typing import Any

import pytest

from engine.model.shipped import CONTACT
from engine.model.snapshot import read_snapshot
from engine.vocabulary.calendar import Moment
from tests.rulebooks import STOCKHOLM, rule

NOW = "2026-03-01T08:00:00+01:00"
SALES = {
    "sales": [
        {"status": "sold", "amount": 100, "at": "2026-02-10"},
        {"status": "Open", "amount": 50, "at": "2026-05-01"},
    ]
}
GAP = {"sales": [{"status": "sold", "amount": 100, "at": "2026-02-10"}, {"amount": 30, "at": "2026-02-20"}]}
GIVEN = {"consents": [{"purpose": "marketing", "status": "given", "at": "2025-01-01", "expires_on": "2026-03-01"}]}
TIED = {
    "consents": [
        {"id": "a", "purpose": "marketing", "status": "given", "at": "2025-01-01"},
        {"id": "b", "purpose": "marketing", "status": "withdrawn", "at": "2025-01-01"},
        {"id": "c", "purpose": "storage", "status": "given", "legal_basis": "contract", "at": "2025-01-01"},
    ]
}
TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("[{field: country, is: NO}]", {"country": "no"}, "true"),
    ("[{field: country, is: NO, case: exact}]", {"country": "no"}, "false"),
    ("[{field: country, is: NO}]", {}, "unknown"),
    ("[{field: country, is: NO, if_missing: match}]", {}, "true"),
    ("{none: [{field: country, is: NO, if_missing: match}]}", {}, "false"),
    ("[{field: country, is_missing: true}]", {}, "true"),
    ("[{field: name, contains: STRASSE}]", {"name": "Hauptstraße 5"}, "true"),
    ("[{field: name, matches: '^a+$'}]", {"name": "AAA"}, "true"),
    ("[{field: tags, has_any: [VIP, x]}]", {"tags": ["vip"]}, "true"),
    ("[{field: tags, has_all: [vip, x]}]", {"tags": ["vip"]}, "false"),
    ("[{field: tags, is_empty: true}]", {"tags": []}, "true"),
    ("[{field: tags, is_empty: true}]", {}, "unknown"),
    ("[{field: created_on, older_than: 1 month}]", {"created_on": "2026-01-31"}, "true"),
    ("[{field: created_on, older_than: 5 working days}]", {"created_on": "2026-02-20"}, "true"),  # now is a Sunday
    ("[{field: created_on, older_than: 5 working days}]", {"created_on": "2026-02-23"}, "false"),
    ("[{field: created_on, in_last: 5 working days}]", {"created_on": "2026-02-23"}, "true"),
    ("[{field: created_on, in_next: 1 working day}]", {"created_on": "2026-03-02T23:59:59"}, "true"),
    ("[{field: created_on, in_next: 1 working day}]", {"created_on": "2026-03-03"}, "false"),
    ("[{field: created_on, older_than: 1 month 1 working day}]", {"created_on": "2026-01-29"}, "false"),
    ("[{field: created_on, older_than: 1 month 1 working day}]", {"created_on": "2026-01-26"}, "true"),
    ("[{field: created_on, older_than: 1 month}]", {"created_on": "2026-02-01"}, "true"),
    ("[{field: created_on, older_than: 1 month}]", {"created_on": "2026-02-02"}, "false"),
    ("[{field: created_on, older_than: 28 days}]", {"created_on": "2026-02-01"}, "true"),
    ("[{field: created_on, older_than: 3 days}]", {"created_on": "2027-01-01"}, "false"),
    ("[{field: created_on, in_last: 3 days}]", {"created_on": "2027-01-01"}, "false"),
    ("[{field: created_on, in_next: 1 year}]", {"created_on": "2027-03-01"}, "true"),
    ("[{field: created_on, on: 2026-03-01}]", {"created_on": "2026-03-01"}, "true"),
    ("[{field: created_on, today: true}]", {"created_on": "2026-03-01"}, "true"),
    ("[{field: created_on, between: [2026-02-01, 2026-03-01]}]", {"created_on": "2026-03-01"}, "true"),
    ("[{field: created_on, after: 2026-03-01}]", {"created_on": "2026-03-01"}, "false"),
    ("[{field: birth_date, anniversary_in_next: 7 days}]", {"birth_date": "1980-03-01"}, "true"),
    ("[{field: birth_date, anniversary_in_next: 7 days}]", {"birth_date": "1980-02-29"}, "false"),
    ("[{field: birth_date, anniversary_in_next: 364 days}]", {"birth_date": "1980-02-29"}, "true"),
    ("[{field: birth_date, anniversary_in_next: 7 days}]", {"birth_date": "2026-03-02"}, "false"),
    ("[{field: created_on, before: {field: last_activity_on}}]", {"created_on": "2026-01-01", "last_activity_on": "2026-01-02"}, "true"),
    ("[{field: created_on, before: {field: last_activity_on}}]", {"created_on": "2026-01-01"}, "unknown"),
    ("[{count: sales, equals: 2}]", SALES, "true"),
    ("[{count: sales, where: {status: open}, at_least: 1}]", SALES, "true"),
    ("[{count: sales, in_last: 90 days, equals: 1}]", SALES, "true"),
    ("[{count: sales, in_next: 90 days, equals: 1}]", SALES, "true"),
    ("[{count: sales, equals: 0}]", {}, "true"),
    ("[{count: sales, where: {status: sold}, at_least: 1}]", GAP, "true"),
    ("[{count: sales, where: {status: sold}, at_least: 2}]", GAP, "unknown"),
    ("[{count: sales, where: {status: sold}, at_least: 3}]", GAP, "false"),
    ("[{sum: sales.amount, where: {status: sold}, more_than: 120}]", GAP, "unknown"),
    ("[{sum: sales.amount, where: {status: sold}, more_than: 130}]", GAP, "false"),
    ("[{sum: sales.amount, where: {status: [sold, open]}, equals: 150}]", SALES, "true"),
    ("[{last: sales, on: 2026-02-10}]", SALES, "true"),
    ("[{next: sales, in_next: 1 year}]", SALES, "true"),
    ("[{first: sales, before: 2026-02-11}]", SALES, "true"),
    ("[{first: sales, in_last: 30 days}]", {"sales": [{"at": "2020-01-01"}, {"at": "2026-02-20"}]}, "false"),
    ("[{last: sales, older_than: 1 day}]", {}, "unknown"),
    ("[{last: sales, is_missing: true}]", {}, "true"),
    ("[{last: sales, where: {status: sold}, newer_than: 15 days}]", GAP, "unknown"),
    ("[{last: sales, where: {status: sold}, newer_than: 40 days}]", GAP, "true"),
    ("[{count: sales, where: [{field: amount, at_least: 75}, {field: status, is_missing: false}], equals: 1}]", SALES, "true"),
    ("[{consent: marketing, is: given}]", GIVEN, "true"),
    ("[{consent: Marketing, is: given}]", GIVEN, "true"),
    ("[{consent: storage, is: never_given}]", GIVEN, "true"),
    ("[{consent: marketing, is: withdrawn}]", TIED, "true"),
    ("[{legal_basis: storage, is: contract}]", TIED, "true"),
    ("[{legal_basis: any, is: none}]", TIED, "false"),
    ("[{legal_basis: marketing, is: none}]", TIED, "true"),
    ("[{consent: marketing, is: given}]", {"consents": [{"purpose": "marketing", "status": "given"}]}, "unknown"),
    ("[{latest_of: [created_on, {last: sales}], older_than: 10 days}]", SALES | {"created_on": "2020-01-01"}, "true"),
    ("[{earliest_of: [created_on, last_activity_on], older_than: 10 days}]", {"created_on": "2020-01-01"}, "true"),
    ("[{latest_of: [created_on, last_activity_on], older_than: 10 days}]", {}, "unknown"),
    ("{any: [{field: country, is: NO}, {field: email, is: x}], none: [{field: owner, is: eva}]}", {"country": "NO", "owner": "dag"}, "true"),
    ("{any: [{field: country, is: NO}], none: [{field: owner, is: eva}]}", {"country": "NO"}, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("criteria", "contact", "expected"), TABLE, ids=[f"{row[0]} {number}" for number, row in enumerate(TABLE)]
)
def test_criteria_mean_what_an_admin_expects(criteria: str, contact: dict[str, Any], expected: str) -> None:
    """Each line of the table: the rule's text, the contact, and what it comes to."""
    facts = read_snapshot(CONTACT, {"id": "1", **contact}, STOCKHOLM).as_facts()

    assert expected == rule(criteria).criteria.truth(facts, Moment(datetime.fromisoformat(NOW), STOCKHOLM)).value


@pytest.mark.parametrize(
    ("at", "expected"), [("2026-03-01T23:59:59+01:00", "given"), ("2026-03-02T00:00:00+01:00", "expired")]
)
def test_a_consent_is_valid_through_the_end_of_its_last_day(at: str, expected: str) -> None:
    """It expires when the day after begins, in the zone."""
    facts = read_snapshot(CONTACT, {"id": "1", **GIVEN}, STOCKHOLM).as_facts()
    asked = rule(f"[{{consent: marketing, is: {expected}}}]").criteria

    assert asked.truth(facts, Moment(datetime.fromisoformat(at), STOCKHOLM)).value == "true"
