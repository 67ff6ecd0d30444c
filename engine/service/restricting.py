"""Restricting: people record that somebody was told before a restriction ends, and what is permitted (Art. 18)."""

from dataclasses import dataclass, replace
from typing import Any

from engine.service.installation import Installation
from engine.service.logs import logger
from engine.service.naming import NOT_THERE, REFUSED, UNFIT, Declined, past_day, record_named
from engine.service.recording import ANYBODY, record, subject_of_record
from engine.store import restrictions
from engine.store.chain import Act
from engine.store.database import Connection
from engine.store.restrictions import DELETION, USES, Restriction
from engine.store.schema import Store
from engine.vocabulary.calendar import local_date
from engine.vocabulary.problem import nearest_or_all

LOG = logger("restricting")
CONSENT = "consent"
GROUNDS = (CONSENT, "legal_claims", "rights_of_others", "public_interest")


@dataclass(frozen=True, slots=True)
class Permit:
    """A use that is permitted: which, on what ground, on which day that was said, and who notes it."""

    use: str
    ground: str
    said: str
    by: str = ""


def listed(installation: Installation, store: Store) -> list[dict[str, Any]]:
    """Return the open restrictions, days as days."""
    with store.database.reading() as connection:
        found = page(installation, store, connection)
    return sorted(found, key=lambda one: (one["since"], one["contact"]))


def page(
    installation: Installation, store: Store, connection: Connection, after: int = 0, limit: int | None = None
) -> list[dict[str, Any]]:
    """Return the open restrictions behind an id, days as days, so many at most."""
    zone = installation.settings.zone
    found = restrictions.listing(connection, store.tables, after, limit)
    for one in found:
        told = one.pop("told_at")
        one["told"] = None if told is None else local_date(told, zone)
        for allowed in one["permissions"]:
            allowed["said"] = local_date(allowed.pop("said_at"), zone)
    return found


def lift(
    installation: Installation, store: Store, contact: str, told: str, by: str = "", entity: str = "contact"
) -> bool:
    """Record when the person was told that the restriction ends; return whether it has ended with that.

    It ends later where the flag is still set: as soon as the CRM sends it as not set. Raises Declined.
    """
    moment, teller = installation.moment(), by or None
    with store.database.writing() as connection:
        its = record_named(store, connection, entity, contact)
        one = _open(connection, its)
        told_at = past_day("the day on which the person was told", told, moment, one.since)
        restrictions.tell(connection, one, (told_at, teller), moment.now)
        is_flagged = restrictions.is_flagged(connection, store.tables, *its)
        act = Act(teller or ANYBODY, "restriction.told", details={"restriction": one.key})
        _record(installation, store, connection, its, act)
        if not is_flagged:
            restrictions.end(connection, one, moment.now)
    LOG.info("restriction told", restriction=one.key, ended=not is_flagged)
    return not is_flagged


def permit(installation: Installation, store: Store, contact: str, wanted: Permit, entity: str = "contact") -> int:
    """Record that a use is permitted although the processing is restricted; return its id. Raises Declined."""
    for what, word, known in (("use", wanted.use, USES), ("ground", wanted.ground, GROUNDS)):
        if word not in known:
            raise Declined(UNFIT, f"`{word}` is no {what}; {nearest_or_all(word, known)}")
    if wanted.use == DELETION and wanted.ground != CONSENT:
        raise Declined(REFUSED, f"deleting a restricted contact needs that person's word: `--ground {CONSENT}`")
    moment, noter = installation.moment(), wanted.by or None
    with store.database.writing() as connection:
        its = record_named(store, connection, entity, contact)
        _open(connection, its)
        said_at = past_day("the day on which it was said", wanted.said, moment)
        permission = restrictions.permit(connection, its, (wanted.use, wanted.ground), (said_at, noter), moment.now)
        details: dict[str, str | int] = {"permission": permission, "use": wanted.use, "ground": wanted.ground}
        _record(installation, store, connection, its, Act(noter or ANYBODY, "restriction.permitted", details=details))
    return permission


def withdraw(installation: Installation, store: Store, permission: int, by: str = "") -> None:
    """Withdraw a permission. Raises Declined where none stands under that id."""
    with store.database.writing() as connection:
        its = restrictions.withdraw(connection, permission, installation.clock.now())
        if its is None:
            raise Declined(NOT_THERE, f"no permission {permission} stands")
        act = Act(by or ANYBODY, "restriction.permission_withdrawn", details={"permission": permission})
        _record(installation, store, connection, its, act)


def _record(installation: Installation, store: Store, connection: Connection, of: tuple[str, int], act: Act) -> None:
    """Note an act about a record in the audit chain."""
    subject = subject_of_record(installation, store, connection, of)
    record(installation, connection, replace(act, subject=subject), installation.clock.now())


def _open(connection: Connection, record: tuple[str, int]) -> Restriction:
    found = restrictions.open_of(connection, *record)
    if found is None:
        raise Declined(NOT_THERE, f"the processing of this {record[0]} is not restricted")
    return found
