"""The scene of acting: all that carrying out messages and deletions needs."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from actions.sending import Person
from engine.crm.channels import Channel, ChannelRefused, open_channel
from engine.crm.letter import Post
from engine.crm.mail import Outbox, SmtpPost
from engine.crm.orders import ID, Crm, InquiringCrm, WebhookCrm
from engine.crm.outside import THE_CRM, Outside
from engine.crm.webhooks import Endpoint, is_secret
from engine.evaluate.decision import Decider
from engine.language.rule import Rulebook
from engine.service.config_keys import ConfigError
from engine.service.config_outside import CrmSection, ReceiverSection, Secret
from engine.service.config_values import NO_ADDRESS
from engine.service.installation import Installation
from engine.service.logs import logger
from engine.service.observer import NOBODY, Observer
from engine.service.progress import Progress
from engine.store.facts import Records
from engine.store.schema import Store
from engine.store.tombstones import Tombstones

LOG = logger("scene")


@dataclass(frozen=True, slots=True)
class Scene:
    """All that carrying out needs: the installation with its store and rulebook, and the ways to the outside.

    `is_stopping` is asked between effects: once it is true, no further one is begun; the rest resumes from its rows.
    `observer` is told what came of them, `progress` how far a run is.
    """

    installation: Installation
    store: Store
    rulebook: Rulebook
    tombstones: Tombstones
    decider: Decider
    post: Post
    crm: Crm | None
    outside: Outside = field(default_factory=Outside)
    is_stopping: Callable[[], bool] = lambda: False
    observer: Observer = NOBODY
    progress: Progress = field(default_factory=Progress)

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
    """Return the scene of an installation: its list of the erased, and its ways outside.

    Raises ConfigError where a secret is missing or an address cannot be used.
    """
    settings, home = installation.settings, installation.home
    decider.load(rulebook)
    if decider.trouble:
        LOG.warning("no third opinion, Python decides", reason=decider.trouble)
    outside = open_outside(installation)
    crm = _crm(outside.crm, settings.crm) if outside.crm and settings.crm else None
    mail = settings.mail
    post = SmtpPost(mail.url, mail.sender) if mail.url else Outbox(home / mail.outbox, mail.sender)
    return Scene(installation, store, rulebook, installation.open_tombstones(), decider, post, crm, outside)


def open_outside(installation: Installation) -> Outside:
    """Return the configured ways outside besides mail; raises ConfigError where one cannot be used."""
    settings = installation.settings
    return Outside(
        {name: _channel(installation, name) for name in settings.channels},
        _endpoint(installation, THE_CRM, "crm", settings.crm) if settings.crm else None,
        {
            name: _endpoint(installation, f"the webhook `{name}`", f"webhooks.{name}", section)
            for name, section in settings.webhooks.items()
        },
        {
            name: _endpoint(installation, f"the recipient `{name}`", f"recipients.{name}", section)
            for name, section in settings.recipients.items()
        },
    )


def _crm(endpoint: Endpoint, section: CrmSection) -> WebhookCrm:
    """Return the CRM of an endpoint: one that is asked for contacts, unless the configuration says `none`."""
    if section.contact_url == NO_ADDRESS:
        return WebhookCrm(endpoint)
    path, mark, query = section.url.partition("?")
    return InquiringCrm(endpoint, section.contact_url or f"{path.rstrip('/')}/contacts/{ID}{mark}{query}")


def _endpoint(installation: Installation, name: str, key: str, section: ReceiverSection) -> Endpoint:
    secret = _secret(installation, f"{key}.secret", section.secret)
    former = section.former_secret
    endpoint = Endpoint(name, section.url, secret, section.internal, installation.clock)
    if former is None:
        return endpoint
    before = _secret(installation, f"{key}.former_secret", former)
    if before == secret:
        raise ConfigError(f"`{key}.former_secret` is the same as `secret`: make a new secret, or leave the former out")
    return replace(endpoint, former=before)


def _secret(installation: Installation, key: str, section: Secret) -> str:
    """Return a secret that can sign."""
    try:
        secret = section.read(installation.home)
    except ConfigError as error:
        raise ConfigError(f"`{key}`: {error}") from None
    if not is_secret(secret):
        raise ConfigError(f"`{key}` cannot sign: it should be base64, as Standard Webhooks writes `whsec_…`")
    return secret


def _channel(installation: Installation, name: str) -> Channel:
    address = installation.settings.channels[name].apprise.read(installation.home)
    try:
        return open_channel(name, address)
    except ChannelRefused as error:
        raise ConfigError(f"`channels.{name}.apprise`: {error}") from None
