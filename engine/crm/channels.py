"""Channels: chat rooms and the like that Apprise posts to. An address holds its own secret, so no sentence shows it."""

import logging
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from engine.crm.letter import Letter
from engine.crm.mail import one_line
from engine.vocabulary.outcome import TemporaryFailure

TIMEOUT = 20.0  # seconds, for a message as a whole
NOTHING = "…"  # some services refuse a message without a text


class ChannelRefused(ValueError):
    """An address that Apprise does not know how to use."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel by its name. `sender` is Apprise with the channel's one service in it."""

    name: str
    sender: Any

    def deliver(self, letter: Letter) -> None:
        """Post a letter. Apprise tells only whether it was taken, so every failure is worth another attempt."""
        title, body = one_line(letter.subject), letter.body.strip() or NOTHING
        if not self.sender.notify(title=title, body=body, body_format="text"):
            raise TemporaryFailure(f"the channel `{self.name}` did not take the message", is_down=True)


def open_channel(name: str, url: str) -> Channel:
    """Return the channel at an Apprise URL; raises ChannelRefused."""
    # Imported here: it takes a third of a second, and most commands post nothing.
    apprise = import_module("apprise")
    # What it logs can hold addresses and texts; what matters is told by the failure.
    logging.getLogger("apprise").disabled = True
    asset = apprise.AppriseAsset(
        app_id="Ansgar",
        async_mode=False,
        interpret_emojis=False,
        http_redirects=False,
        storage_mode="memory",
        service_timeout=TIMEOUT,
    )
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        raise ChannelRefused("Apprise does not know such an address")
    # An address may ask for redirects and repetitions of its own; both are ours to decide.
    service.redirects, service.retry = False, 0
    sender = apprise.Apprise(asset=asset)
    sender.add(service)
    return Channel(name, sender)
