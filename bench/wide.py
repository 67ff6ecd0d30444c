"""The wide bench: thirty rules over many contacts with activities and consents, and beside it what one could pick."""

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import answers, latency, memory, scenarios
from bench.place import Filled, Place, filled, opened, thirty
from bench.rivals.contest import contest, set_based
from bench.spread import round_to, spread
from bench.verdicts import stored

MOST_IMPORTED = 100_000  # contacts; larger stores are filled the quick way


@dataclass(frozen=True, slots=True)
class Wide:
    """What is measured: how many contacts, in which stores, how often, and what is told meanwhile."""

    contacts: int
    also: tuple[int, ...]
    url: str
    folder: Path
    rounds: int
    sample: int
    changes: int
    is_checked: bool
    tell: Callable[[str], None]
    rulebooks: tuple[int, ...] = (50, 200)  # of the latency of single changes

    def measured(self) -> Iterator[tuple[str, Any]]:
        """Give the figures of each subject as soon as they are there."""
        place = opened(self.url, self.folder, thirty(), self.contacts)
        self.tell(f"{self.contacts:,} contacts")
        yield "machine", _machine(place)
        yield "load", self._load(place)
        self.tell("first runs")
        first, report = place.run()
        full = [place.run(full=True)[0] for _ in range(self.rounds)]
        yield "first run seconds", round_to(first)
        yield "full run seconds", spread(full).as_json()
        yield "cases", sum(rule.tally.matched for rule in report.rules)
        yield from self._others(place, full)
        timed, between = scenarios.timed(place, self.rounds, self.tell, checked=self.is_checked)
        full += between
        yield "full run seconds", spread(full).as_json()
        yield "scenarios", [one.as_json(full) for one in timed]
        self.tell("memory and answers")
        yield "memory", memory.of_runs(self.url, self.folder, place)
        yield "answers", answers.answered(place)
        yield "growth", [*map(self._growth, self.also), self._grown(place)]
        place.store.database.close()
        yield "latency", [self._latency(rules) for rules in self.rulebooks]
        yield "load average, at the end", _load_average()

    def _others(self, place: Place, full: list[float]) -> Iterator[tuple[str, Any]]:
        """Give the figures of what one could pick instead, over the population as it was filled in."""
        verdicts = stored(place.store, place.rulebook.rules, self.contacts)
        self.tell("rivals")
        yield "rivals", contest((verdicts, full), self.contacts, min(self.sample, self.contacts), self.rounds)
        self.tell("DuckDB")
        yield "duckdb", set_based((verdicts, full), self.contacts, self.rounds, self.folder)

    def _load(self, place: Place) -> dict[str, Any]:
        how = filled(place, quickly=place.contacts > MOST_IMPORTED)
        return _told(how)

    def _growth(self, contacts: int) -> dict[str, Any]:
        """Return the figures of the same changes in a store of another size."""
        self.tell(f"growth: {contacts:,} contacts")
        place = opened(self.url, self.folder, thirty(), contacts)
        filled(place, quickly=True)
        place.run()
        found = self._grown(place)
        place.store.database.close()
        return found

    def _grown(self, place: Place) -> dict[str, Any]:
        seconds = scenarios.same_changes(place, self.rounds)
        full = [place.run(full=True)[0]]
        figures = {"seconds": spread(seconds).as_json(), "full seconds": spread(full).as_json()}
        return {"contacts": place.contacts, **figures}

    def _latency(self, rules: int) -> dict[str, Any]:
        self.tell(f"single changes, {rules} rules")
        folder = self.folder / f"latency-{rules}"
        folder.mkdir()
        return dict(latency.single_changes(folder, min(self.contacts, latency.MOST_CONTACTS), rules, self.changes))


def _told(how: Filled) -> dict[str, Any]:
    return {
        "how": how.how,
        "items": how.items,
        "seconds": round_to(how.seconds),
        "items/s": round(how.items / how.seconds),
    }


def _machine(place: Place) -> dict[str, Any]:
    return {
        "contacts": place.contacts,
        "rules": len(place.rulebook.rules),
        "store": place.store.database.engine.dialect.name,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load average": _load_average(),
    }


def _load_average() -> float:
    return round_to(os.getloadavg()[0], 2)
