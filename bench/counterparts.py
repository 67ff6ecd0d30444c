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

    def older(fact: str, words: str) -> Condition:
        return Below(fact, older_before(words, moment))

    def none_or_older(fact: str, words: str) -> Condition:
        return some(Missing(fact), older(fact, words))

    fields: dict[str, Condition] = {
        "restricted": Is("restrict_processing", value=True),
        "no-marketing": some(OBJECTS, AtLeast("email_bounces", 3)),
        "large-abroad": every(OneOf("category", ("Key account", "Partner")), NoneOf("country", ("SE", "NO"))),
        "without-owner": every(Missing("owner"), CUSTOMER),
        "bought-leads": every(Is("data_source", "purchased list"), LEAD),
        "unreachable": every(Missing("email"), Missing("phone")),
        "important-at-home": every(Has("tags", "VIP"), OneOf("language", ("sv", "no", "da"))),
        "with-care": some(
            *(Is(name, value=True) for name in ("special_category", "no_automated_decisions", "deceased"))
        ),
    }
    dates: dict[str, Condition] = {
        "old-prospects": every(PROSPECT, older("created_on", "2 years")),
        "new-contacts": AtLeast("created_on", older_before("30 days", moment)),
        "notice-overdue": every(older("created_on", "1 month"), Missing("privacy_notice_sent_on")),
        "lapsed-customers": every(ANY_CUSTOMER, older("last_invoice_on", "18 months")),
        "invoices-kept-long-enough": older("last_invoice_on", "7 years"),
        "quiet-for-a-year": every(older("created_on", "1 year"), older("last_activity_on", "1 year")),
        "kept-too-long": every(
            OneOf("category", ("Lead", "Prospect")),
            older("created_on", "3 years"),
            none_or_older("last_invoice_on", "3 years"),
            none_or_older("last_activity_on", "3 years"),
        ),
        "birthday-this-week": Is("has_birthday_soon", value=True),
    }
    windows: dict[str, Condition] = {
        "busy-month": AtLeast("outgoing_in_30_days", 3),
        "neglected-customers": every(CUSTOMER, Below("outgoing_in_a_year", 1)),
        "not-heard-of": every(ANY_CUSTOMER, older("last_incoming", "6 months")),
        "unanswered": every(AtLeast("letters_in_90_days", 2), Below("incoming_in_90_days", 1)),
        "never-contacted": every(older("created_on", "90 days"), Below("activities", 1)),
        "meeting-ahead": AtLeast("meetings_ahead", 1),
        "calls-this-week": AtLeast("calls_in_7_days", 1),
        "never-met-or-long-ago": every(Is("category", "Key account"), none_or_older("last_meeting", "2 years")),
    }
    consents: dict[str, Condition] = {
        "may-be-mailed": MAY_BE_MAILED,
        "mailed-after-withdrawal": every(Is("marketing_consent", "withdrawn"), AtLeast("mailings_in_30_days", 1)),
        "without-legal-basis": every(older("created_on", "30 days"), Is("has_legal_basis", value=False)),
        "prospects-without-consent": every(
            PROSPECT, older("created_on", "1 month"), NoneOf("storage_consent", ("given",))
        ),
        "consent-has-expired": Is("marketing_consent", "expired"),
        "mailing-list": every(MAY_BE_MAILED, WELCOMES, Below("email_bounces", 3), Missing("email", negated=True)),
    }
    return fields | dates | windows | consents
