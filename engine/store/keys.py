"""Keys: rings of secret keys in files outside the database. The newest is written with, all of them are looked up with.

A ring is a file of lines `ID HEX`, the oldest first. A single line without an id, as it was written once, is key `1`.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from engine.store import private_file
from engine.store.unavailable import StoreUnavailable

KEY_BYTES = 32
FIRST = "1"


class KeyRefused(Exception):
    """A key that cannot be destroyed; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """A secret key, and the id by which it is known."""

    id: str
    secret: bytes = field(repr=False)

    def mac(self, text: str) -> str:
        """Return the keyed hash of a text (HMAC-SHA256)."""
        return hmac.new(self.secret, text.encode(), hashlib.sha256).hexdigest()


@dataclass(slots=True)
class KeyRing:
    """The keys of a file, read again when it has changed; without a file those of a store in memory."""

    file: Path | None
    _keys: tuple[Key, ...] = field(default=(), repr=False)
    _seen: tuple[int, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """All keys, the oldest first; raises StoreUnavailable where they cannot be used."""
        if self.file is None:
            return self._keys
        try:
            private_file.make(self.file, _text((_made(FIRST),)))
            found = self.file.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode)
            if seen != self._seen:
                self._keys, self._seen = _read(self.file), seen
        except (OSError, ValueError) as error:
            raise StoreUnavailable(f"the key file {self.file} cannot be used: {_why(error)}") from None
        return self._keys

    @property
    def newest(self) -> Key:
        """The key that is written with."""
        return self.keys[-1]

    def by_id(self, key_id: str) -> Key | None:
        """Return a key by its id; None where it is not there, or not any more."""
        return next((key for key in self.keys if key.id == key_id), None)

    def macs(self, *texts: str) -> frozenset[str]:
        """Return the keyed hashes of texts under every key there is."""
        return frozenset(key.mac(text) for key in self.keys for text in texts)

    def rotate(self) -> Key:
        """Add a key, which is the newest from now on, and return it."""
        file = self._on_disk()
        with private_file.alone(file):
            known = self.keys
            numbers = [int(key.id) for key in known if key.id.isdecimal()]
            fresh = _made(str(max(numbers, default=0) + 1))
            private_file.replace(file, _text((*known, fresh)))
        return fresh

    def destroy(self, key_id: str) -> None:
        """Destroy a key for good; raises KeyRefused where it is the newest or not there."""
        file = self._on_disk()
        with private_file.alone(file):
            known = self.keys
            if key_id not in {key.id for key in known}:
                raise KeyRefused(f"there is no key {key_id} in {file}: it has {', '.join(key.id for key in known)}")
            if key_id == known[-1].id:
                raise KeyRefused(f"key {key_id} is the newest, with which is written: run `ansgar keys rotate` first")
            left = _text(tuple(key for key in known if key.id != key_id))
            private_file.replace_and_overwrite(file, left)

    def _on_disk(self) -> Path:
        if self.file is None:
            raise KeyRefused("the keys of a store in memory end with it")
        return self.file


@lru_cache(maxsize=64)
def ring_at(file: Path) -> KeyRing:
    """Return the ring of a file, which is made with a first key where it is missing."""
    return KeyRing(file)


@cache
def ring_in_memory() -> KeyRing:
    """Return the ring of stores in memory: it ends with the process, as they do."""
    return KeyRing(None, (_made(FIRST),))


def _made(key_id: str) -> Key:
    return Key(key_id, secrets.token_bytes(KEY_BYTES))


def _text(keys: tuple[Key, ...]) -> str:
    return "".join(f"{key.id} {key.secret.hex()}\n" for key in keys)


def _read(file: Path) -> tuple[Key, ...]:
    if private_file.is_open_to_others(file):
        raise StoreUnavailable(f"{file} can be read by others: run chmod 600 on it")
    lines = [line for line in file.read_text().splitlines() if line.strip()]
    if len(lines) == 1 and len(lines[0].split()) == 1:
        lines = [f"{FIRST} {lines[0]}"]
    keys = tuple(map(_key, lines))
    if not keys:
        raise ValueError("it is empty")
    if len({key.id for key in keys}) != len(keys):
        raise ValueError("an id stands there twice")
    if any(len(key.secret) < KEY_BYTES for key in keys):
        raise ValueError(f"a key is shorter than {KEY_BYTES} bytes")
    return keys


def _key(line: str) -> Key:
    key_id, _, secret = line.strip().partition(" ")
    try:
        return Key(key_id, bytes.fromhex(secret))
    except ValueError:
        raise ValueError("each line should be `ID HEX`") from None


def _why(error: Exception) -> str:
    return (error.strerror or "it cannot be read") if isinstance(error, OSError) else str(error)
