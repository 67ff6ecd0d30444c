"""Admitting: people make tokens for whoever calls the API, and revoke them; both are in the audit chain."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.crm.outside import THE_CRM
from engine.model.values import LONGEST_ID, ValueRefused, read_datetime
from engine.service.installation import Installation
from engine.service.naming import NOT_THERE, REFUSED, UNFIT, Declined
from engine.service.recording import ANSGAR, ANYBODY, record
from engine.store import tokens
from engine.store.chain import Act
from engine.store.database import Connection
from engine.store.schema import Store
from engine.store.tokens import SCOPES, Holder
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import DurationError, read_duration
from engine.vocabulary.problem import nearest_or_all

OURS = frozenset({ANSGAR, ANYBODY, THE_CRM})  # what the audit chain calls those who act without a token
SOON, LONG = timedelta(days=14), timedelta(days=90)


@dataclass(frozen=True, slots=True)
class TokenWanted:
    """A token as a person asks for it: whose it is, what it may do, and for how long, or until which day."""

    name: str
    scopes: tuple[str, ...]
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A token that was made; it is shown this once."""

    id: int
    token: str = field(repr=False)
    name: str
    scopes: str
    expires_at: datetime | None


def make(installation: Installation, store: Store, wanted: TokenWanted, by: Holder | None = None) -> Made:
    """Make a token and return it. Nobody gives away a scope that they lack. Raises Declined."""
    moment = installation.moment()
    _check_name(wanted.name)
    scopes = _scopes(wanted.scopes)
    expires_at = _expiry(wanted.expires, moment) if wanted.expires else None
    lacking = [one for one in scopes if by is not None and not by.may(one)]
    if lacking:
        raise Declined(REFUSED, f"your own token has no scope {' or '.join(lacking)}: ask somebody whose token has")
    with store.database.writing() as connection:
        token = tokens.create(connection, wanted.name, scopes, moment.now, expires_at)
        made = Made(tokens.newest(connection), token, wanted.name, " ".join(scopes), expires_at)
        details: dict[str, str | int] = {"token": made.id, "scopes": made.scopes}
        if expires_at is not None:
            details["expires_at"] = expires_at.isoformat()
        act = Act(by.name if by else ANYBODY, "token.created", details=details)
        record(installation, connection, act, moment.now)
    return made


def revoke(installation: Installation, store: Store, token: int, by: str = "") -> None:
    """Revoke a token: the next call with it is refused. Raises Declined."""
    now = installation.clock.now()
    with store.database.writing() as connection:
        if not tokens.revoke(connection, token, now):
            raise Declined(NOT_THERE, f"no token {token} is valid")
        record(installation, connection, Act(by or ANYBODY, "token.revoked", details={"token": token}), now)


def to_look_at(connection: Connection, moment: Moment) -> str:
    """Tell which tokens end soon and which nobody seems to need, by their names; empty where there are none."""
    now = moment.now
    kinds = {
        f"expire within {SOON.days} days": tokens.ending(connection, now, now + SOON),
        f"not used for {LONG.days} days": tokens.unused(connection, now, now - LONG),
    }
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in kinds.items() if names)


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > LONGEST_ID or not name.isprintable():
        raise Declined(UNFIT, f"a token needs a name: whose it is, in 1 to {LONGEST_ID} printable characters")
    if name in OURS:
        raise Declined(UNFIT, f"`{name}` stands in the audit chain for who acts without a token; choose another name")


def _scopes(written: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(written))
    for one in found:
        if one not in SCOPES:
            raise Declined(UNFIT, f"`{one}` is no scope; {nearest_or_all(one, SCOPES)}")
    if not found:
        raise Declined(UNFIT, f"a token needs one or more scopes, of {', '.join(SCOPES)}")
    return found


def _expiry(written: str, moment: Moment) -> datetime:
    """Return the instant from which a token is not valid any more: so long from now, or the start of a day."""
    try:
        at = read_duration(written).after(moment.now, moment)
    except DurationError:
        try:
            at = read_datetime(written, moment.zone)
        except ValueRefused as error:
            raise Declined(UNFIT, f"expires: {error}; or a duration, such as `90 days`") from None
    if at <= moment.now:
        raise Declined(UNFIT, "expires: a token that has expired already is of no use; name a time to come")
    return at
