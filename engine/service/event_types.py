"""Event types: which are known, which say something about state, and by which a contact ends."""

from collections.abc import Mapping

from engine.language.event_pattern import PREFIX
from engine.language.event_pattern_text import KNOWN as NAMES
from engine.store import merges

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
MERGED = merges.MERGED
ENDING = frozenset({DELETED, MERGED})
KNOWN = tuple(PREFIX + name for name in NAMES)  # others are kept for patterns, unless the configuration refuses them
