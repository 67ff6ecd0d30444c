"""Forecasting: who reaches a deletion when, if nothing changes but the time. Only reads."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

from actions.schedule_deletion import ScheduleDeletion
from engine.language.rule import Rule, Rulebook
from engine.service.activation import LIVE, in_effect
from engine.service.installation import Installation
from engine.service.runner import off_rules, opened_assessment, rules_with_sources
from engine.store import expectations, registry
from engine.store.assessment import Assessment
from engine.store.database import Connection, StatementFailed, savepoint
from engine.store.registry import Registered
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment, end_of_day, local_date, start_of_day
from engine.vocabulary.duration import MICROSECOND
from engine.vocabulary.occurrence import due_between

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """How many contacts of one owner reach a deletion by one rule on one day.

    `scheduled` are pending deletions; `stopped` those that wait for a guard or a person, as if let go today; `expected`
    those that the rule would schedule when time makes it true.
    """

    day: date
    rule: str
    stage: str
    owner: str | None
    scheduled: int
    stopped: int
    expected: int
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to come."""

    moment: Moment
    days: int
    rows: tuple[ForecastRow, ...]
    errors: Mapping[str, str]

    @property
    def has_failed(self) -> bool:
        """True when a rule could not be evaluated."""
        return bool(self.errors)

    def as_json(self, *, show_ids: bool = False) -> dict[str, object]:
        """Return the document of `forecast --json`; contacts by id only where that is asked for."""
        rows = [asdict(row) for row in self.rows]
        if not show_ids:
            rows = [{name: value for name, value in row.items() if name != "contacts"} for row in rows]
        return {"now": self.moment.now, "days": self.days, "deletions": rows, "errors": dict(self.errors)}


@dataclass(slots=True)
class _Course:
    """One rule on its way through the days: where it was looked at last, and why it failed if it did."""

    rule: Rule
    slot: int
    stored: Registered | None
    seen: datetime | None = None
    error: str = ""

    @property
    def is_paused(self) -> bool:
        return self.stored is not None and (self.stored.paused is not None or self.stored.paused_at is not None)

    def due(self, moment: Moment) -> datetime:
        """Return when a deletion would be due that is scheduled at a moment."""
        return min(
            call.grace.after(moment.now, moment) for call in self.rule.calls if isinstance(call, ScheduleDeletion)
        )

    def look(self, moment: Moment, offset: int) -> tuple[datetime, bool]:
        """Return when the rule is looked at, some days after the moment's, and whether it may match anybody then.

        A rule without a schedule is looked at now and at the start of every day; if only changes wake it, time alone
        opens no case of it later.
        """
        day = moment.today + timedelta(days=offset)
        start = max(start_of_day(day, moment.zone), moment.now)
        check = self.rule.check
        if check.schedule is None:
            return start, check.always or offset == 0
        end = end_of_day(day, moment.zone)
        first = next(due_between(check.schedule, start - MICROSECOND, end - MICROSECOND, moment.zone), None)
        return (start, False) if first is None else (first, True)


def forecast(
    installation: Installation,
    store: Store,
    rulebook: Rulebook,
    days: int,
    advance: Advance = lambda _: None,
    *,
    show_ids: bool = False,
) -> Forecast:
    """Return who reaches a deletion in the rest of today and the days after it, evaluated once a day, set-based.

    Guards, limits and changes of contacts are not foreseen; each rule is seen by itself.
    """
    moment = installation.moment()
    with store.database.reading() as connection:
        known = registry.registered(connection)
        active = in_effect(installation, rulebook, known)
        deleting = [rule for rule in active.rules.values() if rule.deletes and rule.stage != "off"]
        courses = [_Course(rule, slot, known.get(rule.id)) for slot, rule in enumerate(deleting)]
        expectations.begin(connection)
        for course in courses:
            _seed(connection, course, moment)
        for offset in range(days + 1):
            _live_through(connection, store, active, courses, moment, offset)
            advance(1)
        rows = _rows(connection, store, courses, moment, days, show_ids=show_ids)
        expectations.end(connection)
    return Forecast(moment, days, rows, {course.rule.id: course.error for course in courses if course.error})


def _seed(connection: Connection, course: _Course, moment: Moment) -> None:
    """Take in what is stored of a rule that is live and stays so; the cases of any other begin with the first look."""
    stored, rule = course.stored, course.rule
    if stored is None or stored.entity != rule.entity or (stored.stage, rule.stage) != (LIVE, LIVE):
        return
    due_if_released = course.due(moment) if stored.paused is not None else None
    expectations.seed(connection, course.slot, stored.key, rule.version, due_if_released)


def _live_through(
    connection: Connection, store: Store, active: Rulebook, courses: list[_Course], moment: Moment, offset: int
) -> None:
    """Look at every rule once on one day, those of one instant together."""
    looks: dict[datetime, list[tuple[_Course, bool]]] = defaultdict(list)
    for course in courses:
        if not course.error:
            instant, opens = course.look(moment, offset)
            looks[instant].append((course, opens))
    for instant, looked_at in sorted(looks.items(), key=lambda one: one[0]):
        by_rule = {course.rule.id: (course, opens) for course, opens in looked_at}
        with opened_assessment(connection, store, replace(moment, now=instant), off_rules(active)) as assessment:
            for rule in rules_with_sources(active, set(by_rule)):
                failure = _assess(assessment, rule)
                if rule.id in by_rule:
                    _follow(assessment, *by_rule[rule.id], failure)


def _assess(assessment: Assessment, rule: Rule) -> str:
    try:
        with savepoint(assessment.connection):
            assessment.assess(rule)
    except StatementFailed as failure:
        return str(failure)
    return ""


def _follow(assessment: Assessment, course: _Course, opens: bool, failure: str) -> None:
    course.error = failure
    if not failure:
        due = course.due(assessment.moment)
        expectations.follow(assessment, course.rule.id, course.slot, course.seen, due, opens=opens)
        course.seen = assessment.moment.now


def _rows(
    connection: Connection, store: Store, courses: list[_Course], moment: Moment, days: int, *, show_ids: bool
) -> tuple[ForecastRow, ...]:
    until = end_of_day(moment.today + timedelta(days=days), moment.zone)
    found = []
    for course in courses:
        where = (course.rule.entity, str(moment.zone))
        kinds: dict[tuple[date, str | None], Counter[int]] = defaultdict(Counter)
        for start, owner, kind, count in expectations.counts(connection, store.tables, course.slot, where, until):
            kinds[_day(start, moment), owner][expectations.STOPPED if course.is_paused else kind] += count
        ids: dict[tuple[date, str | None], list[str]] = defaultdict(list)
        if show_ids:
            for start, owner, contact in expectations.contacts(connection, store.tables, course.slot, where, until):
                ids[_day(start, moment), owner].append(contact)
        found += [_row(course, *key, counted, tuple(ids[key])) for key, counted in kinds.items()]
    return tuple(sorted(found, key=lambda row: (row.day, row.rule, row.owner or "")))


def _row(course: _Course, day: date, owner: str | None, kinds: Counter[int], contacts: tuple[str, ...]) -> ForecastRow:
    return ForecastRow(
        day,
        course.rule.id,
        course.rule.stage,
        owner,
        kinds[expectations.SCHEDULED],
        kinds[expectations.STOPPED],
        kinds[expectations.EXPECTED],
        contacts,
    )


def _day(start: datetime, moment: Moment) -> date:
    """Return the day on which something happens: what is overdue is for today."""
    return max(local_date(start, moment.zone), moment.today)
