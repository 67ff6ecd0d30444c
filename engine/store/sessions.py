"""Sessions of the console: each stands for a token, is known by the hash of its secret, and ends with the token."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, or_, select

from engine.store.columns import Instant
from engine.store.tables import SESSION, TOKEN
from engine.store.tokens import Holder, is_valid

SECRET_BYTES = 32


def begin(connection: Connection, token: int, now: datetime, until: datetime) -> str:
    """Begin a session in the name of a token, valid until an instant; return its secret, of which the hash is kept."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    connection.execute(insert(SESSION).values(token=token, hash=_hash(secret), begun_at=now, expires_at=until))
    return secret


def holder(connection: Connection, secret: str, now: datetime) -> Holder | None:
    """Return in whose name a session is; None where there is none such, or it or its token is not valid any more."""
    found = connection.execute(_HOLDER, {"its_hash": _hash(secret), "at": now}).one_or_none()
    return None if found is None else Holder(found.key, found.name, frozenset(found.scopes.split()))


def end(connection: Connection, secret: str) -> None:
    """End a session."""
    connection.execute(delete(SESSION).where(SESSION.c.hash == _hash(secret)))


def prune(connection: Connection, now: datetime) -> int:
    """Remove sessions that have expired, or whose token is revoked; return how many."""
    revoked = select(TOKEN.c.key).where(TOKEN.c.revoked_at.is_not(None))
    over = or_(SESSION.c.expires_at <= now, SESSION.c.token.in_(revoked))
    return connection.execute(delete(SESSION).where(over)).rowcount


# Made once: it is asked with every page.
_HOLDER = (
    select(TOKEN.c.key, TOKEN.c.name, TOKEN.c.scopes)
    .join(SESSION, SESSION.c.token == TOKEN.c.key)
    .where(
        SESSION.c.hash == bindparam("its_hash"),
        SESSION.c.expires_at > bindparam("at", type_=Instant()),
        is_valid(bindparam("at", type_=Instant())),
    )
)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
