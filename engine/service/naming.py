"""Naming: the record, the person and the day that somebody names; what does not fit is declined with a sentence."""

from datetime import date, datetime

from engine.model.values import ValueRefused, read_date
from engine.service.installation import Installation
from engine.store.database import Connection
from engine.store.facts import Records
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment, local_date, start_of_day
from engine.vocabulary.problem import nearest_or_all

NOT_THERE, UNFIT, REFUSED = "NOT_THERE", "UNFIT", "REFUSED"
CHANGED_SINCE, ALREADY = "CHANGED_SINCE", "ALREADY"
ILLEGAL_MOVE, NOT_LIVE, SET_CHANGED, NOT_APPROVED = "ILLEGAL_MOVE", "NOT_LIVE", "SET_CHANGED", "NOT_APPROVED"


class Declined(Exception):
    """Something that a person asked for and does not get; `code` says in a word why, its text what to do.

    NOT_THERE: it is not there. UNFIT: it is not written as it should be. CHANGED_SINCE: it is not what the caller saw.
    ALREADY: it is so, or there is nothing of the kind to do. All others: how things stand forbids it.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def record_named(store: Store, connection: Connection, entity: str, record_id: str) -> tuple[str, int]:
    """Return (entity, key) of a record that is held here."""
    if entity not in store.tables.records:
        raise Declined(UNFIT, f"the model has no entity `{entity}`")
    key = Records(store.tables, store.zone).key_of(connection, entity, record_id)
    if key is None:
        raise Declined(NOT_THERE, f"the store has no {entity} with this id")
    return entity, key


def day_named(what: str, written: str, moment: Moment) -> date:
    """Return the day that is written; `what` names it in the sentence."""
    try:
        return read_date(written, moment.zone)
    except ValueRefused as error:
        raise Declined(UNFIT, f"{what}: {error}") from None


def past_day(what: str, written: str, moment: Moment, since: datetime | None = None) -> datetime:
    """Return the first instant of a day on which something was said: not to come, and not before something began."""
    day = day_named(what, written, moment)
    if day > moment.today:
        raise Declined(REFUSED, f"{what}: {day} is yet to come; name the day on which it was said")
    if since is not None and day < (began := local_date(since, moment.zone)):
        raise Declined(REFUSED, f"{what}: {day} is before the restriction began, on {began}")
    return start_of_day(day, moment.zone)


def coming_day(what: str, written: str, moment: Moment) -> datetime:
    """Return the first instant of a day on which something is to be done: today or later."""
    day = day_named(what, written, moment)
    if day < moment.today:
        raise Declined(REFUSED, f"{what}: {day} has passed; name a day to come")
    return start_of_day(day, moment.zone)


def person_named(installation: Installation, name: str) -> str | None:
    """Return the name of somebody of `people`; None where none is written. Any name will do where nobody is listed."""
    people = installation.settings.people
    if name and people and name not in people:
        raise Declined(UNFIT, f"`{name}` is nobody of `people` in the configuration; {nearest_or_all(name, people)}")
    return name or None


def colleague_named(installation: Installation, name: str) -> str | None:
    """Return the name or role of somebody of `people`; None where none is written."""
    people = installation.settings.people
    known = {*people, *(role for one in people.values() for role in one.roles)}
    if name and name not in known:
        remedy = nearest_or_all(name, known) if known else "name people under `people` first"
        raise Declined(UNFIT, f"nobody of `people` in the configuration is called `{name}` or has that role; {remedy}")
    return name or None
