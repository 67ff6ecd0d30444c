"""The ledger of the demo CRM: which contacts it has, which orders came, and which of them it has carried out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

CONTACT = "contact"


@dataclass(slots=True)
class Ledger:
    """What the CRM knows of. Without `contacts` it has everybody, until they are deleted.

    An order is known by its key, however often it comes. `late` are the keys of orders that came after they had
    expired, `twice` those that were to delete somebody whom another order had deleted: neither may ever happen.
    """

    contacts: set[str] | None = None
    orders: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    attempts: list[str] = field(default_factory=list)
    done: dict[str, str] = field(default_factory=dict)  # key → contact
    refused: dict[str, str] = field(default_factory=dict)  # key → reason
    late: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    def has(self, contact: str) -> bool:
        """True while the CRM has a contact."""
        return contact not in self.done.values() and (self.contacts is None or contact in self.contacts)

    def take(self, key: str, order: Mapping[str, Any], now: datetime) -> None:
        """Take an order in."""
        self.attempts.append(key)
        self.orders.setdefault(key, order)
        if self._is_expired(key, now):
            self.late.append(key)

    def carry_out(self, key: str, now: datetime) -> bool:
        """Delete the contact of an order; False where it has expired, or was refused, and is not carried out."""
        contact = _named(self.orders[key])
        if key in self.done:
            return True
        if self._is_expired(key, now) or key in self.refused:
            return False
        if contact in self.done.values():
            self.twice.append(key)
        self.done[key] = contact
        return True

    def as_json(self) -> dict[str, object]:
        """Return what was ordered and what became of it, by ids."""
        ordered = {key: _named(one) for key, one in self.orders.items()}
        return {"orders": ordered, "deleted": self.done, "refused": self.refused}

    def _is_expired(self, key: str, now: datetime) -> bool:
        until = self.orders[key].get("expires_at")
        return isinstance(until, str) and datetime.fromisoformat(until) <= now


def _named(order: Mapping[str, Any]) -> str:
    """Return who or what an order is about: the id of a contact, or the entity and id of what else there is."""
    entity, one = order.get("entity", CONTACT), str(order.get("contact", ""))
    return one if entity == CONTACT else f"{entity} {one}"
