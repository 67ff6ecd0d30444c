"""The scene of acting: all that carrying out messages and deletions needs."""

from dataclasses import dataclass

from actions.messaging import Person
from engine.crm.mail import Outbox, Post, SmtpPost
from engine.crm.orders import Crm, WebhookCrm
from engine.evaluate.decision import Decider
from engine.language.rule import Rulebook
from engine.service.installation import Installation
from engine.store.facts import Records
from engine.store.schema import Store
from engine.store.tombstones import Tombstones


@dataclass(frozen=True, slots=True)
class Scene:
    """All that carrying out needs: the installation with its store and rulebook, and the ways to the outside."""

    installation: Installation
    store: Store
    rulebook: Rulebook
    tombstones: Tombstones
    decider: Decider
    post: Post
    crm: Crm | None

    @property
    def people(self) -> tuple[Person, ...]:
        """Whom messages can reach."""
        listed = self.installation.settings.people.items()
        return tuple(Person(name, person.email, person.roles) for name, person in listed)

    @property
    def records(self) -> Records:
        """Reads single records."""
        return Records(self.store.tables, self.store.zone)

    @property
    def erased_by(self) -> str:
        """What a receipt says of who erased: the CRM by its own word, or just the copy here."""
        return "crm" if self.crm else "own copy"


def open_scene(installation: Installation, store: Store, rulebook: Rulebook, decider: Decider) -> Scene:
    """Return the scene of an installation: its list of the erased, its post, and its CRM if one is configured."""
    settings, home = installation.settings, installation.home
    decider.load(rulebook)
    crm = WebhookCrm(settings.crm.url, settings.crm.secret.read(home)) if settings.crm else None
    mail = settings.mail
    post = SmtpPost(mail.url, mail.sender) if mail.url else Outbox(home / mail.outbox, mail.sender)
    return Scene(installation, store, rulebook, installation.open_tombstones(), decider, post, crm)
