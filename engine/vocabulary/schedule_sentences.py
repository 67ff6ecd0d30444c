"""Schedules in words: `every day at 02:30`, and what a cron means."""

from collections.abc import Callable, Iterator, Sequence

from engine.vocabulary.occurrence import LONGEST_MONTH, WORKING_WEEK, Cron, Every, Interval, Schedule
from engine.vocabulary.tongue import Tongue

SURE_DAYS = 28  # that every month has
MOST_TIMES = 6  # of a day that are listed one by one
HOURS, MINUTES, MONTHS, WEEKDAYS = 24, 60, 12, 7
SHORTEST_RUN = 3  # numbers in a row that are said as a range


def scheduled(schedule: Schedule, tongue: Tongue) -> str:
    """Return when a schedule is due, in words that continue a sentence."""
    match schedule:
        case Interval(minutes):
            return _every_so_often(minutes, tongue)
        case Every():
            return f"{_day_of(schedule, tongue)} {tongue.clock(schedule.at)}"
        case Cron():
            return ", ".join(_cron(schedule, tongue))


def _every_so_often(minutes: int, tongue: Tongue) -> str:
    hours, rest = divmod(minutes, MINUTES)
    count = minutes if rest else hours
    if count == 1:
        unit = tongue.say(en="minute", sv="minut") if rest else tongue.say(en="hour", sv="timme")
        return tongue.say(en=f"every {unit}", sv=f"varje {unit}")
    ending = "a" if count % 10 in {1, 2} and count % 100 not in {11, 12} else "e"
    return tongue.say(
        en=f"every {count} {'minutes' if rest else 'hours'}", sv=f"var {count}:{ending} {'minut' if rest else 'timme'}"
    )


def _day_of(every: Every, tongue: Tongue) -> str:
    match every.unit:
        case "weekday":
            first, last = tongue.weekday(1), tongue.weekday(WORKING_WEEK)
            return tongue.say(en=f"every weekday ({first} to {last})", sv=f"varje vardag ({first} till {last})")
        case "week":
            day = tongue.weekday(every.day)
            return tongue.say(en=f"every {day}", sv=f"varje {day}")
        case "month" if every.day == LONGEST_MONTH:
            return tongue.say(en="on the last day of every month", sv="sista dagen i varje månad")
        case "month":
            shorter = tongue.say(en=" (in a shorter month on its last day)", sv=" (i kortare månader den sista dagen)")
            day = tongue.say(en=f"on day {every.day} of every month", sv=f"dag {every.day} i varje månad")
            return day + (shorter if every.day > SURE_DAYS else "")
    return tongue.say(en="every day", sv="varje dag")


def _cron(cron: Cron, tongue: Tongue) -> Iterator[str]:
    yield _times(cron, tongue)
    days = _days(cron, tongue)
    yield tongue.either(days) if cron.is_either else tongue.both(days) or tongue.say(en="every day", sv="varje dag")
    if len(cron.months) < MONTHS:
        months = _runs(sorted(cron.months), tongue, tongue.month)
        yield tongue.say(en=f"in {months}", sv=f"i {months}")


def _times(cron: Cron, tongue: Tongue) -> str:
    if len(cron.hours) * len(cron.minutes) <= MOST_TIMES:
        return tongue.both([tongue.clock(at) for at in cron.times()])
    if len(cron.minutes) == MINUTES:
        minutes = tongue.say(en="every minute", sv="varje minut")
    else:
        numbers = _runs(cron.minutes, tongue)
        minutes = tongue.say(en=f"at minute {numbers}", sv=f"minut {numbers}")
    if len(cron.hours) == HOURS:
        return minutes + tongue.say(en=" of every hour", sv=" i varje timme")
    hours = _runs(cron.hours, tongue)
    return minutes + tongue.say(en=f" of the hours {hours}", sv=f" i timmarna {hours}")


def _days(cron: Cron, tongue: Tongue) -> list[str]:
    found = []
    if len(cron.days) < LONGEST_MONTH or cron.is_either:
        numbers = _runs(sorted(cron.days), tongue)
        found.append(tongue.say(en=f"on day {numbers} of the month", sv=f"dag {numbers} i månaden"))
    if len(cron.weekdays) < WEEKDAYS or cron.is_either:
        # Sunday is 0 in a cron and ends the week in both languages.
        names = _runs(sorted(day or WEEKDAYS for day in cron.weekdays), tongue, tongue.weekday)
        found.append(tongue.say(en=f"on {names}", sv=names))
    return found


def _runs(numbers: Sequence[int], tongue: Tongue, named: Callable[[int], str] = str) -> str:
    """Return numbers in words, those in a row as a range."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said: list[str] = []
    for run in runs:
        if len(run) < SHORTEST_RUN:
            said.extend(map(named, run))
        else:
            said.append(
                tongue.say(en=f"{named(run[0])} to {named(run[-1])}", sv=f"{named(run[0])} till {named(run[-1])}")
            )
    return tongue.both(said)
