"""A place to measure in: an installation, its store with so many contacts, and the rulebook that is evaluated."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

from actions.catalogue import ACTIONS
from bench.population import NOW, Contact, contacts
from bench.quick_load import load
from bench.snapshots import lines
from engine.language.load import Loader
from engine.language.rule import Rulebook
from engine.model.shipped import SHIPPED_MODEL
from engine.service.config import Settings
from engine.service.importing import Importer
from engine.service.installation import Installation
from engine.service.runner import RunReport, Wanted, run
from engine.store.database import open_database
from engine.store.schema import Store, open_store
from engine.vocabulary.clock import MovingClock

THIRTY = Path(__file__).parent / "thirty.yaml"
SQLITE = "sqlite:///{folder}/contacts-{contacts}.db"


@dataclass(slots=True)
class Place:
    """Where runs are timed. Its clock stands still until it is moved."""

    installation: Installation
    clock: MovingClock
    store: Store
    rulebook: Rulebook
    contacts: int

    @property
    def now(self) -> datetime:
        """The instant of the clock."""
        return self.clock.now()

    def run(self, *, full: bool = False) -> tuple[float, RunReport]:
        """Run all rules now; return the seconds that it took, commit included, and the report."""
        began = perf_counter()
        report = run(self.installation, self.store, self.rulebook, self.installation.moment(), Wanted(is_full=full))
        return perf_counter() - began, report

    def pass_time(self, by: timedelta) -> None:
        """Move the clock."""
        self.clock.move(by)


@dataclass(frozen=True, slots=True)
class Filled:
    """How a store was filled: by intake or the quick way, how many items, in how many seconds."""

    how: str
    items: int
    seconds: float


def opened(url: str, folder: Path, rulebook: Rulebook, count: int) -> Place:
    """Return a place whose store is at a URL, in which `{folder}` and `{contacts}` stand for what they say."""
    clock = MovingClock(NOW)
    installation = Installation(Settings(), folder, SHIPPED_MODEL, clock)
    database = open_database(url.format(folder=folder, contacts=count))
    return Place(installation, clock, open_store(database, SHIPPED_MODEL, Settings().zone), rulebook, count)


def filled(place: Place, *, quickly: bool) -> Filled:
    """Fill an empty store with the population, by intake or the quick way."""
    with place.store.database.reading() as connection:
        if place.store.tables.population(connection, "contact"):
            raise SystemExit("the store of the bench is not empty: name another in --store, or empty it")
    counted = _Counted()
    began = perf_counter()
    if quickly:
        load(place.store, counted.of(contacts(place.contacts)), place.now)
    else:
        Importer(place.store, "contact", place.now).take(lines(counted.of(contacts(place.contacts))))
    how = "straight into the tables" if quickly else "by intake"
    return Filled(how, counted.items, perf_counter() - began)


def thirty() -> Rulebook:
    """Return the thirty rules."""
    return loaded(THIRTY.read_text(encoding="utf-8"))


def loaded(text: str) -> Rulebook:
    """Return the rulebook of a text that is right."""
    found = Loader(SHIPPED_MODEL, ACTIONS, Settings().zone).load_texts({"bench.yaml": text})
    if found.rulebook is None:
        raise SystemExit("\n".join(problem.render() for problem in found.problems))
    return found.rulebook


@dataclass(slots=True)
class _Counted:
    """Counts contacts with all their items on the way by."""

    items: int = 0

    def of(self, found: Iterable[Contact]) -> Iterable[Contact]:
        for one in found:
            self.items += 1 + len(one.activities) + len(one.consents)
            yield one
