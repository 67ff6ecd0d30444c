"""The passing of time: how far a clock is moved, and the instants on the way at which the service has work to do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from engine.language.algebra import Threshold
from engine.language.rule import Rule
from engine.vocabulary.calendar import Moment, end_of_day, from_wall_clock, local_date
from engine.vocabulary.duration import Duration
from engine.vocabulary.occurrence import next_after
from engine.vocabulary.parts import walk

_Part = TypeVar("_Part")
YEARS = range(1_500, 9_000)  # in which every duration leads to a date that exists


def later(moment: Moment, by: Duration) -> datetime:
    """Return the instant to which a clock is moved: days keep the time of day, hours and minutes are elapsed time."""
    days, elapsed = replace(by, minutes=0), timedelta(minutes=by.minutes)
    if days.is_zero:
        return moment.now + elapsed
    day = local_date(days.after(moment.now, moment), moment.zone)
    time_of_day = moment.now.astimezone(moment.zone).time()
    return from_wall_clock(datetime.combine(day, time_of_day), moment.zone) + elapsed


@dataclass(frozen=True, slots=True)
class Due:
    """An instant at which the service may have something to do: by the schedule of rules, or by what is stored."""

    at: datetime
    scheduled: frozenset[str]
    is_stored: bool


@dataclass(slots=True)
class Agenda:
    """When something may fall due for some rules.

    That is: at their scheduled occurrences, at the start of each day and as many hours before it as an anniversary is
    looked for, at every instant that is stored, and as long before and after it as any duration in the rules. Looking
    where there is nothing to do changes nothing, so too many are harmless.
    """

    rules: tuple[Rule, ...]
    _lengths: frozenset[Duration] = frozenset()
    _to_anniversaries: frozenset[Duration] = frozenset()
    _around: dict[datetime, frozenset[datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # What actions wait for is stored when they are planned.
        self._lengths = frozenset(one for rule in self.rules for one in _within(replace(rule, calls=()), Duration))
        thresholds = (one for rule in self.rules for one in _within(rule.predicate, Threshold))
        windows = {one.duration for one in thresholds if one.kind == "anniversary" and one.duration}
        # Those of whole days reach an anniversary when a day begins, as those on dates do.
        self._to_anniversaries = frozenset(one for one in windows if one.minutes and not one.is_dated)

    def next_due(self, stored: Iterable[datetime], moment: Moment) -> Due:
        """Return the first instant after a moment at which there may be something to do."""
        schedules = {rule.id: rule.check.schedule for rule in self.rules if rule.check.schedule is not None}
        occurrences = {rule: next_after(schedule, moment.now, moment.zone) for rule, schedule in schedules.items()}
        near = min((at for one in stored for at in self._near(one, moment) if at > moment.now), default=None)
        day = end_of_day(moment.today, moment.zone)
        first = min((day, *self._before_anniversaries(moment), *occurrences.values(), *((near,) if near else ())))
        return Due(first, frozenset(rule for rule, at in occurrences.items() if at == first), near == first)

    def _near(self, instant: datetime, moment: Moment) -> frozenset[datetime]:
        if instant not in self._around:
            shifts = self._lengths if instant.year in YEARS else ()
            shifted = (at for one in shifts for at in (one.after(instant, moment), one.earlier(instant, moment)))
            self._around[instant] = frozenset((instant, *shifted, *self._ends(instant, moment)))
        return self._around[instant]

    def _before_anniversaries(self, moment: Moment) -> Iterator[datetime]:
        """Give when the next day comes within reach that may be an anniversary: none of them stands in the store."""
        for window in self._to_anniversaries:
            day = end_of_day(local_date(window.after(moment.now, moment), moment.zone), moment.zone)
            at = window.earlier(day, moment)
            if at > moment.now:
                yield at

    def _ends(self, instant: datetime, moment: Moment) -> Iterator[datetime]:
        """Give when deadlines that begin at an instant are over, and when they are near."""
        for deadline in (rule.deadline for rule in self.rules if rule.deadline and instant.year in YEARS):
            over = deadline.within.lapses(instant, moment)
            yield over
            if deadline.remind_before is not None:
                yield deadline.remind_before.earlier(over, moment)


def _within(part: object, kind: type[_Part]) -> Iterator[_Part]:
    """Give the values of a kind that a rule is made of."""
    return (one for one in walk(part) if isinstance(one, kind))
