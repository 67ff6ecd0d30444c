"""Safeguards (S12): what must not be so when the service starts, each told by its key and with its remedy."""

import stat
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.typing import EventDict

from engine.model.shipped import SHIPPED_MODEL
from engine.service import safeguards
from engine.service.admitting import TokenWanted, make
from engine.service.config import Settings
from engine.service.config_keys import ConfigError
from engine.service.installation import Installation
from engine.service.safeguards import check_before_start, check_door
from engine.store import tokens
from engine.vocabulary.clock import MovingClock
from tests.installations import NOON, Place
from tests.receivers import SECRET

WEAK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HINT = "whsec_" + b64encode(b"hunter2 " * 3).decode()
EVERYWHERE = ".".join("0000")
OUT = {"url": "https://crm.example/ansgar"}


def installation(folder: Path, secret: str = SECRET, **sections: Any) -> Installation:
    """Return an installation with its store made, and a secret in a file."""
    (folder / "secret").write_text(secret)
    (folder / "secret").chmod(0o600)
    made = Installation(Settings.of(sections), folder, SHIPPED_MODEL, MovingClock(NOON))
    made.open_store().database.close()
    made.open_tombstones().database.close()
    assert made.hash_ring().keys
    assert made.chain_ring().keys
    return made


FILE = {"file": "secret"}
SECTIONS: dict[str, dict[str, Any]] = {
    "crm.secret": {"crm": OUT | {"secret": FILE}},
    "webhooks.bridge.secret": {"webhooks": {"bridge": OUT | {"secret": FILE}}},
    "recipients.books.secret": {"recipients": {"books": OUT | {"secret": FILE}}},
    "server.signed_by.secret": {"server": {"signed_by": {"secret": FILE}}},
    "server.signed_by.former_secret": {"server": {"signed_by": {"secret": {"file": "good"}, "former_secret": FILE}}},
}


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.parametrize("secret", [WEAK, HINT, "whsec_" + b64encode(bytes(24)).decode()])
def test_s12_a_secret_that_others_know_or_guess_does_not_start(tmp_path: Path, name: str, secret: str) -> None:
    """Whichever it is: told by its key and with a way to make one, and never repeated; a good one starts."""
    (tmp_path / "good").write_text(SECRET)
    (tmp_path / "good").chmod(0o600)
    check_before_start(installation(tmp_path, **SECTIONS[name]))
    with pytest.raises(ConfigError, match=rf"^`{name}` .*: make one with `openssl rand") as caught:
        check_before_start(installation(tmp_path, secret, **SECTIONS[name]))

    assert secret.removeprefix("whsec_")[:8] not in str(caught.value)


CHANNEL = {"channels": {"ops": {"apprise": FILE}}}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
@pytest.mark.parametrize("sections", [SECTIONS["crm.secret"], CHANNEL], ids=["crm", "channel"])
@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("var/ansgar.key", "`store.hash_key`: .*ansgar.key can be read by others: run chmod 600 on it"),
        ("var/ansgar.chain.key", "`store.chain_key`: .*ansgar.chain.key can be read by others: run chmod 600 on it"),
        ("secret", "secret can be read by others: run chmod 600 on it"),
    ],
)
def test_s12_a_key_or_secret_that_others_can_read_does_not_start(
    tmp_path: Path, sections: dict[str, Any], file: str, said: str, mode: int
) -> None:
    """Not even a group: who has read it has it still when it is closed, so a person decides."""
    made = installation(tmp_path, **sections)
    check_before_start(made)
    (tmp_path / file).chmod(mode)
    with pytest.raises(ConfigError, match=said):
        check_before_start(made)


def test_s12_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """A line each."""
    made = installation(tmp_path, WEAK, **SECTIONS["crm.secret"])
    for name in ("ansgar.key", "ansgar.chain.key"):
        (tmp_path / "var" / name).chmod(0o644)
    with pytest.raises(ConfigError) as caught:
        check_before_start(made)

    assert [line.split("`")[1] for line in str(caught.value).split("\n")] == [
        "crm.secret", "store.hash_key", "store.chain_key",
    ]  # fmt: skip


def modes(folder: Path, pattern: str = "*.db*") -> dict[str, str]:
    """Return the modes of the files of databases by their names; the lock holds nothing."""
    files = (one for one in (folder / "var").glob(pattern) if one.suffix != ".lock")
    return {one.name: oct(stat.S_IMODE(one.stat().st_mode)) for one in files}


def test_s12_a_database_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """It, its log and its index, whatever the umask says."""
    made = Installation(Settings(), tmp_path, SHIPPED_MODEL, MovingClock(NOON))
    store, erased = made.open_store(), made.open_tombstones()
    with store.database.writing() as connection:
        tokens.create(connection, "x", ("read",), NOON)
    found = modes(tmp_path)
    store.database.close()
    erased.database.close()

    assert {"ansgar.db", "ansgar.db-wal", "ansgar.db-shm", "tombstones.db"} <= set(found)
    assert set(found.values()) == {"0o600"}


def test_s12_a_database_that_everybody_can_read_is_closed_to_them_and_that_is_told(
    tmp_path: Path, logs: list[EventDict]
) -> None:
    """As one that came back from a backup; a group that somebody let in stays."""
    made = installation(tmp_path)
    for name, mode in (("ansgar.db", 0o644), ("tombstones.db", 0o640)):
        (tmp_path / "var" / name).chmod(mode)
    assert [[file.name for file in files] for files in safeguards.open_databases(made)] == [["ansgar.db"]]
    check_before_start(made)

    assert modes(tmp_path, "*.db") == {"ansgar.db": "0o600", "tombstones.db": "0o640"}
    assert [(one["event"], Path(one["file"]).name) for one in logs] == [
        ("a database could be read by everybody", "ansgar.db")
    ]


def test_s12_a_database_that_cannot_be_closed_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is somebody else's file, that is who has to do it."""

    def refuse(*_: object) -> None:
        raise PermissionError

    made = installation(tmp_path)
    (tmp_path / "var" / "ansgar.db").chmod(0o644)
    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(ConfigError, match=r"ansgar.db can be read by everybody: run chmod 600 on "):
        check_before_start(made)


def test_a_store_that_is_no_file_has_no_files_to_look_at(tmp_path: Path) -> None:
    """In memory, on a server, or where the address is none at all, which is told elsewhere."""
    for url in ("sqlite:///:memory:", "postgresql://ansgar@db.example/ansgar", "nonsense"):
        settings = Settings.of({"store": {"url": url, "tombstones": "sqlite:///:memory:"}})
        check_before_start(Installation(settings, tmp_path, SHIPPED_MODEL, MovingClock(NOON)))


def revoke(place: Place) -> None:
    """Revoke the first token."""
    with place.store.database.writing() as connection:
        tokens.revoke(connection, 1, place.clock.now())


def expire(place: Place) -> None:
    """Let a day pass."""
    place.clock.move(timedelta(days=1))


@pytest.mark.parametrize("end", [revoke, expire])
def test_s12_other_machines_are_not_listened_to_before_somebody_has_a_valid_token(
    tmp_path: Path, end: Callable[[Place], None]
) -> None:
    """One that was revoked or has expired is none."""
    place = Place(tmp_path)

    def is_refused() -> bool:
        try:
            check_door(place.installation, place.store, EVERYWHERE)
        except ConfigError as error:
            return "make one first with `ansgar token create`, or listen on 127.0.0.1" in str(error)
        return False

    before = is_refused()
    make(place.installation, place.store, TokenWanted("eva", ("read",), "1 day"))
    during = is_refused()
    end(place)

    assert (before, during, is_refused()) == (True, False, True)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("[::1]", True), ("localhost", True), ("LOCALHOST", True),
        (EVERYWHERE, False), (":" * 2, False), ("10.0.0.1", False), ("ansgar.example", False), ("", False),
    ],
)  # fmt: skip
def test_s12_only_an_address_of_this_machine_is_its_own(host: str, expected: bool) -> None:
    """A name other than `localhost` may lead anywhere."""
    assert safeguards.is_own(host) is expected
