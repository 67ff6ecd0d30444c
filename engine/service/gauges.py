"""Gauges: how a service and its store stand at the instant at which somebody asks, each by name with what it says."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version

from engine.store import levels, room
from engine.store.database import Connection, Database
from engine.store.levels import Levels, Queue, RuleLevel
from engine.store.unavailable import StoreUnavailable

ROOM_HOLDS = timedelta(minutes=1)  # no index finds who takes up room, so it is not counted anew with every question


@dataclass(frozen=True, slots=True)
class Standing:
    """How a service stands at an instant. `digest` is that of its rulebook, None where there has been no good one."""

    database: Database
    now: datetime
    deletions_per_day: int
    digest: str | None
    is_broken: bool
    is_ready: bool
    has_third_opinion: bool
    last_pass: datetime


@dataclass(frozen=True, slots=True)
class Gauge:
    """One measure: its name without prefix, what it says, and its values by that of its label, if it has one.

    `only_grows` is true where it counts what happened, over all processes and since the store was made.
    """

    name: str
    says: str
    values: Mapping[str, float]
    label: str = ""
    only_grows: bool = False


@dataclass(slots=True)
class Gauges:
    """Reads how a service stands; of the store, in one snapshot that costs the same whatever is in it."""

    _room: tuple[datetime, int] | None = field(default=None)  # when it was counted, and how much of it was taken

    def read(self, standing: Standing) -> Iterator[Gauge]:
        """Give all gauges; those of a store that cannot be read are left out, and it is said that it cannot."""
        yield from _of_service(standing)
        try:
            with standing.database.reading() as connection:
                found = levels.read(connection)
                taken = self._taken(connection, standing.now)
        except StoreUnavailable:
            yield _one("store_readable", "1 while the store can be read", 0)
            return
        yield _one("store_readable", "1 while the store can be read", 1)
        yield from _of_rules(found.rules)
        yield from _of_deletions(found, standing.deletions_per_day - taken)
        yield from _of_queues(found, standing.now)

    def _taken(self, connection: Connection, now: datetime) -> int:
        known = self._room
        if known is None or not known[0] <= now < known[0] + ROOM_HOLDS:
            known = self._room = now, room.taken(connection, now)
        return known[1]


def _of_service(standing: Standing) -> Iterator[Gauge]:
    yield Gauge("build_info", "Always 1; which version runs", {version("ansgar"): 1}, "version")
    yield _one(
        "ready",
        "1 while /readyz says so: the last pass came to its end, and nothing is being purged",
        standing.is_ready,
    )
    yield _one(
        "pass_age_seconds", "Since the loop came to the end of a pass", max(0.0, _age(standing.last_pass, standing.now))
    )
    yield _one(
        "third_opinion_available",
        "1 while durable-rules takes part in decisions about single records",
        standing.has_third_opinion,
    )
    active = {standing.digest: 1.0} if standing.digest is not None else {}
    yield Gauge("rulebook_info", "Always 1; the digest of the rulebook that holds, if any does", active, "digest")
    yield _one("rulebook_broken", "1 while the rule files, as they are now, cannot be taken in", standing.is_broken)
    if standing.database.file is not None:
        free = shutil.disk_usage(standing.database.file.parent).free
        yield _one("store_free_bytes", "Free on the disk where the store's file is", free)


def _of_rules(rules: Mapping[str, RuleLevel]) -> Iterator[Gauge]:
    opened = {name: float(one.open) for name, one in rules.items() if one.open is not None}
    undecided = {name: float(one.undecided) for name, one in rules.items() if one.undecided is not None}
    by_limit = {name: float(one.is_paused_by_limit) for name, one in rules.items()}
    by_person = {name: float(one.is_paused_by_person) for name, one in rules.items()}
    yield Gauge("cases_open", "Contacts for whom a rule is true", opened, "rule")
    yield Gauge("cases_undecided", "Contacts of whom a rule cannot tell", undecided, "rule")
    yield Gauge("rule_paused_by_limit", "1 while a limit keeps a rule from acting", by_limit, "rule")
    yield Gauge("rule_paused_by_person", "1 while a person keeps a rule from acting", by_person, "rule")


def _of_deletions(found: Levels, left: int) -> Iterator[Gauge]:
    counts = {state: float(count) for state, count in found.deletions.items()}
    most = f"counted up to {levels.MOST:,}"
    yield Gauge("deletions", f"Deletions in each state, {most}", counts, "state")
    yield _one(
        "deletions_room", "How many deletions limits.deletions_per_day leaves for the last 24 hours", max(0, left)
    )
    yield Gauge("erasures_total", "Receipts of erasures", {"": float(found.receipts)}, only_grows=True)


def _of_queues(found: Levels, now: datetime) -> Iterator[Gauge]:
    most = f"counted up to {levels.MOST:,}"
    yield _one("intents_waiting", f"Effects that are still to happen, {most}", found.intents.waiting)
    yield _one("intents_parked", f"Effects that were given up and wait for a person, {most}", found.parked)
    yield _one("intents_oldest_due_seconds", "For how long the oldest effect has been due", _waits(found.intents, now))
    yield _one("changes_waiting", f"Changes of contacts that were not judged yet, {most}", found.changes.waiting)
    yield _one("changes_oldest_seconds", "For how long the oldest of them waits", _waits(found.changes, now))
    yield _one("inbox_waiting", f"Events that were not looked at yet, {most}", found.events.waiting)
    yield _one("inbox_oldest_seconds", "For how long the oldest of them waits", _waits(found.events, now))


def _one(name: str, says: str, value: float) -> Gauge:
    return Gauge(name, says, {"": float(value)})


def _waits(queue: Queue, now: datetime) -> float:
    return max(0.0, _age(queue.oldest, now)) if queue.oldest is not None else 0.0


def _age(since: datetime, now: datetime) -> float:
    return (now - since).total_seconds()
