"""Guards: what keeps a deletion from happening, in the order in which they are asked; the first one counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from engine.language.subjects.consent import LegalBasis
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment, plus_months
from engine.vocabulary.duration import Duration

AGE_OF_CONSENT = 16  # years (GDPR Art. 8(1))
HUMAN_REVIEW = "HUMAN_REVIEW"
DECIDED_BY_PEOPLE = ("no_automated_decisions", "special_category")  # flags of those whom no automatism decides about
UNDER_AGE = "under_16"
PENDING_TYPES = frozenset({"objection", "dispute"})


@dataclass(frozen=True, slots=True)
class Examined:
    """What guards look at: fresh facts about the record, its deletion, and how things stand around it."""

    facts: Facts
    set_flags: frozenset[str]
    is_on_hold: bool
    purposes_named: bool
    is_over_limit: bool
    is_feed_stale: bool
    is_input_suspect: bool
    is_clock_off: bool
    is_stale: bool
    is_released: bool
    due_at: datetime
    moment: Moment
    permitted: frozenset[str] = frozenset()  # what is allowed although the processing is restricted
    is_anchor_implausible: bool = False
    is_carried: bool = False  # a person said of this very state that the deletion is to be carried out

    @property
    def causes(self) -> tuple[str, ...]:
        """Why a person must decide (Art. 22), each cause by its name; none where nobody need."""
        flags = tuple(flag for flag in DECIDED_BY_PEOPLE if flag in self.set_flags)
        born = self.facts.value(("birth_date",))
        is_young = isinstance(born, date) and plus_months(born, AGE_OF_CONSENT * 12) > self.moment.today
        return (*flags, UNDER_AGE) if is_young else flags


def _on_hold(one: Examined) -> bool:
    """A person has put a hold on the contact."""
    return one.is_on_hold


def _restricted(one: Examined) -> bool:
    """The contact's data may only be stored (Art. 18), and no consent to its deletion is recorded."""
    return "restrict_processing" in one.set_flags and "deletion" not in one.permitted


def _objection_pending(one: Examined) -> bool:
    """A request of type `objection` or `dispute` is open."""
    return any(
        str(item.values.get("type")).casefold() in PENDING_TYPES and str(item.values.get("status")).casefold() == "open"
        for item in one.facts.items("requests")
    )


def _human_review(one: Examined) -> bool:
    """A person must decide (`no_automated_decisions`, `special_category`, or the contact is under 16)."""
    return bool(one.causes) and not one.is_carried


def _other_basis(one: Examined) -> bool:
    """A legal basis is valid or unclear for some purpose, and the rule does not say which `purposes` go, or `all`."""
    held = LegalBasis(None).reading(one.facts, one.moment).low
    return not one.purposes_named and held is not None and bool(held.valid | held.unclear)


def _implausible_date(one: Examined) -> bool:
    """A date from which the rule measures age lies before 1900, so it is none."""
    return one.is_anchor_implausible


def _limit(one: Examined) -> bool:
    """More deletions than the rule or the installation allows; a person releases them."""
    return one.is_over_limit and not one.is_released


def _feed_stale(one: Examined) -> bool:
    """A collection that the rule counts has had nothing new from anyone for too long."""
    return one.is_feed_stale and not one.is_released


def _input_suspect(one: Examined) -> bool:
    """Much of what the rule or the guards read has gone since it was last counted: values, items, consents, holds."""
    return one.is_input_suspect and not one.is_released


def _clock(one: Examined) -> bool:
    """The system's clock went back, or ahead by more than the limit."""
    return one.is_clock_off and not one.is_released


def _stale(one: Examined) -> bool:
    """The contact or the rule is no longer as it was when the deletion was decided."""
    return one.is_stale


def _grace(one: Examined) -> bool:
    """The grace period is not over."""
    return one.due_at > one.moment.now


# Each with the state in which it leaves a deletion: kept, held for a person, cancelled, or as it was (empty).
GUARDS: tuple[tuple[str, Callable[[Examined], bool], str], ...] = (
    ("HOLD", _on_hold, "kept"),
    ("RESTRICTED", _restricted, "kept"),
    ("OBJECTION_PENDING", _objection_pending, "kept"),
    (HUMAN_REVIEW, _human_review, "kept"),
    ("OTHER_BASIS", _other_basis, "kept"),
    ("IMPLAUSIBLE_DATE", _implausible_date, "kept"),
    ("LIMIT", _limit, "held"),
    ("FEED_STALE", _feed_stale, "held"),
    ("INPUT_SUSPECT", _input_suspect, "held"),
    ("CLOCK", _clock, "held"),
    ("STALE", _stale, "cancelled"),
    ("GRACE", _grace, ""),
)


def first_guard(examined: Examined) -> tuple[str, str] | None:
    """Return the code of the first guard that applies, and the state in which it leaves the deletion."""
    return next(((code, state) for code, applies, state in GUARDS if applies(examined)), None)


def applying(examined: Examined) -> list[tuple[str, str]]:
    """Return every guard that applies, by its code, and when it does so in words."""
    return [(code, applies.__doc__ or "") for code, applies, _ in GUARDS if applies(examined)]


def is_feed_stale(newest: datetime | None, freshness: Duration, moment: Moment) -> bool:
    """True when the newest item of anyone is older than the freshness, or nobody ever had one."""
    return newest is None or newest < freshness.earlier(moment.now, moment)
