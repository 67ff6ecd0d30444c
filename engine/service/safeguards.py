"""Safeguards: what must not be so when the service starts: guessable secrets, open files, an open door (S12)."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from engine.crm.weakness import weakness
from engine.crm.webhooks import is_secret
from engine.service.config import Settings, resolved_url
from engine.service.config_keys import ConfigError
from engine.service.config_outside import Secret
from engine.service.installation import Installation
from engine.service.logs import logger
from engine.store import private_file, tokens
from engine.store.database import files_at
from engine.store.schema import Store

LOG = logger("safeguards")
REMEDY = "make one with `openssl rand -base64 32`"


def check_before_start(installation: Installation) -> None:
    """Refuse to start with guessable secrets or open files; raises ConfigError with a sentence for each.

    A database that everybody can read is closed to them instead: it may have come back from a backup that way.
    """
    for files in open_databases(installation):
        try:
            for file in files:
                file.chmod(private_file.ONLY_MINE)
        except OSError:
            continue  # somebody else's: it is refused below
        LOG.warning("a database could be read by everybody", file=str(files[0]), so="its mode is 0600 now")
    wrong = [*weak_secrets(installation), *open_files(installation)]
    if wrong:
        raise ConfigError("\n".join(wrong))


def check_door(installation: Installation, store: Store, host: str) -> None:
    """Refuse to listen to other machines while nobody can have a token; raises ConfigError."""
    if sentence := open_door(installation, store, host):
        raise ConfigError(sentence)


def open_door(installation: Installation, store: Store, host: str) -> str:
    """Tell that other machines can call though no token is valid; empty where that is not so."""
    if is_own(host):
        return ""
    with store.database.reading() as connection:
        is_any = tokens.is_any_valid(connection, installation.clock.now())
    advice = "make one first with `ansgar token create`, or listen on 127.0.0.1"
    return "" if is_any else f"`server.host`: {host} can be called from other machines and no token is valid: {advice}"


def is_own(host: str) -> bool:
    """True of an address that only this machine can call."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def weak_secrets(installation: Installation) -> list[str]:
    """Return a sentence for each secret that others can know or guess; raises ConfigError where one cannot be read."""
    found = []
    for name, secret in _secrets(installation.settings):
        text = secret.read(installation.home)
        if is_secret(text) and (why := weakness(text)):  # one that cannot sign is told where it is opened
            found.append(f"`{name}` {why}: {REMEDY}")
    for channel in installation.settings.channels.values():
        channel.apprise.read(installation.home)  # an address of the provider's making: nobody else may read it
    return found


def open_files(installation: Installation) -> list[str]:
    """Return a sentence for each key file that others can read, and each database that everybody can."""
    section, home = installation.settings.store, installation.home
    if section.is_in_memory:
        return []
    keys = {name: home / getattr(section, name) for name in ("hash_key", "chain_key")}
    found = [
        f"`store.{name}`: {file} can be read by others: run chmod 600 on it"
        for name, file in keys.items()
        if file.is_file() and private_file.is_open_to_others(file)
    ]
    found += [
        f"{files[0]} can be read by everybody: run chmod 600 on {' '.join(map(str, files))}"
        for files in open_databases(installation)
    ]
    return found


def open_databases(installation: Installation) -> Iterator[tuple[Path, ...]]:
    """Give, of each database that everybody on this machine can read, the files that they can."""
    section = installation.settings.store
    for url in (section.url, section.tombstones):
        files = files_at(resolved_url(url, installation.home))
        if found := tuple(filter(private_file.is_open_to_everybody, files)):
            yield found


def incoming_secrets(installation: Installation) -> tuple[str, ...]:
    """Return the secrets by which calls may be signed, the newer first; raises ConfigError where one cannot sign."""
    found = []
    for name, secret in _incoming(installation.settings):
        text = secret.read(installation.home)
        if not is_secret(text):
            raise ConfigError(f"`{name}` cannot sign: it should be base64, as Standard Webhooks writes `whsec_…`")
        found.append(text)
    return tuple(found)


def _secrets(settings: Settings) -> Iterator[tuple[str, Secret]]:
    """Give the secrets that sign calls, in either direction, by their keys."""
    if settings.crm is not None:
        yield "crm.secret", settings.crm.secret
    for section, receivers in (("webhooks", settings.webhooks), ("recipients", settings.recipients)):
        for name, one in receivers.items():
            yield f"{section}.{name}.secret", one.secret
    yield from _incoming(settings)


def _incoming(settings: Settings) -> Iterator[tuple[str, Secret]]:
    section = settings.server.signed_by
    if section is not None:
        yield "server.signed_by.secret", section.secret
        if section.former_secret is not None:
            yield "server.signed_by.former_secret", section.former_secret
