"""Tokens of the API: shown once, stored as hashes, with scopes, revocable."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from engine.store.tables import TOKEN

SCOPES = ("crm", "read", "operate", "approve", "admin")
PREFIX = "ansgar_"
TOKEN_BYTES = 32
_VALID = select(TOKEN.c.key, TOKEN.c.name, TOKEN.c.scopes).where(
    TOKEN.c.hash == bindparam("its_hash"), TOKEN.c.revoked_at.is_(None)
)


def create(connection: Connection, name: str, scopes: tuple[str, ...], now: datetime) -> str:
    """Make a token and return it; only its hash is kept. 256 random bits need no slow hash."""
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    values = {"name": name, "hash": _hash(token), "scopes": " ".join(scopes), "created_at": now}
    connection.execute(insert(TOKEN).values(values))
    return token


def newest(connection: Connection) -> int:
    """Return the id of the token that was made last."""
    return int(connection.execute(select(func.max(TOKEN.c.key))).scalar_one())


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a token, by the name that it was made for, and what it lets them do."""

    key: int
    name: str
    scopes: frozenset[str]


def holder(connection: Connection, token: str) -> Holder | None:
    """Return who holds a valid token, or None."""
    valid = select(TOKEN.c.key, TOKEN.c.name, TOKEN.c.scopes).where(
        TOKEN.c.hash == _hash(token), TOKEN.c.revoked_at.is_(None)
    )
    found = connection.execute(valid).one_or_none()
    return None if found is None else Holder(found.key, found.name, frozenset(found.scopes.split()))


def revoke(connection: Connection, key: int, now: datetime) -> bool:
    """Revoke a token; False where there is none."""
    valid = (TOKEN.c.key == key, TOKEN.c.revoked_at.is_(None))
    return connection.execute(update(TOKEN).where(*valid).values(revoked_at=now)).rowcount == 1


def listing(connection: Connection) -> list[dict[str, object]]:
    """Return all tokens, without anything that could be used."""
    rows = connection.execute(
        select(TOKEN.c.key, TOKEN.c.name, TOKEN.c.scopes, TOKEN.c.created_at, TOKEN.c.revoked_at).order_by(TOKEN.c.key)
    )
    return [dict(zip(("id", "name", "scopes", "created_at", "revoked_at"), row, strict=True)) for row in rows]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
