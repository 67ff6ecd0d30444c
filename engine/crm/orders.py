"""Orders to the CRM: a deletion that it is asked for, what each kind of answer means, and how it is asked what came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable
from urllib.parse import quote

import httpx

from engine.crm.event import Event
from engine.crm.webhooks import GONE, Endpoint, Reply
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure

ID = "{id}"  # stands for the contact's id in the address at which the CRM is asked
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Order:
    """A deletion that the CRM is asked for. `key` is its idempotency key, the same at every attempt.

    `contact` is the id of a record of `entity`: of a contact, or of what else rules apply to. Without `purposes`
    everything goes. `treatment` says of each field and collection what becomes of it where the record is made
    anonymous. After `expires_at` it is not to be carried out any more.
    """

    key: str
    contact: str
    rule: str
    version: str
    digest: str
    legal_basis: str
    how: str = "erase"
    purposes: tuple[str, ...] | None = None
    treatment: Mapping[str, object] | None = None
    expires_at: datetime | None = None
    entity: str = "contact"

    def content(self) -> dict[str, Any]:
        """Return what is sent."""
        return {
            "order": self.key,
            "entity": self.entity,
            "contact": self.contact,
            "rule": self.rule,
            "version": self.version,
            "digest": self.digest,
            "legal_basis": self.legal_basis,
            "how": self.how,
            "purposes": None if self.purposes is None else list(self.purposes),
            "treatment": None if self.treatment is None else dict(self.treatment),
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
        }


Answer = Literal["deleted", "accepted", "refused"]
Presence = Literal["there", "gone"]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the CRM said of an order, and its reason where it refused."""

    answer: Answer
    reason: str = ""


class Crm(Protocol):
    """Takes orders; raises TemporaryFailure where the outcome is unknown and must be asked for."""

    def order(self, order: Order, now: datetime) -> Answered:
        """Hand an order over and return what was said."""
        ...


@runtime_checkable
class AskedCrm(Protocol):
    """A CRM that tells whether it has a contact; raises TemporaryFailure where that stays unknown."""

    def presence(self, contact: str, key: str) -> Presence:
        """Ask whether a contact is still there, on account of the order of a key."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookCrm:
    """A CRM that takes orders by signed calls."""

    endpoint: Endpoint

    def order(self, order: Order, now: datetime) -> Answered:
        """Send the order. The same key asks again, so an unknown outcome is never assumed."""
        reply = self.endpoint.post(Event(order.key, "deletion.ordered", order.content(), now))
        if _is_foreign(reply, order):
            raise TemporaryFailure("the CRM's answer is about something else")
        match reply.status:
            case 200 if reply.content.get("result") == "deleted":
                return Answered("deleted")
            case 202:
                return Answered("accepted")
            case 409 if isinstance(reply.content.get("reason"), str):
                return Answered("refused", reply.reason)
            case 200 | 409:
                raise TemporaryFailure("the CRM's answer does not say what happened")
            case 410:
                raise PermanentFailure(f"the CRM takes no more orders at this address ({GONE})")
        raise self.endpoint.not_now(reply)


@dataclass(frozen=True, slots=True)
class InquiringCrm(WebhookCrm):
    """A CRM that is also asked, by a signed GET, whether it still has a contact. `address` has `{id}` in it.

    The id in the address is the one exception to the rule that no address holds a personal value: there is no other
    way to ask for one contact. It is never logged (docs/decisions/0014-orders.md).
    """

    address: str

    def presence(self, contact: str, key: str) -> Presence:
        """Ask for the contact: not found or gone for good means that it is gone, its own id that it is there."""
        if not is_addressable(contact):
            raise TemporaryFailure("an id such as this has no address")
        reply = self.endpoint.get(key, self.address.replace(ID, quote(contact, safe="")))
        if reply.status in (NOT_FOUND, GONE):
            return "gone"
        if reply.status != httpx.codes.OK:
            raise self.endpoint.not_now(reply)
        if not _is_same(reply.content.get("id"), contact):
            raise TemporaryFailure("the CRM's answer does not show the contact that it was asked for")
        return "there"


def is_addressable(contact: str) -> bool:
    """True when an id leads to an address of its own: dots alone mean another place, however they are written."""
    return bool(contact.strip("."))


def _is_foreign(reply: Reply, order: Order) -> bool:
    """True when an answer names another order or contact than it was asked about."""
    named = ((reply.content.get("order"), order.key), (reply.content.get("contact"), order.contact))
    return any(said is not None and not _is_same(said, meant) for said, meant in named)


def _is_same(said: object, meant: str) -> bool:
    """True when an answer names what was meant; some write ids as numbers."""
    return str(said) == meant if isinstance(said, str | int) and not isinstance(said, bool) else False
