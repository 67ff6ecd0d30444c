"""Signatures of calls that come in (Standard Webhooks): by which secret, over which body, and how long ago."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)  # for clocks that differ, and within which a call can be replayed
HEADERS = ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
LONGEST_ID = 200
LONGEST_TIMESTAMP = 12  # digits
SCHEME = "v1,"


@dataclass(frozen=True, slots=True)
class Signed:
    """What the headers of a signed call say. Each is taken as it was sent, because that is what was signed."""

    id: str
    timestamp: str
    signatures: tuple[str, ...]

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Signed | None":
        """Return what the headers say; None where one is missing or is nothing that could be signed."""
        key, timestamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
        is_id = key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_ID
        is_timestamp = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= LONGEST_TIMESTAMP
        signatures = tuple(one for one in headers.get(SIGNATURE, "").split(" ") if one.startswith(SCHEME))
        return cls(key, timestamp, signatures) if is_id and is_timestamp and signatures else None

    def is_fresh(self, now: datetime) -> bool:
        """True within the tolerance, in both directions."""
        return abs(now.timestamp() - int(self.timestamp)) <= TOLERANCE.total_seconds()

    def is_by(self, secrets: Iterable[str], body: bytes) -> bool:
        """True when one of the secrets made one of the signatures, over exactly this body."""
        content = f"{self.id}.{self.timestamp}.".encode() + body
        expected = [_signature(key_of(secret), content) for secret in secrets]
        return any(hmac.compare_digest(one, said.encode()) for one in expected for said in self.signatures)


def key_of(secret: str) -> bytes:
    """Return the bytes of a secret that can sign: base64, with `whsec_` before it or not; raises ValueError."""
    return b64decode(secret.removeprefix("whsec_") + "==")


def _signature(key: bytes, content: bytes) -> bytes:
    return SCHEME.encode() + b64encode(hmac.new(key, content, hashlib.sha256).digest())
