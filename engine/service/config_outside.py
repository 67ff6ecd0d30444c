"""The sections of the configuration that say who is outside: the CRM, webhooks, recipients, channels, their secrets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.service import config_values as read
from engine.service.config_keys import ConfigError, Fault, Unfit, key, optional, section_of
from engine.service.config_values import NO_ADDRESS

TOPICS = ("erasure", "restriction", "rectification")  # of which recipients are told
MOVES = ("selections", "alerts")  # of which the CRM is told
ORDER_VALID, ORDER_PATIENCE = "24 hours", "7 days"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that stands elsewhere: in the environment, or in a file that only the service can read."""

    env: str | None = key(optional(read.text), None)
    file: str | None = key(optional(read.text), None)

    def read(self, home: Path, environment: Mapping[str, str] = os.environ) -> str:
        """Return the secret; raises ConfigError where it is not there or open to others."""
        if self.env is not None:
            if not environment.get(self.env):
                raise ConfigError(f"the environment variable {self.env} is empty; it should hold a secret")
            return environment[self.env]
        path = home / (self.file or "")
        if self.file is None or not path.is_file():
            raise ConfigError("a secret is `{env: NAME}` or `{file: PATH}`")
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"{path} can be read by others: run chmod 600 on it")
        return path.read_text().strip()


@dataclass(frozen=True, slots=True)
class ReceiverSection:
    """Who is called with signed calls: the CRM, or a webhook. `internal` lets a name lead into an inner network.

    While `former_secret` is there, calls are signed with both: the secret is being changed.
    """

    url: str = key(read.web_address)
    secret: Secret = key(section_of(Secret))
    former_secret: Secret | None = key(optional(section_of(Secret)), None)
    internal: bool = key(read.flag, default=False)


@dataclass(frozen=True, slots=True)
class RecipientSection(ReceiverSection):
    """To whom data was disclosed: called as a webhook is, and told of these things alone (GDPR Art. 19)."""

    told_of: tuple[str, ...] = key(read.some_of(*TOPICS), TOPICS)


@dataclass(frozen=True, slots=True)
class CrmSection(ReceiverSection):
    """The CRM: who is called, where it is asked for a contact, the terms of its orders, and what else it is told."""

    contact_url: str = key(read.contact_address, "")  # below `url` where nothing is written
    verify: bool = key(read.flag, default=False)
    order_valid: str = key(read.some_time, ORDER_VALID)
    order_patience: str = key(read.duration, ORDER_PATIENCE)
    tell: tuple[str, ...] = key(read.any_of(*MOVES), ())

    def __post_init__(self) -> None:
        """Refuse to verify what cannot be asked for."""
        if self.verify and self.contact_url == NO_ADDRESS:
            raise Unfit(Fault(("verify",), "with `contact_url: none` nothing can be verified; write false"))


@dataclass(frozen=True, slots=True)
class SignedBySection:
    """The secret by which the CRM signs what it calls here, and the one that it is just being changed from."""

    secret: Secret = key(section_of(Secret))
    former_secret: Secret | None = key(optional(section_of(Secret)), None)


@dataclass(frozen=True, slots=True)
class ChannelSection:
    """A chat room or the like: an Apprise address, which is a secret."""

    apprise: Secret = key(section_of(Secret))
