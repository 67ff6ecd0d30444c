"""The audience: who and what an installation can address by name."""

from dataclasses import dataclass

from engine.vocabulary.wording import bilingual

THE_CONTACT, CONTACT_OWNER = "the contact", "contact owner"
EMAIL = "email"
# The roles that are there without being declared, as sentences call them.
ROLE_NAMES = {
    "dpo": bilingual(en="the data protection officer", sv="dataskyddsombudet"),
    "management": bilingual(en="management", sv="ledningen"),
    "sales-ops": bilingual(en="sales operations", sv="säljstödet"),
    "support": bilingual(en="customer support", sv="kundtjänsten"),
    "admin": bilingual(en="the administrator", sv="administratören"),
}
ROLES = frozenset(ROLE_NAMES)


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
