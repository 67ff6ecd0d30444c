"""Orders to the CRM: a deletion that it is asked for, and what each kind of answer means."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from engine.crm.event import Event
from engine.crm.webhooks import GONE, Endpoint
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure


@dataclass(frozen=True, slots=True)
class Order:
    """A deletion that the CRM is asked for. `key` is its idempotency key, the same at every attempt."""

    key: str
    contact: str
    rule: str
    version: str
    digest: str
    legal_basis: str


Answer = Literal["deleted", "accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the CRM said of an order, and its reason where it refused."""

    answer: Answer
    reason: str = ""


class Crm(Protocol):
    """Takes orders; raises TemporaryFailure where the outcome is unknown and must be asked for again."""

    def order(self, order: Order, now: datetime) -> Answered:
        """Hand an order over and return what was said."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookCrm:
    """A CRM that takes orders by signed calls."""

    endpoint: Endpoint

    def order(self, order: Order, now: datetime) -> Answered:
        """Send the order. The same key asks again, so an unknown outcome is never assumed."""
        data = {
            "order": order.key,
            "contact": order.contact,
            "rule": order.rule,
            "version": order.version,
            "digest": order.digest,
            "legal_basis": order.legal_basis,
        }
        reply = self.endpoint.post(Event(order.key, "deletion.ordered", data, now))
        match reply.status:
            case 200:
                if reply.content.get("result") == "deleted":
                    return Answered("deleted")
                raise TemporaryFailure("the CRM's answer does not say what happened")
            case 202:
                return Answered("accepted")
            case 409:
                return Answered("refused", reply.reason)
            case 410:
                raise PermanentFailure(f"the CRM takes no more orders at this address ({GONE})")
        raise self.endpoint.not_now(reply)
