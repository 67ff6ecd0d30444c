"""The audience: who and what an installation can address by name."""

from dataclasses import dataclass

THE_CONTACT, CONTACT_OWNER = "the contact", "contact owner"
EMAIL = "email"
ROLES = frozenset({"dpo", "management", "sales-ops", "support", "admin"})  # there without being declared


@dataclass(frozen=True, slots=True)
class Audience:
    """The people of a configuration with the roles that they have, its channels and its webhooks, each by name."""

    people: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    webhooks: frozenset[str] = frozenset()

    @property
    def colleagues(self) -> frozenset[str]:
        """The people and roles that something can be given to."""
        return self.people | self.roles | ROLES
