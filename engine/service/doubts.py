"""Doubts: what makes the whole input untrustworthy: a feed that stopped or lost much, a clock that jumped.

A broken feed looks like inactivity, and a wrong clock like time that has passed. While there is a doubt about what a
rule reads, its deletions wait for a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from engine.language.reads import counts
from engine.language.rule import Rule, Rulebook
from engine.model.declared import GUARDED
from engine.service.guards import is_feed_stale
from engine.service.installation import Installation
from engine.store import baselines, feeds, positions
from engine.store.baselines import GIVEN, HOLDS, Level
from engine.store.database import Connection
from engine.store.positions import CLOCK_SEEN
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment

CLOCK_NAME = "clock"
LEAST = 50  # of fewer, none is missed
LEAST_HOLDS = 3
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SLACK = timedelta(minutes=5)  # that a clock is set back by


class Ground(Protocol):
    """Where something is doubted: an installation with its open store."""

    @property
    def installation(self) -> Installation:
        """What is configured."""
        ...

    @property
    def store(self) -> Store:
        """What is stored."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """An installation with its open store, and nothing else of a scene."""

    installation: Installation
    store: Store


@dataclass(frozen=True, slots=True)
class Doubts:
    """What is doubtful at a moment: the clock, feeds without news, and levels that have fallen, by their names."""

    is_clock_off: bool = False
    stale: frozenset[str] = frozenset()
    fallen: frozenset[str] = frozenset()

    def is_stale(self, rule: Rule) -> bool:
        """True where a collection that a rule counts has no news."""
        return any(f"{rule.entity}.{name}" in self.stale for name in counts(rule.predicate))

    def is_suspect(self, rule: Rule) -> bool:
        """True where much of what a rule or the guards read is gone."""
        return bool(self.fallen & {HOLDS, *_names(rule)})


def doubts(ground: Ground, connection: Connection, rules: Iterable[Rule], moment: Moment) -> Doubts:
    """Return what is doubtful of the clock and of what rules read."""
    rules = [rule for rule in rules if rule.deletes]
    known = baselines.read(connection)
    fallen = _fallen(ground, known, present(ground, connection, rules))
    return Doubts(is_clock_off(ground, connection), _stale(ground, connection, rules, moment), fallen)


def watch(ground: Ground, rulebook: Rulebook) -> None:
    """Note how much there is of what deletion rules read, once a day, unless it is doubtful; and what time it is."""
    now = ground.installation.clock.now()
    rules = [rule for rule in rulebook.rules.values() if rule.deletes and rule.stage == "live"]
    with ground.store.database.reading() as connection:
        known, is_off = baselines.read(connection), is_clock_off(ground, connection)
        seen = positions.instant(connection, CLOCK_SEEN)
        is_noted = seen is not None and now - seen < HOUR
        is_fresh = all(name in known and now - known[name].taken_at < DAY for name in _needed(ground, rules))
    if is_off or (is_noted and is_fresh):
        return
    with ground.store.database.writing() as connection:
        positions.note_instant(connection, CLOCK_SEEN, now)
        if not is_fresh:
            levels = present(ground, connection, rules)
            fallen = _fallen(ground, known, levels)
            baselines.write(connection, {name: one for name, one in levels.items() if name not in fallen}, now)


def accept(ground: Ground, connection: Connection, rulebook: Rulebook, name: str) -> bool:
    """Let what is doubtful be as it is: the clock, or a level by its name. False where nothing has such a name."""
    now = ground.installation.clock.now()
    if name == CLOCK_NAME:
        positions.note_instant(connection, CLOCK_SEEN, now)
        return True
    levels = present(ground, connection, [one for one in rulebook.rules.values() if one.deletes])
    if name not in levels:
        return False
    baselines.write(connection, {name: levels[name]}, now)
    return True


def present(ground: Ground, connection: Connection, rules: Iterable[Rule]) -> dict[str, int]:
    """Return how much there is of what rules and guards read, by name."""
    tables = ground.store.tables
    wanted = {(rule.entity, name) for rule in rules for name in _read(rule) if _is_held(ground, rule.entity, name)}
    found = baselines.holds(connection)
    for entity, name in sorted(wanted):
        found |= baselines.count(connection, tables, entity, name)
    return found


def is_clock_off(ground: Ground, connection: Connection) -> bool:
    """True when the system's clock went back, or ahead by more than the limit, since it was last looked at (R13)."""
    seen, now = positions.instant(connection, CLOCK_SEEN), ground.installation.clock.now()
    if seen is None:
        return False
    jump = ground.installation.settings.limits.jump
    return now < seen - SLACK or now > jump.after(seen, Moment(seen, ground.store.zone))


def _stale(ground: Ground, connection: Connection, rules: Iterable[Rule], moment: Moment) -> frozenset[str]:
    freshness = ground.installation.settings.limits.freshness
    counted = {(rule.entity, name) for rule in rules for name in counts(rule.predicate)}
    newest = {one: feeds.newest(connection, ground.store.tables, *one, moment.now) for one in counted}
    return frozenset(
        f"{entity}.{name}" for (entity, name), at in newest.items() if is_feed_stale(at, freshness, moment)
    )


def _fallen(ground: Ground, known: Mapping[str, Level], levels: Mapping[str, int]) -> frozenset[str]:
    """Return the names of which there is much less than there was."""
    left = 100 - ground.installation.settings.limits.input_drop
    before = {name: known[name].value for name in levels if name in known}
    fallen = {name for name, value in before.items() if value >= LEAST and levels[name] * 100 < value * left}
    if before.get(HOLDS, 0) >= LEAST_HOLDS and levels[HOLDS] * 2 <= before[HOLDS]:
        fallen.add(HOLDS)
    return frozenset(fallen)


def _read(rule: Rule) -> frozenset[str]:
    return rule.reads | GUARDED


def _names(rule: Rule) -> frozenset[str]:
    """Return the names of the levels that concern a rule."""
    names = {f"{rule.entity}.{name}" for name in _read(rule)}
    return frozenset(names | {f"{rule.entity}.consents.{GIVEN}"})


def _needed(ground: Ground, rules: Iterable[Rule]) -> frozenset[str]:
    """Return the names of the levels that are noted; none where nothing is deleted."""
    names = {f"{one.entity}.{name}" for one in rules for name in _read(one) if _is_held(ground, one.entity, name)}
    return frozenset({HOLDS, *names} if names else ())


def _is_held(ground: Ground, entity: str, name: str) -> bool:
    """True for what the store has a column or a table for."""
    shape = ground.store.tables.model.entity(entity)
    return name in shape.fields or name in shape.collections
