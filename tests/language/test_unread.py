"""Unread: whatever reads a field, be it a criterion, a reference, an item, a text, an event, or the service itself."""

import pytest

from engine.language.unread import unread
from engine.model.shipped import SHIPPED_MODEL
from tests.rulebooks import rulebook

RULE = "rules: [{{rule: a, owner: dpo, if: [{criterion}], then: [{action}]{more}}}]"


def is_read(reading: tuple[str, str, str], text: str) -> bool:
    """True when a rulebook reads something."""
    found = unread(SHIPPED_MODEL, rulebook(text))
    return reading not in found and (reading[1] == "" or (reading[0], reading[1], "") not in found)


@pytest.mark.parametrize(
    ("reading", "criterion", "action", "more"),
    [
        (("contact", "", "category"), "{field: category, is: Lead}", "", ""),
        (("company", "", "category"), "{field: company.category, is: Lead}", "", ""),
        (("contact", "", "company"), "{field: company.category, is: Lead}", "", ""),
        (("contact", "sales", "amount"), "{sum: sales.amount, more_than: 5}", "", ""),
        (("contact", "sales", "status"), "{count: sales, where: {status: sold}, at_least: 1}", "", ""),
        (("contact", "activities", "at"), "{count: activities, in_last: 2 days, at_least: 1}", "", ""),
        (("contact", "", "phone"), "", "raise_alert: \"{{ contact.phone | default('x') }}\"", ""),
        (("company", "", "name"), "", "raise_alert: \"{{ contact.company.name }}\"", ""),
        (("company", "", "owner"), "", "raise_alert: {message: {en: \"{{ company.owner }}\", sv: hej}}", ""),
        (("contact", "", "data_source"), "", "", ", check: {when_event: {event: data_source.changed}}"),
        (("contact", "", "privacy_notice_sent_on"), "", "", ", deadline: {within: 1 month, of: {field: privacy_notice_sent_on}}"),
        (("contact", "", "owner"), "", "notify: {to: contact owner, using: m}", ", title: x"),
    ],
)  # fmt: skip
def test_what_reads_a_field(reading: tuple[str, str, str], criterion: str, action: str, more: str) -> None:
    """It is unread without, and read with it."""
    messages = "messages: {m: {subject: a, body: b}}\n"
    before = RULE.format(criterion="{field: country, is: NO}", action="{keep_in_selection: s}", more="")
    after = RULE.format(
        criterion=criterion or "{field: country, is: NO}",
        action="{" + (action or "keep_in_selection: s") + "}",
        more=more,
    )

    assert not is_read(reading, messages + before)
    assert is_read(reading, messages + after)


@pytest.mark.parametrize(
    "reading",
    [
        ("contact", "", "email"), ("contact", "", "language"), ("contact", "", "birth_date"), ("contact", "", "deceased"),
        ("contact", "consents", "expires_on"), ("contact", "requests", "status"),
    ],
)  # fmt: skip
def test_what_the_service_itself_reads_is_never_named(reading: tuple[str, str, str]) -> None:
    """Flags, what guards of deletions look at, and where letters go."""
    assert is_read(reading, "rules: []")
    assert not is_read(("contact", "", "phone"), "rules: []")
