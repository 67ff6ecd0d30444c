"""Tokens of the API: shown once, stored as hashes, with scopes; each ends when it is revoked, or when it expires."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, insert, or_, select, update

from engine.store.columns import Instant
from engine.store.database import Condition
from engine.store.tables import TOKEN

SCOPES = ("crm", "read", "operate", "approve", "admin")
PREFIX = "ansgar_"
TOKEN_BYTES = 32
SHOWN = {
    "id": TOKEN.c.key,
    "name": TOKEN.c.name,
    "scopes": TOKEN.c.scopes,
    "created_at": TOKEN.c.created_at,
    "expires_at": TOKEN.c.expires_at,
    "last_used_at": TOKEN.c.last_used_at,
    "revoked_at": TOKEN.c.revoked_at,
}


def create(
    connection: Connection, name: str, scopes: tuple[str, ...], now: datetime, expires_at: datetime | None = None
) -> str:
    """Make a token and return it; only its hash is kept. 256 random bits need no slow hash."""
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    values = {"name": name, "hash": _hash(token), "scopes": " ".join(scopes), "created_at": now}
    connection.execute(insert(TOKEN).values(**values, expires_at=expires_at))
    return token


def newest(connection: Connection) -> int:
    """Return the id of the token that was made last."""
    return int(connection.execute(select(func.max(TOKEN.c.key))).scalar_one())


@dataclass(frozen=True, slots=True)
class Holder:
    """Who calls: the id of the token, the name that it was made for, and what it lets them do. 0: without a token."""

    token: int
    name: str
    scopes: frozenset[str]

    def may(self, *scopes: str) -> bool:
        """True for who has one of the scopes; `admin` has all."""
        return bool(self.scopes & {*scopes, "admin"})


def holder(connection: Connection, token: str, now: datetime) -> Holder | None:
    """Return who holds a valid token; None where there is none such, or not any more."""
    found = connection.execute(_HOLDER, {"its_hash": _hash(token), "at": now}).one_or_none()
    return None if found is None else Holder(found.key, found.name, frozenset(found.scopes.split()))


def is_any_valid(connection: Connection, now: datetime) -> bool:
    """True where somebody holds a valid token."""
    return connection.execute(select(TOKEN.c.key).where(is_valid(now)).limit(1)).first() is not None


def revoke(connection: Connection, key: int, now: datetime) -> bool:
    """Revoke a token; False where there is none that was not revoked before."""
    valid = (TOKEN.c.key == key, TOKEN.c.revoked_at.is_(None))
    return connection.execute(update(TOKEN).where(*valid).values(revoked_at=now)).rowcount == 1


def note_uses(connection: Connection, uses: Mapping[int, datetime]) -> None:
    """Note when tokens were used last, by their ids; what another process saw later stays."""
    for key, at in uses.items():
        is_older = or_(TOKEN.c.last_used_at.is_(None), TOKEN.c.last_used_at < at)
        connection.execute(update(TOKEN).where(TOKEN.c.key == key, is_older).values(last_used_at=at))


def listing(connection: Connection) -> list[dict[str, object]]:
    """Return all tokens, without anything that could be used."""
    rows = connection.execute(select(*SHOWN.values()).order_by(TOKEN.c.key))
    return [dict(zip(SHOWN, row, strict=True)) for row in rows]


def ending(connection: Connection, now: datetime, until: datetime) -> list[str]:
    """Return the names of valid tokens that expire before an instant, the first to do so first."""
    wanted = select(TOKEN.c.name).where(is_valid(now), TOKEN.c.expires_at < until)
    return list(connection.execute(wanted.order_by(TOKEN.c.expires_at, TOKEN.c.key)).scalars())


def unused(connection: Connection, now: datetime, since: datetime) -> list[str]:
    """Return the names of valid tokens that were made before an instant and not used since then."""
    last = func.coalesce(TOKEN.c.last_used_at, TOKEN.c.created_at)
    wanted = select(TOKEN.c.name).where(is_valid(now), last < since)
    return list(connection.execute(wanted.order_by(TOKEN.c.key)).scalars())


def is_valid(now: datetime | ColumnElement[datetime]) -> Condition:
    """Return what is true of a token that is neither revoked nor expired."""
    return and_(TOKEN.c.revoked_at.is_(None), or_(TOKEN.c.expires_at.is_(None), TOKEN.c.expires_at > now))


# Made once: it is asked with every request.
_HOLDER = select(TOKEN.c.key, TOKEN.c.name, TOKEN.c.scopes).where(
    TOKEN.c.hash == bindparam("its_hash"), is_valid(bindparam("at", type_=Instant()))
)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
