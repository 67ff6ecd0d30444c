"""The timetable: which rules are due. A unique row per occurrence decides: nothing runs twice or is forgotten."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from engine.language.rule import Rule, Rulebook
from engine.store import occurrences, registry
from engine.store.database import Connection
from engine.vocabulary.calendar import Moment
from engine.vocabulary.occurrence import due_between

ON_TIME = timedelta(minutes=5)  # an occurrence that is claimed later than this was missed
MISSED = "missed: the service was down, or asleep"


def claim_due(connection: Connection, rulebook: Rulebook, keys: dict[str, int], moment: Moment) -> list[str]:
    """Write the occurrences that have become due, and return the rules to run: those and what a crash left undone.

    Of several missed instants the newest runs (`if_missed: run_once`) or none does (`skip`); the others are written as
    skipped, with the reason.
    """
    for rule in rulebook.rules.values():
        if rule.check.schedule is not None and rule.stage != "off":
            _claim(connection, rule, keys[rule.id], moment)
    due = {key for key, _ in occurrences.unfinished(connection)}
    return [rule for rule, key in keys.items() if key in due and rule in rulebook.rules]


def always_rules(rulebook: Rulebook) -> list[str]:
    """Return the rules that are to be true at all times, and so are looked at with every tick."""
    return [rule.id for rule in rulebook.rules.values() if rule.check.always and rule.stage != "off"]


def finish(connection: Connection, keys: Iterable[int], run: int) -> None:
    """Note the run that did what was due."""
    for key in keys:
        occurrences.finish(connection, key, run)


def _claim(connection: Connection, rule: Rule, key: int, moment: Moment) -> None:
    schedule = rule.check.schedule
    if schedule is None:
        return
    since = occurrences.newest(connection, key) or _first_seen(connection, rule, moment.now)
    newest: datetime | None = None
    for due in due_between(schedule, since, moment.now, moment.zone):
        if newest is not None:
            occurrences.claim(connection, key, newest, occurrences.SKIPPED, MISSED)
        newest = due
    if newest is None:
        return
    is_late = moment.now - newest > ON_TIME
    if is_late and rule.check.if_missed == "skip":
        occurrences.claim(connection, key, newest, occurrences.SKIPPED, MISSED)
    else:
        occurrences.claim(connection, key, newest)


def _first_seen(connection: Connection, rule: Rule, now: datetime) -> datetime:
    """Return when a rule was first known; its schedule begins then, and owes nothing for the time before."""
    stored = registry.registered(connection).get(rule.id)
    return stored.known_since if stored else now
