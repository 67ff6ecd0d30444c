"""Holding: people place holds and lift them; somebody may answer for one, and there may be a day to look again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.service.installation import Installation
from engine.service.naming import NOT_THERE, UNFIT, Declined, colleague_named, coming_day, record_named
from engine.service.recording import record_hold
from engine.store import holds
from engine.store.database import Connection
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment, local_date, start_of_day

DEFAULT_NAME = "hold"


@dataclass(frozen=True, slots=True)
class HoldWanted:
    """A hold as a person asks for it: on what, why, what kind it is, who answers for it, and until when not to look."""

    record: str
    reason: str
    name: str = DEFAULT_NAME
    owner: str = ""
    review: str = ""
    entity: str = "contact"


def place(installation: Installation, store: Store, wanted: HoldWanted, by: str = "") -> int:
    """Place a hold; return its id. Raises Declined."""
    moment = installation.moment()
    if not wanted.reason.strip():
        raise Declined(UNFIT, "a hold needs a reason: say why the record is kept")
    owner = colleague_named(installation, wanted.owner)
    review_at = coming_day("the day of review", wanted.review, moment) if wanted.review else None
    with store.database.writing() as connection:
        record = record_named(store, connection, wanted.entity, wanted.record)
        watch = holds.Watch(owner, review_at)
        hold = holds.add(connection, record, wanted.name or DEFAULT_NAME, wanted.reason, moment.now, watch)
        record_hold(installation, store, connection, "hold.placed", hold, by)
    return hold


def lift(installation: Installation, store: Store, hold: int, by: str = "") -> None:
    """Lift a hold. Raises Declined where none is active under that id."""
    with store.database.writing() as connection:
        if not holds.lift(connection, hold, installation.clock.now()):
            raise Declined(NOT_THERE, f"no hold {hold} is active")
        record_hold(installation, store, connection, "hold.lifted", hold, by)


def listed(installation: Installation, store: Store) -> list[dict[str, Any]]:
    """Return the active holds, each with its day of review and whether that has passed."""
    with store.database.reading() as connection:
        return page(installation, store, connection)


def page(
    installation: Installation, store: Store, connection: Connection, after: int = 0, limit: int | None = None
) -> list[dict[str, Any]]:
    """Return the active holds behind an id, so many at most."""
    moment = installation.moment()
    return [_with_review(one, moment) for one in holds.listing(connection, store.tables, after, limit)]


def late(
    installation: Installation, store: Store, connection: Connection, after: tuple[datetime, int] | None, limit: int
) -> list[dict[str, Any]]:
    """Return the active holds nobody has looked at by the day of their review, the longest due first.

    Each has its first instant besides, which with its id is where the next page begins.
    """
    moment = installation.moment()
    today = start_of_day(moment.today, moment.zone)
    found = holds.late_listing(connection, store.tables, today, after, limit)
    return [{"review_at": one["review_at"], **_with_review(dict(one), moment)} for one in found]


def overdue(connection: Connection, moment: Moment) -> int:
    """Return how many holds nobody has looked at by the day of their review."""
    return holds.reviews_before(connection, start_of_day(moment.today, moment.zone))


def _with_review(hold: dict[str, Any], moment: Moment) -> dict[str, Any]:
    review_at = hold.pop("review_at")
    day = None if review_at is None else local_date(review_at, moment.zone)
    return hold | {"review": day, "overdue": day is not None and day < moment.today}
