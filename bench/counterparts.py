"""The counterparts of the thirty rules: what `thirty.yaml` asks, once more as conditions over flat facts."""

from collections.abc import Mapping

from bench.conditions import AtLeast, Below, Condition, Has, Is, Missing, NoneOf, OneOf, every, some
from bench.facts import older_before
from engine.vocabulary.calendar import Moment

CUSTOMER, PROSPECT, LEAD = Is("category", "Customer"), Is("category", "Prospect"), Is("category", "Lead")
ANY_CUSTOMER = OneOf("category", ("Customer", "Key account"))
OBJECTS, WELCOMES = Is("objects_to_marketing", value=True), Is("objects_to_marketing", value=False)
MAY_BE_MAILED = every(Is("marketing_consent", "given"), WELCOMES)


def counterparts(moment: Moment) -> Mapping[str, Condition]:
    """Return the condition of each rule by its id, with what follows from the moment worked out."""
    return _of_fields() | _of_dates(moment) | _in_windows(moment) | _of_consents(moment)


def _of_fields() -> dict[str, Condition]:
    special = ("special_category", "no_automated_decisions", "deceased")
    return {
        "restricted": Is("restrict_processing", value=True),
        "no-marketing": some(OBJECTS, AtLeast("email_bounces", 3)),
        "large-abroad": every(OneOf("category", ("Key account", "Partner")), NoneOf("country", ("SE", "NO"))),
        "without-owner": every(Missing("owner"), CUSTOMER),
        "bought-leads": every(Is("data_source", "purchased list"), LEAD),
        "unreachable": every(Missing("email"), Missing("phone")),
        "important-at-home": every(Has("tags", "VIP"), OneOf("language", ("sv", "no", "da"))),
        "with-care": some(*(Is(name, value=True) for name in special)),
    }


def _of_dates(moment: Moment) -> dict[str, Condition]:
    return {
        "old-prospects": every(PROSPECT, _older("created_on", "2 years", moment)),
        "new-contacts": AtLeast("created_on", older_before("30 days", moment)),
        "notice-overdue": every(_older("created_on", "1 month", moment), Missing("privacy_notice_sent_on")),
        "lapsed-customers": every(ANY_CUSTOMER, _older("last_invoice_on", "18 months", moment)),
        "invoices-kept-long-enough": _older("last_invoice_on", "7 years", moment),
        "quiet-for-a-year": every(_older("created_on", "1 year", moment), _older("last_activity_on", "1 year", moment)),
        "kept-too-long": every(
            OneOf("category", ("Lead", "Prospect")),
            _older("created_on", "3 years", moment),
            _none_or_older("last_invoice_on", "3 years", moment),
            _none_or_older("last_activity_on", "3 years", moment),
        ),
        "birthday-this-week": Is("has_birthday_soon", value=True),
    }


def _in_windows(moment: Moment) -> dict[str, Condition]:
    never_or_long_ago = _none_or_older("last_meeting", "2 years", moment)
    return {
        "busy-month": AtLeast("outgoing_in_30_days", 3),
        "neglected-customers": every(CUSTOMER, Below("outgoing_in_a_year", 1)),
        "not-heard-of": every(ANY_CUSTOMER, _older("last_incoming", "6 months", moment)),
        "unanswered": every(AtLeast("letters_in_90_days", 2), Below("incoming_in_90_days", 1)),
        "never-contacted": every(_older("created_on", "90 days", moment), Below("activities", 1)),
        "meeting-ahead": AtLeast("meetings_ahead", 1),
        "calls-this-week": AtLeast("calls_in_7_days", 1),
        "never-met-or-long-ago": every(Is("category", "Key account"), never_or_long_ago),
    }


def _of_consents(moment: Moment) -> dict[str, Condition]:
    is_known = _older("created_on", "1 month", moment)
    return {
        "may-be-mailed": MAY_BE_MAILED,
        "mailed-after-withdrawal": every(Is("marketing_consent", "withdrawn"), AtLeast("mailings_in_30_days", 1)),
        "without-legal-basis": every(_older("created_on", "30 days", moment), Is("has_legal_basis", value=False)),
        "prospects-without-consent": every(PROSPECT, is_known, NoneOf("storage_consent", ("given",))),
        "consent-has-expired": Is("marketing_consent", "expired"),
        "mailing-list": every(MAY_BE_MAILED, WELCOMES, Below("email_bounces", 3), Missing("email", negated=True)),
    }


def _older(fact: str, words: str, moment: Moment) -> Condition:
    return Below(fact, older_before(words, moment))


def _none_or_older(fact: str, words: str, moment: Moment) -> Condition:
    return some(Missing(fact), _older(fact, words, moment))
