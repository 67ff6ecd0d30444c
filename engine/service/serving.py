"""Serving: one process that takes state in and carries rules out: rulebook, loop and tick, wired together.

APScheduler is the tick and nothing else: it says that time has passed. What is due is reckoned by the timetable.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

from apscheduler.schedulers.background import BackgroundScheduler

from engine.evaluate.decision import Decider
from engine.language.load import Loaded
from engine.language.rule import Rulebook
from engine.service.acting import carry_out
from engine.service.activation import activated
from engine.service.event_reading import ReadEvent
from engine.service.events import TakenEvents, take_all
from engine.service.faults import contained, told
from engine.service.fingerprint import Fingerprint, fingerprint
from engine.service.foreseeing import Foresight
from engine.service.funnels import count_nightly
from engine.service.gauges import Standing
from engine.service.installation import Installation
from engine.service.jointly import Jointly
from engine.service.logs import logger
from engine.service.metrics import Metrics
from engine.service.nightly_audit import audit_nightly
from engine.service.pruning import prune
from engine.service.purging import is_behind, purge_restored
from engine.service.safeguards import incoming_secrets
from engine.service.scene import Scene, open_scene
from engine.service.tick import tick
from engine.service.trials import Trials
from engine.service.uses import Uses
from engine.service.verifying import Verifying
from engine.service.watching import BATCH, look_at_changes
from engine.store.schema import Store
from engine.store.unavailable import StoreUnavailable

LOG = logger("serving")
TICK_SECONDS = 60
LOOK_SECONDS = 1  # between two looks at the rule files; what is the same in both is taken to be written to its end
MOST_TOLD = 20  # warnings whose places are logged
STOP_SECONDS = 3  # after those that requests had: together they are less than ten (R14)
RESTS = 3  # times what a pass took are left before the next: what comes meanwhile is looked at together, for less
LONGEST_REST = 0.5  # seconds
EVENTS_AT_ONCE = 1_000  # that are taken in one transaction, where several callers bring some


@dataclass(slots=True)
class Service:
    """The running service. Its scene holds the last good rulebook; a broken one changes nothing but `broken`.

    Where there has been no good one since the start, `has_rulebook` is False, and all that is stored stays as it is.
    While it is `purging`, somebody who was erased may still be in a restored store: it is not ready, and nothing acts.
    `unwell` says why the last pass of the loop did not come to its end; empty where it did.
    `uses` are those of tokens, `signed_by` the secrets by which the CRM may sign its calls instead, `trials` what came
    of rule tests.
    """

    installation: Installation
    store: Store
    scene: Scene
    broken: str = ""
    has_rulebook: bool = True
    unwell: str = ""
    purging: bool = False
    metrics: Metrics = field(init=False)
    taking: Jointly[list[ReadEvent], TakenEvents] = field(init=False)  # of events that come while the store is busy
    _last_pass: datetime = field(init=False)  # when it came to its end; before the first, when the service was opened
    uses: Uses = field(default_factory=Uses)
    foresight: Foresight = field(default_factory=Foresight)
    trials: Trials = field(default_factory=Trials)
    signed_by: tuple[str, ...] = field(default=(), repr=False)
    verifying: Verifying = field(default_factory=Verifying)  # of the audit chain
    _seen: Fingerprint = ()  # of what was read last
    _looked_at: Fingerprint = ()
    _read: Rulebook | None = None  # what the next pass begins with
    _wake: threading.Event = field(default_factory=threading.Event)
    _is_time: threading.Event = field(default_factory=threading.Event)
    _is_behind: bool = False  # the last pass left changes for another one
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let all that acts in this scene be measured."""
        self.metrics = Metrics(self.standing)
        self.scene = replace(self.scene, observer=self.metrics)
        self._last_pass = self.installation.clock.now()
        self.taking = Jointly(self._take, EVENTS_AT_ONCE)

    def _take(self, brought: Callable[[], Sequence[list[ReadEvent]]]) -> list[TakenEvents]:
        return take_all(self.scene, brought, self.installation.moment())

    def standing(self) -> Standing:
        """Return how the service stands now, for whoever measures it."""
        return Standing(
            self.store.database,
            self.installation.clock.now(),
            self.installation.settings.limits.deletions_per_day,
            self.scene.rulebook.digest if self.has_rulebook else None,
            bool(self.broken),
            not self.unwell and not self.purging,
            not self.scene.decider.trouble,
            self._last_pass,
        )

    def start(self) -> None:
        """Start the loop and the tick."""
        self.purging = is_behind(self.store, self.scene.tombstones)
        if self.has_rulebook:  # before the first request: its writes may be what event patterns wait for
            with self.store.database.writing() as connection:
                activated(self.installation, connection, self.scene.rulebook, self.installation.clock.now())
        # A letter may be under way when the service stops: the process does not wait for a server that never answers.
        loop = threading.Thread(target=self._loop, name="loop", daemon=True)
        scheduler = BackgroundScheduler(timezone="UTC")
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        scheduler.add_job(self._tell_time, "interval", seconds=TICK_SECONDS, **options)
        if self.installation.settings.rules.reload:
            scheduler.add_job(self.watch, "interval", seconds=LOOK_SECONDS, **options)
        self._tell_time()  # what a crash left undone is taken up at once
        loop.start()
        scheduler.start()
        self._threads = [lambda: scheduler.shutdown(wait=False), lambda: loop.join(STOP_SECONDS)]

    def stop(self) -> None:
        """Stop within seconds; what is unfinished resumes from its rows."""
        self._stopping.set()
        self._wake.set()
        self.scene.progress.close()
        for end in self._threads:
            end()
        self.scene.decider.close()
        self.store.database.close()

    def is_stopping(self) -> bool:
        """Tell whether the service has been asked to stop."""
        return self._stopping.is_set()

    def wake(self) -> None:
        """Tell the loop that something changed."""
        self._wake.set()

    def watch(self) -> None:
        """Look at the rule files, and read them once a change stands still: half of a rulebook can be a valid one."""
        seen = fingerprint(self.installation.rules_folder)
        if seen == self._looked_at:
            self.reload()
        self._looked_at = seen

    def reload(self) -> None:
        """Take a changed rulebook in, all or nothing; the last good one stays while a new one is broken.

        What changes while it is read may be of two rulebooks: it is left for the next look.
        """
        seen = fingerprint(self.installation.rules_folder)
        if seen == self._seen:
            return
        loaded = self.installation.load_rules()
        if fingerprint(self.installation.rules_folder) != seen:
            return
        self._seen = seen
        self.broken = first_error(loaded)
        self.metrics.rulebook_read(is_broken=loaded.rulebook is None)
        if loaded.rulebook is None:
            self.tell_broken(loaded)
            return
        tell_warnings(loaded)
        self._read = loaded.rulebook
        self._tell_time()

    def take_in(self) -> None:
        """Begin to use the rulebook that was read last: between two passes, so that each has one from start to end."""
        rulebook, self._read = self._read, None
        # Not its digest: what a rule waits for, and what messages say, is no part of it.
        if rulebook is None or (self.has_rulebook and rulebook == self.scene.rulebook):
            return
        self.scene.decider.load(rulebook)
        self.scene, self.has_rulebook = replace(self.scene, rulebook=rulebook), True
        self.metrics.forget_all_but(rulebook.rules)
        LOG.info("rulebook activated", digest=rulebook.digest, rules=len(rulebook.rules))

    def tell_broken(self, loaded: Loaded) -> None:
        """Log that the rule files are broken, and what that means for what runs."""
        what = "the last good one stays" if self.has_rulebook else "nothing is evaluated until it is mended"
        LOG.error("rulebook broken", place=self.broken, errors=len(loaded.errors), so=what)

    def _tell_time(self) -> None:
        self._is_time.set()
        self._wake.set()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            if self._stopping.is_set():
                return
            began = monotonic()
            self.attempt()
            if not self._is_behind:
                self._stopping.wait(min(RESTS * (monotonic() - began), LONGEST_REST))

    def attempt(self) -> None:
        """Make one pass. Whatever befalls it, the next one is made: what was accepted is in the store."""
        with contained(self._fail):
            self._once()
            self._last_pass, self.unwell = self.installation.clock.now(), ""
            self.metrics.pass_ended("done")

    def _fail(self, error: Exception) -> None:
        if isinstance(error, StoreUnavailable):
            self.metrics.pass_ended("store_unavailable")
            self._give_up("the store cannot be used", "store unavailable", reason=str(error))
        else:
            self.metrics.pass_ended("failed")
            fault = told(error)
            self._give_up(f"the last pass failed ({fault['kind']} at {fault['where']})", "pass failed", **fault)

    def _give_up(self, unwell: str, event: str, **more: str) -> None:
        self.unwell = unwell
        self._is_time.set()  # it may have been time: the next wake begins with all that a tick does
        LOG.error(event, **more)

    def _once(self) -> None:
        self.take_in()
        if not self._is_purged():
            return
        if self._is_time.is_set():
            self.uses.write(self.store.database)
        if not self.has_rulebook:  # an empty one would say that every rule is gone
            return
        moment = self.installation.moment()
        if self._is_time.is_set():
            self._is_time.clear()
            tick(self.scene, moment)
            if not self.broken:  # what a rulebook needs that cannot be read is not known
                prune(self.scene, moment)
                audit_nightly(self.scene, moment)
                count_nightly(self.scene, moment)
        else:
            looked_at = look_at_changes(self.scene, moment)
            if looked_at:
                self._wake.set()  # there may be more, or what was found may concern other rules
            self._is_behind = looked_at >= BATCH
            carry_out(self.scene, moment)

    def _is_purged(self) -> bool:
        """Purge a restored store, which comes to light at the start or with a tick; False where it has to go on."""
        if self.purging or self._is_time.is_set():
            self.purging = is_behind(self.store, self.scene.tombstones)
        if self.purging:
            self.purging = not purge_restored(self.scene, self.installation.moment())
        return not self.purging


def open_service(installation: Installation) -> Service:
    """Return the service of an installation; a broken rulebook at the start leaves it waiting for one, and says so."""
    store = installation.open_store()
    seen = fingerprint(installation.rules_folder)  # before they are read: what is written meanwhile is read again
    loaded = installation.load_rules()
    scene = open_scene(installation, store, loaded.rulebook or Rulebook({}), Decider())
    service = Service(installation, store, scene, first_error(loaded), loaded.rulebook is not None, _seen=seen)
    service.signed_by = incoming_secrets(installation)
    service.scene = replace(service.scene, is_stopping=service.is_stopping)
    if loaded.rulebook is None:
        service.tell_broken(loaded)
    tell_warnings(loaded)
    return service


def tell_warnings(loaded: Loaded) -> None:
    """Log what loaded and is seldom meant; `ansgar check` has the words."""
    places = [f"{one.place} {one.code}" for one in loaded.problems if one.is_warning]
    if places:
        LOG.warning("rulebook has warnings", warnings=len(places), places=places[:MOST_TOLD])


def first_error(loaded: Loaded) -> str:
    """Return file:line and message of the first error; empty where there is none."""
    return f"{loaded.errors[0].place}: {loaded.errors[0].message}" if loaded.errors else ""
