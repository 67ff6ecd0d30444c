"""Words of actions: every verb says in every language what it does, with all its settings."""

import pytest

from actions.catalogue import ACTIONS
from actions.deletion_sentences import GUARDS
from actions.messaging import OWN_WARNING
from actions.notify import PACE_UNITS
from actions.raise_alert import SEVERITIES, USES
from actions.reminder import OWN_WORDS, Reminder
from engine.language.arguments import keys_of
from engine.language.speech import Speech
from engine.model.entity import Model
from engine.model.shipped import SHIPPED_MODEL
from engine.service import guards
from engine.vocabulary.pace import SPANS
from engine.vocabulary.tongue import LANGUAGES, TONGUES
from tests.descriptions import said
from tests.rulebooks import STOCKHOLM

RULE = """
messages:
  hello:
    subject: {{en: "Hello {{{{ contact.name | default('you') | upper }}}}", sv: Hej}}
    body: {{en: "One\\n\\nTwo since {{{{ case.opened_at | date }}}}, {{{{ contact.company.name }}}}.", sv: Ett}}
rules:
  - rule: the-rule
    owner: dpo
    legal_basis: x
    stop_if_more_than: {{contacts: 1}}
    if: [{{field: category, is: Lead}}]
    then: [{call}]
"""
# Of each verb: a call with every setting, and what must be told of it in each language.
CALLS = {
    "keep_in_selection": (
        "{keep_in_selection: {name: good-ones, purpose: marketing, include_restricted: true}}",
        (
            "For as long as this is true, the contact is in the selection “good-ones”.",
            "The selection is made for the purpose “marketing”.",
            "Contacts with an objection to marketing are not shown in it.",
            "Contacts whose processing is restricted are shown in it as well.",
        ),
        (
            "Så länge detta är uppfyllt ingår kontakten i urvalet ”good-ones”.",
            "Urvalet görs för ändamålet ”marketing”.",
            "Kontakter som invänder mot marknadsföring visas inte i urvalet.",
            "Kontakter vars behandling är begränsad visas också i urvalet.",
        ),
    ),
    "raise_alert": (
        "{raise_alert: {severity: blocking, message: {en: 'Ask {{ contact.owner }}', sv: Fråga}, image: cobweb, priority: 1500,"
        " blocks: [email, sms], suggest_follow_up: true}}",
        (
            "For as long as this is true, a blocking alert is shown on the contact's card: “Ask [the contact's owner]”",
            "It forbids these uses: e-mail and text messages.",
            "It suggests following up.",
            "It is shown with the image “cobweb”.",
            "Its rank among alerts is 1,500 (the lowest number is shown first).",
        ),
        (
            "Så länge detta är uppfyllt visas en spärrande avisering på kontaktens kort: ”Fråga”",
            "Den förbjuder dessa användningar: e-post och sms.",
            "Den föreslår en uppföljning.",
            "Den visas med bilden ”cobweb”.",
            "Dess ordningstal bland aviseringarna är 1\N{NO-BREAK SPACE}500 (lägst tal visas först).",
        ),
    ),
    "notify": (
        "{notify: {to: the contact, using: hello, purpose: marketing, by: [email], pace: 500 per hour, send: at_once}}",
        (
            "A message is sent by e-mail, at once, to the contact:",
            "Subject: Hello [the contact's name, or “you”]",
            "One",
            "Two since [the date on which this became true], [the contact's company's name].",
            "The pace is 500 an hour at most.",
            "It is sent only where consent to “marketing” is given, and not where the processing is restricted, an objection "
            "stands or the person has died.",
        ),
        (
            "Ett meddelande skickas med e-post, genast, till kontakten:",
            "Ämne: Hej",
            "Takten är högst 500 i timmen.",
            "Det skickas bara om det finns samtycke till ”marketing”, och inte om behandlingen är begränsad, en invändning "
            "gäller eller personen har avlidit.",
        ),
    ),
    "create_task": (
        "{create_task: {for: contact owner, title: {en: Call, sv: Ring}, due: 5 working days}}",
        (
            "A task is created in the CRM for the person responsible for the contact: “Call”, to be done within 5 working days.",
        ),
        (
            "En uppgift skapas i CRM-systemet för den som ansvarar för kontakten: ”Ring”, att utföra inom 5 arbetsdagar.",
        ),
    ),
    "set_field": (
        "{set_field: {field: tags, to: [Major, Minor]}}",
        ("The CRM is asked to change the contact's list “tags” to “Major” and “Minor”.",),
        ("CRM-systemet ombeds att ändra kontaktens lista ”taggar” till ”Major” och ”Minor”.",),
    ),
    "call_webhook": (
        "{call_webhook: {name: bridge}}",
        (
            "The outside system “bridge” is told that this has happened, with the number of the contact and no other data "
            "about it.",
            "Nothing is told where the processing is restricted.",
        ),
        (
            "Det externa systemet ”bridge” får veta att detta har hänt, med numret på kontakten och inga andra uppgifter.",
            "Inget lämnas ut om behandlingen är begränsad.",
        ),
    ),
    "schedule_deletion": (
        "{schedule_deletion: {how: erase, purposes: all, grace: 1 month, approval: {from: dpo, people: 2}, recycle_bin: 2 weeks, warn: [{to: dpo, at: start},"
        " {to: the contact, using: hello, at: 7 days before}], confirm: {to: eva, using: hello}}}",
        (
            "All data about the contact is deleted once this has been true for 1 month (the period of grace).",
            "At the start of the period of grace, a warning goes by e-mail to the data protection officer:",
            "7 days before the deletion, a warning goes by e-mail to the contact:",
            "Once the data is deleted, word goes by e-mail to “eva”:",
            "Before it is ordered, the word of 2 people (the data protection officer) is needed, for exactly what is deleted. "
            "Without an answer within 30 days, the data is kept.",
            "The data is deleted for all purposes, also where a legal basis is still valid for one of them.",
            "For 14 days after that, the copy in this service lies in a recycle bin, from which a person can restore it.",
            "a person has put a hold on the contact: the data is kept",
        ),
        (
            "Alla uppgifter om kontakten raderas när detta har varit uppfyllt i 1 månad (väntetiden).",
            "När väntetiden börjar går en varning med e-post till dataskyddsombudet:",
            "7 dagar före raderingen går en varning med e-post till kontakten:",
            "När uppgifterna är raderade går ett besked med e-post till ”eva”:",
            "Innan den beordras krävs godkännande av 2 personer (dataskyddsombudet), för exakt det som raderas. "
            "Utan svar inom 30 dagar behålls uppgifterna.",
            "Uppgifterna raderas för alla ändamål, även om en rättslig grund fortfarande gäller för något av dem.",
            "I 14 dagar därefter ligger tjänstens kopia i en papperskorg, varifrån en handläggare kan återställa den.",
            "en handläggare har lagt en spärr mot radering av kontakten: uppgifterna behålls",
        ),
    ),
    "request_review": (
        "{request_review: {from: dpo, question: {en: Is this right?, sv: Stämmer det?}, within: 5 working days}}",
        (
            "For as long as this is true, a question is put to the data protection officer, to be answered within 5 working "
            "days: “Is this right?”",
            "Whoever answers gives a reason, and is somebody other than the last editor of the rule. Nothing happens by "
            "itself where nobody answers.",
        ),
        (
            "Så länge detta är uppfyllt ställs en fråga till dataskyddsombudet, att besvara inom 5 arbetsdagar: ”Stämmer "
            "det?”",
            "Den som svarar anger skäl, och är någon annan än den som senast ändrade regeln. Inget sker av sig självt om "
            "ingen svarar.",
        ),
    ),
    "send_report": (
        "{send_report: {to: the contact, using: hello, as: html}}",
        (
            "A report on all that is held and was decided about the contact is sent by e-mail to the contact, as a page to "
            "read and print, with this message:",
            "It is sent as a legal duty (GDPR Art. 15), whatever the consents, objections and restrictions, but not where "
            "the person has died.",
        ),
        (
            "Ett registerutdrag, med allt som finns och har beslutats om kontakten, skickas med e-post till kontakten, som "
            "en sida att läsa och skriva ut, med detta meddelande:",
            "Det skickas som en rättslig skyldighet (GDPR art. 15), oavsett samtycken, invändningar och begränsningar, men "
            "inte om personen har avlidit.",
        ),
    ),
}


def then(call: str, language: str) -> list[str]:
    """Return the sentences about what a rule with this call does."""
    return said(RULE.format(call=call), "then", language)


@pytest.mark.parametrize("verb", ACTIONS)
def test_every_verb_tells_all_its_settings(verb: str) -> None:
    """A verb without an entry in this table, or a setting that the entry does not try, is not finished."""
    call, *expected = CALLS[verb]

    assert [key for key in keys_of(ACTIONS[verb]) if f"{key}:" not in call] == []
    for language, sentences in zip(LANGUAGES, expected, strict=True):
        assert [one for one in sentences if one not in then(call, language)] == []


def test_what_is_left_out_is_not_told() -> None:
    """Settings that a rule does not write are told as what holds without them."""
    assert "a legal basis is valid, or unclear, for any purpose: the data is kept" in then(
        "{schedule_deletion: {grace: 1 day}}", "en"
    )
    assert "a legal basis is valid, or unclear, for any purpose: the data is kept" not in then(
        "{schedule_deletion: {grace: 1 day, purposes: all}}", "en"
    )
    assert not any(
        "recycle bin" in one for one in then("{schedule_deletion: {grace: 1 day, recycle_bin: 0 days}}", "en")
    )
    assert "Contacts whose processing is restricted are not shown in it." in then(
        "{keep_in_selection: good-ones}", "en"
    )
    assert "A task is created in the CRM for “eva”: “Call”." in then("{create_task: {for: eva, title: Call}}", "en")


def test_the_extent_of_a_deletion() -> None:
    """What is made anonymous, and what goes for some purposes only, is told as such, in the end too."""
    part = "{schedule_deletion: {grace: 2 days, purposes: [Marketing, events]}}"
    anonymous = "{schedule_deletion: {grace: 2 days, how: anonymise}}"
    for call, language, sentences in (
        (
            part,
            "en",
            (
                "What is held about the contact for “marketing” and “events”, and for nothing else, is deleted once this has "
                "been true for 2 days (the period of grace).",
                "that the consent to each of these purposes counts as withdrawn.",
            ),
        ),
        (
            part,
            "sv",
            (
                "Det som finns om kontakten för ”marketing” och ”events”, och inte för något annat, raderas när detta har "
                "varit uppfyllt i 2 dagar (väntetiden).",
                "samtycket till vart och ett av dessa ändamål räknas som återkallat.",
            ),
        ),
        (
            anonymous,
            "en",
            ("The data about the contact is made anonymous once", "field by field alike", "nothing that leads back"),
        ),
        (anonymous, "sv", ("Uppgifterna om kontakten anonymiseras när", "fält för fält", "inget som leder tillbaka")),
    ):
        told = " ".join(then(call, language))
        assert [one for one in sentences if one not in told] == []
    assert "a legal basis is valid, or unclear, for any purpose: the data is kept" not in then(part, "en")
    assert "a legal basis is valid, or unclear, for any purpose: the data is kept" in then(anonymous, "en")


def test_ways_of_messages() -> None:
    """E-mail unless it goes to a channel; a digest and a legal duty are told; colleagues need no consent."""
    digest = then("{notify: {to: dpo, using: hello, send: in_daily_digest}}", "en")

    assert digest[0] == "A message is sent by e-mail, gathered in one letter a day, to the data protection officer:"
    assert not any("consent" in one for one in digest)
    assert (
        then("{notify: {to: ops, using: hello}}", "sv")[0]
        == "Ett meddelande skickas i kanalen ”ops”, genast, till ”ops”:"
    )
    assert (
        then("{notify: {to: eva, using: hello, by: [ops, email]}}", "en")[0]
        == "A message is sent by e-mail and in the channel “ops”, at once, to “eva”:"
    )
    assert "It is sent as a legal duty, whatever the consents, objections and restrictions." in then(
        "{notify: {to: the contact, using: hello, purpose: legal_duty}}", "en"
    )


def test_every_guard_is_told() -> None:
    """The sentences about what keeps a deletion from happening are those of the guards, in their order."""
    assert [code for code, _, _ in guards.GUARDS] == list(GUARDS)


def test_every_word_is_there_in_every_language() -> None:
    """Severities, uses, paces and guards; and the service's own letters."""
    words = (*SEVERITIES.values(), *USES.values(), *PACE_UNITS.values(), *GUARDS.values())

    assert all(set(LANGUAGES) == set(one.texts) for one in words)
    assert SPANS.keys() == PACE_UNITS.keys()
    assert set(LANGUAGES) == OWN_WARNING.keys() == OWN_WORDS.keys()


def test_the_reminder_of_a_deadline_has_words_too() -> None:
    """It is no verb, and yet something that the service does."""
    model: Model = SHIPPED_MODEL
    speech = Speech(TONGUES["sv"], ("sv",), model, model.entity("contact"), STOCKHOLM)

    assert Reminder("dpo").words(speech).text == "En påminnelse skickas till dataskyddsombudet."
