"""Event types that say something about state: which carry an item of which collection, and which fields."""

from collections.abc import Mapping

# Types whose data is an item: the collection it joins, and what the type itself says of it.
ITEMS: Mapping[str, tuple[str, dict[str, str]]] = {
    "crm.activity.logged": ("activities", {}),
    "crm.sale.logged": ("sales", {}),
    "crm.request.received": ("requests", {"status": "open"}),
    "crm.request.answered": ("requests", {"status": "answered"}),
    "crm.consent.given": ("consents", {"status": "given"}),
    "crm.consent.withdrawn": ("consents", {"status": "withdrawn"}),
}
STATE = frozenset({"crm.contact.created", "crm.contact.changed"})
DELETED = "crm.contact.deleted"
