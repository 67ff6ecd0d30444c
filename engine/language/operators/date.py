"""Tests of dates: before, after, on, between, older_than, newer_than, in_last, in_next, anniversaries, today."""

from datetime import date, datetime

from engine.language.algebra import Both, Calendar, Compare, Either, Predicate, Term, Threshold, negate
from engine.language.kinds import FieldOperand, Kind, Operand, OperandKind
from engine.language.operators.comparison import after, after_form, before, before_form, date_operand
from engine.language.operators.operator import Context, Operator
from engine.vocabulary.calendar import end_of_day, local_date, plus_months, start_of_day
from engine.vocabulary.duration import MICROSECOND, Duration
from engine.vocabulary.reading import Reading
from engine.vocabulary.truth import Truth, all_of
from engine.vocabulary.wording import bilingual

_DATE = frozenset({Kind.DATE})
NOW, AFTER_NOW = Threshold("now"), Threshold("after_now")
MONTHS_A_YEAR = 12


def _on(reading: Reading[datetime], operand: date | datetime | None, context: Context) -> Truth:
    if operand is None:
        return Truth.UNKNOWN
    zone = context.moment.zone
    day = local_date(operand, zone) if isinstance(operand, datetime) else operand
    start, end = start_of_day(day, zone), end_of_day(day, zone)
    return all_of((reading.holds(lambda value: value >= start), reading.holds(lambda value: value < end)))


def _on_form(term: Term, operand: Operand, _exact: bool) -> Predicate:
    if isinstance(operand, FieldOperand) or isinstance(operand.value, datetime):
        named = date_operand(operand)
        return Both((Compare(">=", term, Calendar("day_start", named)), Compare("<", term, Calendar("day_end", named))))
    start, end = date_operand(operand), Threshold("day_end", day=operand.value)  # type: ignore[arg-type]  # a day here
    return Both((Compare(">=", term, start), Compare("<", term, end)))


def _older(reading: Reading[datetime], duration: Duration, context: Context) -> Truth:
    return reading.holds(lambda value: duration.is_passed(value, context.moment))


def _older_form(term: Term, duration: Duration) -> Predicate:
    return Compare("<", term, Threshold("older", duration))


def _in_last(reading: Reading[datetime], duration: Duration, context: Context) -> Truth:
    in_past = reading.holds(lambda value: value <= context.moment.now)
    return all_of((in_past, _older(reading, duration, context).negated()))


def _in_next(reading: Reading[datetime], duration: Duration, context: Context) -> Truth:
    moment = context.moment
    ahead = reading.holds(lambda value: value > moment.now)
    return all_of((ahead, reading.holds(lambda value: duration.reaches(value, moment))))


def _anniversary(reading: Reading[datetime], window: Duration, context: Context) -> Truth:
    moment = context.moment
    last = local_date(window.ahead(moment) - MICROSECOND, moment.zone)

    def celebrates(value: datetime) -> bool:
        born = local_date(value, moment.zone)
        years = range(max(1, moment.today.year - born.year), last.year - born.year + 1)
        return any(moment.today <= plus_months(born, MONTHS_A_YEAR * n) <= last for n in years)

    return reading.exactly(celebrates)


def _anniversary_form(term: Term, window: Duration, _exact: bool) -> Predicate:
    exact = Calendar("certain", term)
    day = Calendar("month_day", exact)
    edges = [Threshold("anniversary", window, edge=edge) for edge in range(6)]
    return Either(
        tuple(
            Both((Compare(">=", day, first), Compare("<=", day, last), Compare("<", exact, before_year)))
            for first, last, before_year in (edges[:3], edges[3:])
        )
    )


DATE_TESTS = (
    Operator(
        "before",
        _DATE,
        OperandKind.VALUE,
        before,
        lambda t, o, _: before_form(t, o),
        bilingual(en="is before {}", sv="är före {}"),
    ),
    Operator(
        "after",
        _DATE,
        OperandKind.VALUE,
        after,
        lambda t, o, _: after_form(t, o),
        bilingual(en="is after {}", sv="är efter {}"),
    ),
    Operator("on", _DATE, OperandKind.VALUE, _on, _on_form, bilingual(en="is on {}", sv="är samma dag som {}")),
    Operator(
        "between",
        _DATE,
        OperandKind.PAIR,
        lambda r, pair, c: all_of((before(r, pair[0], c).negated(), after(r, pair[1], c).negated())),
        lambda t, pair, _: Both((negate(before_form(t, pair[0])), negate(after_form(t, pair[1])))),
        bilingual(en="is between {}", sv="är mellan {}"),
    ),
    Operator(
        "older_than",
        _DATE,
        OperandKind.DURATION,
        _older,
        lambda t, d, _: _older_form(t, d),
        bilingual(en="is older than {}", sv="är äldre än {}"),
    ),
    Operator(
        "newer_than",
        _DATE,
        OperandKind.DURATION,
        lambda r, d, c: _older(r, d, c).negated(),
        lambda t, d, _: negate(_older_form(t, d)),
        bilingual(en="is newer than {}", sv="är nyare än {}"),
    ),
    Operator(
        "in_last",
        _DATE,
        OperandKind.DURATION,
        _in_last,
        lambda t, d, _: Both((Compare("<=", t, NOW), negate(_older_form(t, d)))),
        bilingual(en="is no more than {} ago", sv="ligger högst {} tillbaka i tiden"),
    ),
    Operator(
        "in_next",
        _DATE,
        OperandKind.DURATION,
        _in_next,
        lambda t, d, _: Both((Compare(">", t, NOW), Compare("<", t, Threshold("ahead", d)))),
        bilingual(en="is no more than {} ahead", sv="ligger högst {} framåt i tiden"),
    ),
    Operator(
        "anniversary_in_next",
        _DATE,
        OperandKind.SHORT_DURATION,
        _anniversary,
        _anniversary_form,
        bilingual(en="has an anniversary within {}", sv="har årsdag inom {}"),
    ),
    Operator(
        "today",
        _DATE,
        OperandKind.YES,
        lambda r, _o, c: _on(r, c.moment.today, c),
        lambda t, _o, _e: Both((Compare(">=", t, Threshold("day_start")), Compare("<", t, Threshold("day_end")))),
        bilingual(en="is today", sv="är i dag"),
    ),
)
