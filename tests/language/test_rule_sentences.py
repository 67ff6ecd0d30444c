"""Sentences of a rule: what each of its keys says to the person who signs."""

import pytest

from engine.language.audience import ROLE_NAMES
from engine.language.needs import QUESTIONS, STAND_INS
from engine.language.rule_keys import RULE_KEYS
from engine.language.rule_sentences import SECTIONS
from engine.vocabulary.tongue import LANGUAGES
from tests.descriptions import said

# In which section each key of a rule is told; the title stands above them all.
TOLD_IN = {
    "rule": "about", "title": "", "applies_to": "about", "description": "about", "stage": "stage", "owner": "grounds",
    "legal_basis": "grounds", "articles": "grounds", "needs": "inputs", "check": "check", "if": "criteria", "then": "then",
    "repeat": "then", "when_no_longer": "when_no_longer", "deadline": "deadline", "stop_if_more_than": "limit",
}  # fmt: skip
NOT_TOLD = {"tags", "for_each", "edited_by"}  # which sort rules, make several, and tell whose word does not count
DELETES = "owner: dpo, legal_basis: GDPR Art. 17, stop_if_more_than: {contacts: 25, percent: 2.5}"
DELETION = "[{schedule_deletion: {grace: 14 days}}]"
TASK = "[{create_task: {for: dpo, title: x}}]"


def rule(more: str = "", *, criteria: str = "[{field: category, is: Lead}]", then: str = "[{raise_alert: x}]") -> str:
    """Return the text of a rule with further keys."""
    return f"rules: [{{rule: the-rule, {more + ',' if more else ''} if: {criteria}, then: {then}}}]"


@pytest.mark.parametrize(
    ("section", "text", "english", "swedish"),
    [
        (
            "about",
            rule("applies_to: project", criteria="[{field: status, is: Running}]"),
            "The rule “the-rule” is applied to all projects.",
            "Regeln ”the-rule” tillämpas på alla projekt.",
        ),
        (
            "about",
            rule("description: Why."),
            "Its author describes it as follows: “Why.”",
            "Dess författare beskriver den så här: ”Why.”",
        ),
        (
            "about",
            rule("description: {en: Why., sv: Varför.}"),
            "Its author describes it as follows: “Why.”",
            "Dess författare beskriver den så här: ”Varför.”",
        ),
        (
            "stage",
            rule("stage: live"),
            "The rule is live: what is described here takes effect.",
            "Regeln är i drift: det som beskrivs här får verkan.",
        ),
        (
            "stage",
            rule(),
            "The rule is on watch: it is evaluated, and what it would do is counted, but nothing takes effect.",
            "Regeln är under observation: den prövas, och det den skulle göra räknas, men inget får verkan.",
        ),
        (
            "stage",
            rule("stage: 'off'"),
            "The rule is off: it is not evaluated, and nothing takes effect.",
            "Regeln är avstängd: den prövas inte, och inget får verkan.",
        ),
        ("grounds", rule(), "Responsible for the rule: nobody is named.", "Rättslig grund: ingen är angiven."),
        (
            "grounds",
            rule("owner: eva, articles: [Art. 5, Art. 17]"),
            "Responsible for the rule: “eva”.",
            "Artiklar i GDPR: Art. 5, Art. 17.",
        ),
        (
            "criteria",
            rule(criteria="{all: [{field: category, is: Lead}], for_at_least: 5 minutes}"),
            "This must have been true without a break for at least 5 minutes before anything happens. When it is untrue or unknown in between, the time begins anew.",
            "Detta måste ha varit uppfyllt utan avbrott i minst 5 minuter innan något händer. Om det däremellan inte är uppfyllt, eller är okänt, börjar tiden om.",
        ),
        ("unknown", rule(DELETES, then=DELETION), "Nobody undecided is deleted.", "I ett oavgjort fall raderas inget."),
        (
            "then",
            rule(then=TASK),
            "What is sent or asked for happens once each time this becomes true.",
            "Det som skickas eller begärs sker en gång varje gång detta blir uppfyllt.",
        ),
        (
            "then",
            rule("repeat: once per contact", then=TASK),
            "What is sent or asked for happens once for the contact, also when this becomes true again later.",
            "Det som skickas eller begärs sker en gång för kontakten, även om detta blir uppfyllt igen senare.",
        ),
        (
            "then",
            rule("repeat: every 30 days", then=TASK),
            "What is sent or asked for is repeated at intervals of 30 days, for as long as this is true.",
            "Det som skickas eller begärs upprepas varje gång 30 dagar har gått, så länge detta är uppfyllt.",
        ),
        (
            "when_no_longer",
            rule(),
            "What is said above to last for as long as this is true ends.",
            "Det som ovan sägs gälla så länge detta är uppfyllt upphör.",
        ),
        (
            "when_no_longer",
            rule(DELETES, then=DELETION),
            "A deletion that has not been carried out is cancelled.",
            "En radering som inte har utförts avbryts.",
        ),
        (
            "when_no_longer",
            rule("when_no_longer: [{call_webhook: bridge}]"),
            "The outside system “bridge” is told that this has happened, with the number of the contact and no other data about it.",
            "Det externa systemet ”bridge” får veta att detta har hänt, med numret på kontakten och inga andra uppgifter.",
        ),
        (
            "deadline",
            rule("owner: dpo, deadline: {within: 1 month, of: created_on, remind_before: 7 days}"),
            "7 days before the end of that term the data protection officer is reminded by e-mail, if this is still true.",
            "Detta måste ha upphört att vara uppfyllt inom 1 månad från kontaktens skapandedatum.",
        ),
        (
            "deadline",
            rule("deadline: {within: 1 month, of: created_on, if_late: [{call_webhook: bridge}]}"),
            "If this is still true when the term has passed:",
            "Det externa systemet ”bridge” får veta att detta har hänt, med numret på kontakten och inga andra uppgifter.",
        ),
        (
            "limit",
            rule(DELETES, then=DELETION),
            "If the number of contacts that would be scheduled for deletion within 24 hours exceeds 25, or 2.5 % of all contacts (where there are 50 or more), none of them is: the rule stands still until a person has released exactly these deletions.",
            "Om antalet kontakter som skulle schemaläggas för radering inom 24 timmar överstiger 25, eller 2,5 % av alla kontakter (om de är 50 eller fler), schemaläggs ingen av dem: regeln står stilla tills en handläggare har släppt fram just dessa raderingar.",
        ),
    ],
)
def test_every_key_has_its_sentence(section: str, text: str, english: str, swedish: str) -> None:
    """Stage, grounds, waiting, repetition, endings, terms and limits are told in the section where one looks for them."""
    assert english in said(text, section, "en")
    assert swedish in said(text, section, "sv")


def test_a_reminder_that_nobody_gets_is_not_told() -> None:
    """Without an owner nobody is reminded."""
    text = rule("deadline: {within: 1 month, of: created_on, remind_before: 7 days}")

    assert said(text, "deadline", "en") == [
        "This must have stopped being true within 1 month of the contact's creation date."
    ]


def test_what_lasts_is_not_said_to_be_repeated() -> None:
    """Only what happens once can happen again: a rule that keeps a selection says nothing of it."""
    assert not any("sent or asked for" in one for one in said(rule(), "then", "en"))


def test_every_key_of_a_rule_is_told_somewhere() -> None:
    """A key that is new to the language has no place here yet, and the reader would not hear of it."""
    assert {*TOLD_IN, *NOT_TOLD} == set(RULE_KEYS)
    assert {section for section in TOLD_IN.values() if section} | {"unknown"} == {name for name, _, _ in SECTIONS}


def test_every_word_is_there_in_every_language() -> None:
    """Headings, roles and questions; and every type of input has its words."""
    words = (*(heading for _, heading, _ in SECTIONS), *ROLE_NAMES.values(), *QUESTIONS.values())

    assert all(set(LANGUAGES) == set(one.texts) for one in words)
    assert STAND_INS.keys() == QUESTIONS.keys()
