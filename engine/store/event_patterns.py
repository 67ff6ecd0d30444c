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
from engine.store.functions import SaysExpected, TermEnd, expectations
from engine.store.inbox import OWN
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

    tables: RecordTables
    entity: str
    moment: Moment

    def satisfying(self, pattern: EventPattern) -> Chosen:
        """Select the keys of the records whose events satisfy a pattern."""
        records = self.tables.records[self.entity]
        return select(records.c.key).where(records.c.id.in_(self._subjects(pattern)))

    def ripened(self, connection: Connection, pattern: EventPattern, since: datetime) -> list[int]:
        """Return the keys of the records for which time alone may have made a pattern true since an instant.

        A term ended without what was waited for, or it is now that what an event announced happens. Whose instant was
        first comes first.
        """
        one = INBOX.alias()
        was_announced = and_(one.c.occurred_at > since, one.c.occurred_at > one.c.received_at)
        happened = and_(or_(*(self._is(one, kind) for kind in occasions(pattern))), was_announced)
        due = [select(one.c.subject, one.c.occurred_at.label("due")).where(happened)]
        if isinstance(pattern, Unfollowed):
            end = self._end(one, pattern.within)
            started = self._started(one, pattern.within, since)
            due.append(select(one.c.subject, end).where(started, self._is_unfollowed(one, pattern), end > since))
        found, records = union_all(*due).subquery(), self.tables.records[self.entity]
        rows = select(records.c.key).join(found, found.c.subject == records.c.id).group_by(records.c.key)
        return list(connection.execute(rows.order_by(func.min(found.c.due), records.c.key)).scalars())

    def of_record(self, connection: Connection, record_id: str, pattern: EventPattern) -> tuple[PastEvent, ...]:
        """Return the events of one record that can matter to a pattern, the newest few of each kind."""
        one = INBOX.alias()

        def newest(kind: EventKind, *conditions: Condition, most: int = REPLAYED) -> list[PastEvent]:
            rows = select(one).where(one.c.subject == record_id, self._is(one, kind), *conditions)
            rows = rows.order_by(one.c.occurred_at.desc(), one.c.seq.desc()).limit(most)
            return [_past_event(kind, row) for row in connection.execute(rows).mappings()]

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
                found = [*asked, *self._answers(connection, record_id, pattern.not_followed_by, asked)]
        return tuple({event.seq: event for event in found}.values())

    def _answers(
        self, connection: Connection, record_id: str, kind: EventKind, asked: Iterable[PastEvent]
    ) -> list[PastEvent]:
        """Return the first event of a kind after each event: no later one can excuse what that does not."""
        one, found = INBOX.alias(), []
        for event in asked:
            at = literal(event.at, Instant())
            comes_after = or_(one.c.occurred_at > at, and_(one.c.occurred_at == at, one.c.seq > event.seq))
            rows = select(one).where(one.c.subject == record_id, self._is(one, kind), comes_after)
            rows = rows.order_by(one.c.occurred_at, one.c.seq).limit(1)
            found += [_past_event(kind, row) for row in connection.execute(rows).mappings()]
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

    def _is_unfollowed(self, asked: FromClause, pattern: Unfollowed) -> Condition:
        """Return the condition that an event of the pattern's kind waited in vain until its term had passed."""
        answer, end = INBOX.alias(), self._end(asked, pattern.within)
        is_in_time = answer.c.occurred_at <= end
        answered = exists().where(self._is(answer, pattern.not_followed_by), _precedes(asked, answer), is_in_time)
        return and_(self._is(asked, pattern.event), end <= self._now, ~answered)

    def _is(self, one: FromClause, kind: EventKind) -> Condition:
        """Return the condition that a row is an event of a kind about a record of the entity, and has happened."""
        says = SaysExpected(one.c.body, expectations(kind.expected)) if kind.expected else true()
        by_us = one.c.source == OWN if kind.field else true()
        is_past = one.c.occurred_at <= self._now
        return and_(one.c.entity == self.entity, one.c.type == kind.type, by_us, is_past, says)

    def _started(self, one: FromClause, within: Duration, since: datetime) -> Condition:
        """Return a condition that an index answers, on all events whose term may have ended between then and now."""
        margin = MARGIN_OF_MONTHS if within.months else MARGIN
        first, last = (within.earlier(at, self.moment) for at in (since, self.moment.now))
        return and_(one.c.occurred_at > first - margin, one.c.occurred_at < last + margin)

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
