"""The terms of an order: how long it may go out, from when it is void, and until when its outcome is asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.service.config import Settings
from engine.service.config_outside import ORDER_PATIENCE, ORDER_VALID
from engine.store.deletions import Deletion
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import Duration, read_duration

# Of the clocks on either side, as Standard Webhooks has it: so long after its expiry nobody carries an order out.
TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """How long an order is good, how long its outcome is asked for after that, and whether words are verified."""

    valid: Duration
    patience: Duration
    verifies: bool


@dataclass(frozen=True, slots=True)
class Term:
    """The instants of one order: it goes out before the first, is void from the second, given up at the third."""

    expires_at: datetime
    void_at: datetime
    given_up_at: datetime

    def next_after(self, now: datetime) -> datetime | None:
        """Return the next of its instants; None where all have passed."""
        return min((one for one in (self.void_at, self.given_up_at) if one > now), default=None)


def terms_of(settings: Settings) -> OrderTerms:
    """Return the configured terms; without a CRM those of one that is configured and says nothing of them."""
    crm = settings.crm
    valid, patience = (crm.order_valid, crm.order_patience) if crm else (ORDER_VALID, ORDER_PATIENCE)
    return OrderTerms(read_duration(valid), read_duration(patience), crm is not None and crm.verify)


def term_of(terms: OrderTerms, one: Deletion, moment: Moment) -> Term:
    """Return the term of an ordered deletion."""
    expires = one.expires_at or terms.valid.after(one.ordered_at or moment.now, moment)
    return Term(expires, expires + TOLERANCE, max(expires + TOLERANCE, terms.patience.after(expires, moment)))
