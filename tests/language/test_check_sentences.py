"""Sentences of `check`: every occasion and all four forms of event patterns."""

import pytest

from engine.language.check import WHEN
from engine.language.check_sentences import OCCASIONS
from engine.vocabulary.tongue import LANGUAGES
from tests.descriptions import said

RULE = "rules: [{{rule: the-rule, {check} if: [{{field: category, is: Lead}}], then: [{{raise_alert: x}}]}}]"
UP_EN, UP_SV = (
    "; if the service is down at that time, once as soon as it is up again.",
    "; om tjänsten då står stilla, en gång så snart den är igång igen.",
)


def checks(check: str, language: str) -> list[str]:
    """Return the sentences about when a rule with a check looks."""
    return said(RULE.format(check=f"check: {check}," if check else ""), "check", language)


@pytest.mark.parametrize(
    ("check", "english", "swedish"),
    [
        (
            "",
            "Whenever something changes that the criteria read, and at the very moment at which time alone makes them true "
            "or untrue.",
            "När något ändras som villkoren läser, och i det ögonblick då tiden ensam gör att de blir uppfyllda eller "
            "upphör att vara det.",
        ),
        ("{every: day, at: '02:00'}", f"Every day at 02:00{UP_EN}", f"Varje dag klockan 02.00{UP_SV}"),
        (
            "{cron: '0 3 * * mon', if_missed: skip}",
            "At 03:00, on Monday; a time at which the service is down is left out.",
            "Klockan 03.00, måndag; en gång då tjänsten står stilla hoppas över.",
        ),
        (
            "{when: [merged, created]}",
            "When the contact is created or merged with another.",
            "När kontakten skapas eller slås samman med en annan post.",
        ),
        (
            "{when_changed: auto}",
            "Whenever something changes that the criteria read.",
            "När något ändras som villkoren läser.",
        ),
        (
            "{when_changed: [sales, deceased, category]}",
            "When the contact's category, the contact's mark “deceased” or the contact's sales changes.",
            "När kontaktens kategori, kontaktens markering ”avliden” eller kontaktens affärer ändras.",
        ),
        (
            "{when_event: {event: mailing.bounced, times: 3, within: 30 days}}",
            "Only when the event “mailing.bounced” arrives 3 times within 30 days. For all others nothing begins, changes "
            "or ends.",
            "Bara när händelsen ”mailing.bounced” kommer in 3 gånger inom 30 dagar. För alla andra varken börjar, ändras "
            "eller slutar något.",
        ),
        (
            "{every: hour, when_event: {event: mailing.sent, after: consent.withdrawn, within: 24 hours}}",
            f"Every hour{UP_EN} / When the event “mailing.sent” arrives within 24 hours after the event "
            "“consent.withdrawn” arrives.",
            f"Varje timme{UP_SV} / När händelsen ”mailing.sent” kommer in inom 24 timmar efter att händelsen "
            "”consent.withdrawn” kommer in.",
        ),
        (
            "{every: hour, when_event: {event: restrict_processing.changed, from: false, to: true}}",
            f"Every hour{UP_EN} / When the contact's mark “restriction of processing” changes from “no” to “yes”.",
            f"Varje timme{UP_SV} / När kontaktens markering ”begränsning av behandling” ändras från ”nej” till ”ja”.",
        ),
        (
            "{every: hour, when_event: {event: request.received, where: {type: [erasure, access]}, not_followed_by: request.answered, within: 20 days}}",
            f"Every hour{UP_EN} / When the event “request.received” arrives (type “access” or “erasure”) and it does not "
            "happen within 20 days that the event “request.answered” arrives.",
            f"Varje timme{UP_SV} / När händelsen ”request.received” kommer in (typ ”access” eller ”erasure”) och det inom "
            "20 dagar inte händer att händelsen ”request.answered” kommer in.",
        ),
        (
            "{every: hour, when_event: {event: created_on.changed, to: 2026-03-01}}",
            f"Every hour{UP_EN} / When the contact's creation date changes to 1 March 2026.",
            f"Varje timme{UP_SV} / När kontaktens skapandedatum ändras till 1 mars 2026.",
        ),
    ],
)
def test_every_occasion(check: str, english: str, swedish: str) -> None:
    """When a rule looks, and what becomes of a time that was missed."""
    assert (english, swedish) == (" / ".join(checks(check, "en")), " / ".join(checks(check, "sv")))


def test_every_kind_of_change_has_its_words() -> None:
    """What `when` takes can be said in every language."""
    assert set(WHEN) == set(OCCASIONS)
    assert all(set(LANGUAGES) == set(one.texts) for one in OCCASIONS.values())
