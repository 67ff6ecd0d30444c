"""Event patterns in SQL: whose stored events satisfy a pattern, whom time alone brings up, and the events of one."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from engine.language.event_pattern import (
    REPLAYED,
    EventKind,
    EventPattern,
    FieldChange,
    Following,
    Repeated,
    Unfollowed,
    occasions,
)
from engine.model.past_event import PastEvent
from engine.store.columns import Instant
from engine.store.functions import TermEnd
from engine.store.inbox import OWN
from engine.store.readings import says
from engine.store.records import RecordTables
from engine.store.tables import INBOX
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import Duration

# More than changed clocks, and more than clipped months besides, can move the end of a term.
MARGIN, MARGIN_OF_MONTHS = timedelta(days=2), timedelta(days=5)
Condition = ColumnElement[bool]
Chosen = Select[Any]


@dataclass(frozen=True, slots=True)
class StoredEvents:
    """The stored events of an entity's records, as of a moment: what happens later does not count."""

    connection: Connection
    tables: RecordTables
    entity: str
    moment: Moment

    def satisfying(self, pattern: EventPattern) -> Chosen:
        """Select the keys of the records whose events satisfy a pattern."""
        records = self.tables.records[self.entity]
        return select(records.c.key).where(records.c.id.in_(self._subjects(pattern)))

    def ripened(self, pattern: EventPattern, since: datetime) -> list[int]:
        """Return the keys of the records for which time alone may have made a pattern true since an instant.

        A term ended without what was waited for, or it is now that what an event announced happens. Whose instant was
        first comes first.
        """
        one = INBOX.alias()
        was_announced = and_(one.c.occurred_at > since, one.c.occurred_at > one.c.received_at)
        happened = and_(or_(*(self._is(one, kind, was_announced) for kind in occasions(pattern))), was_announced)
        due = [select(one.c.subject, one.c.occurred_at.label("due")).where(happened)]
        if isinstance(pattern, Unfollowed):
            end = self._end(one, pattern.within)
            first, last = self._starts(pattern.within, since)
            started = and_(one.c.occurred_at > first, one.c.occurred_at < last)
            due.append(select(one.c.subject, end).where(started, self._is_unfollowed(one, pattern, first), end > since))
        found, records = union_all(*due).subquery(), self.tables.records[self.entity]
        rows = select(records.c.key).join(found, found.c.subject == records.c.id).group_by(records.c.key)
        return list(self.connection.execute(rows.order_by(func.min(found.c.due), records.c.key)).scalars())

    def of_record(self, record_id: str, pattern: EventPattern) -> tuple[PastEvent, ...]:
        """Return the events of one record that can matter to a pattern, the newest few of each kind."""
        one = INBOX.alias()

        def newest(kind: EventKind, *conditions: Condition, most: int = REPLAYED) -> list[PastEvent]:
            its = one.c.subject == record_id
            rows = select(one).where(its, self._is(one, kind, its), *conditions)
            rows = rows.order_by(one.c.occurred_at.desc(), one.c.seq.desc()).limit(most)
            return [_past_event(kind, row) for row in self.connection.execute(rows).mappings()]

        found: list[PastEvent] = []
        match pattern:
            case FieldChange():
                found = newest(pattern.event)
            case Repeated():
                found = newest(pattern.event, self._is_recent(one, pattern.within), most=pattern.times)
            case Following():
                found = [*newest(pattern.event), *newest(pattern.after)]
            case Unfollowed():
                asked = newest(pattern.event, self._end(one, pattern.within) <= self._now)
                found = [*asked, *self._answers(record_id, pattern.not_followed_by, asked)]
        return tuple({event.seq: event for event in found}.values())

    def _answers(self, record_id: str, kind: EventKind, asked: Iterable[PastEvent]) -> list[PastEvent]:
        """Return the first event of a kind after each event: no later one can excuse what that does not."""
        one, found = INBOX.alias(), []
        for event in asked:
            at = literal(event.at, Instant())
            comes_after = or_(one.c.occurred_at > at, and_(one.c.occurred_at == at, one.c.seq > event.seq))
            its = and_(one.c.subject == record_id, comes_after)
            rows = select(one).where(its, self._is(one, kind, its))
            rows = rows.order_by(one.c.occurred_at, one.c.seq).limit(1)
            found += [_past_event(kind, row) for row in self.connection.execute(rows).mappings()]
        return found

    def _subjects(self, pattern: EventPattern) -> Chosen:
        """Select the ids of the records whose events satisfy a pattern."""
        one = INBOX.alias()
        chosen = select(one.c.subject).where(self._is(one, pattern.event))
        match pattern:
            case FieldChange():
                return chosen
            case Repeated():
                recent = chosen.where(self._is_recent(one, pattern.within))
                return recent.group_by(one.c.subject).having(func.count() >= pattern.times)
            case Following():
                return chosen.where(self._follows(one, pattern))
            case Unfollowed():
                return chosen.where(self._is_unfollowed(one, pattern))
        assert_never(pattern)

    def _follows(self, later: FromClause, pattern: Following) -> Condition:
        earlier = INBOX.alias()
        is_in_time = later.c.occurred_at <= self._end(earlier, pattern.within)
        return exists().where(self._is(earlier, pattern.after), _precedes(earlier, later), is_in_time)

    def _is_unfollowed(self, asked: FromClause, pattern: Unfollowed, since: datetime | None = None) -> Condition:
        """Return the condition that an event of the pattern's kind waited in vain until its term had passed.

        `since` is before all such events, where that is known.
        """
        answer, end = INBOX.alias(), self._end(asked, pattern.within)
        is_in_time = answer.c.occurred_at <= end
        is_recent = answer.c.occurred_at > since if since else true()
        is_answer = self._is(answer, pattern.not_followed_by, is_recent)
        answered = exists().where(is_answer, _precedes(asked, answer), is_in_time)
        is_asked = self._is(asked, pattern.event, asked.c.occurred_at > since if since else true())
        return and_(is_asked, end <= self._now, ~answered)

    def _is(self, one: FromClause, kind: EventKind, narrower: Condition | None = None) -> Condition:
        """Return the condition that a row is an event of a kind about a record of the entity, and has happened.

        `narrower` is what holds for the rows in question anyway: only of those what they say may have to be read.
        """
        by_us = one.c.source == OWN if kind.field else true()
        is_past = one.c.occurred_at <= self._now
        its = and_(one.c.entity == self.entity, one.c.type == kind.type, by_us, is_past)
        if not kind.expected:
            return its
        return and_(its, says(self.connection, one, kind, its if narrower is None else and_(its, narrower)))

    def _starts(self, within: Duration, since: datetime) -> tuple[datetime, datetime]:
        """Return the instants between which all events began whose term may have ended between then and now."""
        margin = MARGIN_OF_MONTHS if within.months else MARGIN
        first, last = (within.earlier(at, self.moment) for at in (since, self.moment.now))
        return first - margin, last + margin

    def _is_recent(self, one: FromClause, within: Duration) -> Condition:
        return one.c.occurred_at >= literal(within.older_before(self.moment), Instant())

    def _end(self, one: FromClause, within: Duration) -> ColumnElement[datetime]:
        parts = (literal(part) for part in (within.months, within.days, within.minutes))
        return TermEnd(one.c.occurred_at, *parts, literal(str(self.moment.zone)))

    @property
    def _now(self) -> ColumnElement[datetime]:
        return literal(self.moment.now, Instant())


def _precedes(earlier: FromClause, later: FromClause) -> Condition:
    """Return the condition that one event of a record comes before another; at one instant the arrival decides."""
    at_once = and_(earlier.c.occurred_at == later.c.occurred_at, earlier.c.seq < later.c.seq)
    is_before = or_(earlier.c.occurred_at < later.c.occurred_at, at_once)
    return and_(earlier.c.subject == later.c.subject, is_before)


def _past_event(kind: EventKind, row: Any) -> PastEvent:
    return PastEvent(kind.name, row["occurred_at"], row["seq"], json.loads(row["body"]))
