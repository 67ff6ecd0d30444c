"""Speech: how what a rule names is called, where nobody has given it a name."""

import pytest

from engine.language.speech import Speech
from engine.language.template import Template
from engine.model.declared import with_additions
from engine.model.shipped import SHIPPED_MODEL
from engine.vocabulary.tongue import TONGUES
from engine.vocabulary.wording import Wording
from tests.rulebooks import STOCKHOLM

MODEL = with_additions(
    SHIPPED_MODEL,
    {
        "contact": {
            "fields": {
                "loyalty_level": "text",
                "is_vip": "flag",
                "interests": "list",
                "employer": {"references": "company"},
            },
            "collections": {"room_bookings": {"status": "text"}},
        },
        "support_ticket": {"fields": {"name": "text"}},
    },
)


def speech(language: str, entity: str = "contact") -> Speech:
    """Return the speech about records of a model with additions."""
    return Speech(TONGUES[language], ("en",), MODEL, MODEL.entity(entity), STOCKHOLM)


@pytest.mark.parametrize(
    ("path", "english", "swedish"),
    [
        ("loyalty_level", "the contact's loyalty level", "kontaktens loyalty level"),
        ("is_vip", "the contact's mark “is vip”", "kontaktens markering ”is vip”"),
        ("interests", "the contact's list “interests”", "kontaktens lista ”interests”"),
        ("employer.created_on", "the contact's employer's creation date", "kontaktens employers skapandedatum"),
    ],
)
def test_a_custom_field_is_called_by_its_name_with_spaces(path: str, english: str, swedish: str) -> None:
    """What is named as a shipped one is called as that one is."""
    names = tuple(path.split("."))

    assert (speech("en").field(names), speech("sv").field(names)) == (english, swedish)


def test_custom_collections_and_entities_have_words_too() -> None:
    """None of them leaves an underscore to the reader."""
    ticket = speech("sv", "support_ticket")

    assert speech("sv").collection_name("room_bookings") == "room bookings"
    assert (ticket.record, ticket.records) == ("support ticket-posten", "poster av slaget ”support ticket”")
    assert ticket.field(("name",)) == "support ticket-postens namn"
    assert speech("en", "support_ticket").field(("name",)) == "the support ticket's name"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi {{ contact.name | default('you') | upper }}!", "Hi [the contact's name, or “you”]!"),
        ("{{ employer.name }}", "[the employer's name]"),
        ("{{ contact.employer.name }}", "[the contact's employer's name]"),
        ("{{ rule.title }} {{ rule.id }}", "[the title of the rule] [the name of the rule]"),
        (
            "{{ deletion.due_at | date }}, {{ deadline.due_at }}",
            "[the date of the deletion], [the last date of the term]",
        ),
        ("{{ needs.incident }} {{ 'as it is' }}", "[incident] as it is"),
    ],
)
def test_what_is_filled_in_later_stands_in_brackets(text: str, expected: str) -> None:
    """A message is read without a record: whoever signs it sees what will stand there."""
    assert speech("en").template(Template(Wording({"": text}))) == expected


def test_a_message_falls_back_as_it_does_when_it_is_sent() -> None:
    """A text in no language is for all of them; one that lacks the language is told in the one that it has."""
    assert speech("sv").template(Template(Wording({"": "plain", "en": "English"}))) == "plain"
    assert speech("sv").template(Template(Wording({"de": "Deutsch"}))) == "Deutsch"
