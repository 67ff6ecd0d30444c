"""The runner: one evaluation of a rulebook, from assessment through cases and state effects to the run's record."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

from actions.settling import Settling, StateAction
from engine.evaluate.matcher import AVAILABLE
from engine.language.concerns import is_attentive, is_restless
from engine.language.rule import LATE_CALLS, Rule, Rulebook
from engine.service.activation import activated
from engine.service.effects import Tripped, inputs_as_json, plan_closing, plan_effects, plan_late
from engine.service.installation import Installation
from engine.service.logs import logger
from engine.store import cases, deadlines, delta, indexes, registry, runs
from engine.store.assessment import Assessment
from engine.store.database import Connection, StatementFailed, savepoint
from engine.store.delta import DELTA, DeltaPlan
from engine.store.difference import Difference, Tally, difference, unmoved
from engine.store.event_patterns import Chosen, StoredEvents
from engine.store.registry import Registered
from engine.store.runs import RuleRun, RunHead
from engine.store.schema import Store
from engine.store.turn import Turn
from engine.vocabulary.calendar import Moment
from engine.vocabulary.effect import Effect

LOG = logger("runner")
FULL = "full"
NOTHING = Tally(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a run: these rules (none: all that are not off), and every record, whatever changed."""

    rules: frozenset[str] = frozenset()
    is_full: bool = False


ALL = Wanted()


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run as it is printed."""

    run: int | None
    moment: Moment
    mode: str
    seconds: tuple[float, float]
    rules: tuple[RuleRun, ...]

    def as_json(self) -> dict[str, object]:
        """Return the document of `run --json`."""
        return {
            "run": self.run,
            "now": self.moment.now.isoformat(),
            "mode": self.mode,
            "third_opinion": AVAILABLE,
            "seconds": {"evaluate": self.seconds[0], "act": self.seconds[1]},
            "rules": [rule.as_json() for rule in self.rules],
        }


def run(
    installation: Installation,
    store: Store,
    rulebook: Rulebook,
    moment: Moment,
    wanted: Wanted = ALL,
    *,
    trigger: str = "command",
) -> RunReport:
    """Evaluate rules at a moment and bring cases, selections and alerts in line: all in one transaction.

    A rule is evaluated for the records alone that can have become something else, unless there is a reason to look at
    all, which the run tells.
    """
    if not store.database.is_in_memory:
        store.tables.shelf.get((rulebook,), "indexes", lambda: _index(store, rulebook))
    with store.database.writing() as connection:
        started = perf_counter()
        active, _ = activated(installation, connection, rulebook, installation.clock.now())
        chosen = chosen_rules(active, wanted.rules)
        head = RunHead(installation.clock.now(), moment.now, FULL, trigger, active.digest, _inputs(chosen))
        number = runs.begin(connection, head)
        known = registry.registered(connection)
        with opened_assessment(connection, store, moment, known=known) as assessment:
            plan, seen = delta.begin(assessment, known, chosen, is_full=wanted.is_full)
            judged = [judged_in_run(assessment, plan, rule, known[rule.id]) for rule in chosen]
            evaluated = perf_counter()
            found = settle_all(assessment, store, list(zip(chosen, judged, strict=True)), known, (number, seen))
        seconds = (evaluated - started, perf_counter() - evaluated)
        mode = DELTA if any(one.basis == DELTA for one in found) else FULL
        runs.finish(connection, number, seconds, list(found), mode)
    LOG.info(
        "run finished", run=number, mode=mode, rules=len(found), failed=sum(one.error is not None for one in found)
    )
    return RunReport(number, moment, mode, seconds, found)


def _index(store: Store, rulebook: Rulebook) -> None:
    """Let the store have the indexes that the rules of a rulebook need, in a transaction of their own."""
    rules = [rule for rule in rulebook.rules.values() if rule.stage != "off"]
    with store.database.writing() as connection:
        made, dropped = indexes.make(connection, store.tables, rules)
    if made or dropped:
        LOG.info("indexes made", made=made, dropped=dropped)


def chosen_rules(rulebook: Rulebook, only: Iterable[str]) -> list[Rule]:
    """Return the rules that are named, or all that are not off; one that needs inputs only with them."""
    names = set(only)
    complete = [rule for rule in rulebook.rules.values() if rule.inputs or not rule.needs]
    return [rule for rule in complete if (rule.id in names if names else rule.stage != "off")]


def _inputs(rules: Iterable[Rule]) -> str | None:
    return inputs_as_json({name: text for rule in rules for name, text in rule.inputs.items()})


def rules_with_sources(rulebook: Rulebook, chosen: Collection[str]) -> list[Rule]:
    """Return chosen rules and all that they read, in the order in which they can be assessed."""
    wanted = set(chosen)
    rules = list(rulebook.rules.values())
    for rule in reversed(rules):
        if rule.id in wanted:
            wanted |= rule.sources
    return [rule for rule in rules if rule.id in chosen or (rule.id in wanted and rule.stage != "off")]


def off_rules(rulebook: Rulebook) -> frozenset[str]:
    """Return the rules that are off: they have no verdict, whatever is stored of them until the next activation."""
    return frozenset(rule.id for rule in rulebook.rules.values() if rule.stage == "off")


@contextmanager
def opened_assessment(
    connection: Connection,
    store: Store,
    moment: Moment,
    without: Collection[str] = (),
    known: Mapping[str, Registered] | None = None,
) -> Iterator[Assessment]:
    """Give an assessment that can also read the stored cases of rules that it does not assess, but for some."""
    assessment = Assessment(connection, store.tables, moment)
    known = registry.registered(connection) if known is None else known
    evaluated = [one for one in known.values() if one.evaluated_version is not None and one.id not in without]
    assessment.begin({rule.id: rule.key for rule in evaluated})
    yield assessment
    assessment.end()


@dataclass(frozen=True, slots=True)
class Judged:
    """What an assessment of one rule came to, or why it failed."""

    difference: Difference
    error: str | None = None
    basis: str = FULL

    @property
    def tally(self) -> Tally:
        """The counts."""
        return self.difference.tally


def judged_in_run(assessment: Assessment, plan: DeltaPlan, rule: Rule, stored: Registered) -> Judged:
    """Return what a rule comes to in a run, by its delta where that is enough."""
    basis = plan.basis(rule)
    if basis.candidates == 0:
        return Judged(unmoved(stored), basis=basis.said)
    among = assessment.candidates(stored.key) if basis.candidates else None
    return replace(judged_rule(assessment, rule, stored, among), basis=basis.said)


def judged_rule(
    assessment: Assessment,
    rule: Rule,
    stored: Registered | None,
    among: Chosen | None = None,
    doubtful: Collection[int] = (),
) -> Judged:
    """Return what a rule comes to, against its stored cases if it has any; of the `doubtful` records it is unknown.

    One rule's failure is noted and never stops others.
    """
    key = None if stored is None else stored.key
    try:
        with savepoint(assessment.connection):
            assessment.assess(rule, key, among=among if among is not None else _by_events(assessment, rule))
            assessment.leave_undecided(rule.id, doubtful)
            return Judged(difference(assessment, rule, stored))
    except StatementFailed as failure:
        LOG.warning("rule failed", rule=rule.id, reason=str(failure))
        return Judged(Difference(NOTHING), str(failure))


def _by_events(assessment: Assessment, rule: Rule) -> Chosen | None:
    """Select the records whose events satisfy a rule's pattern, where the rule looks at no others."""
    pattern = rule.check.sole_pattern
    stored = StoredEvents(assessment.tables, rule.entity, assessment.moment)
    return stored.satisfying(pattern) if pattern is not None else None


def settle_all(
    assessment: Assessment,
    store: Store,
    judged: Sequence[tuple[Rule, Judged]],
    known: Mapping[str, Registered],
    reach: tuple[int, int],
) -> tuple[RuleRun, ...]:
    """Settle the rules of a run; `reach` is the run, and up to where in the change log it saw."""
    connection, now = assessment.connection, assessment.moment.now
    found, quiet = [], []
    for rule, one in judged:
        stored, tripped = known[rule.id], None
        if one.error is None and is_at_rest(assessment, rule, one.difference, stored):
            quiet.append(stored.key)
        elif one.error is None:
            tripped = settle(assessment, store, rule, stored.key, reach[0], one.difference)
            registry.mark_evaluated(connection, stored.key, rule.version, now, *reach)
        found.append(rule_run(rule, one, tripped))
    registry.mark_unmoved(connection, quiet, now, *reach)
    return tuple(found)


def is_at_rest(assessment: Assessment, rule: Rule, found: Difference, stored: Registered) -> bool:
    """True where nothing is to be settled: no case moves, and nothing else of what was looked at concerns the rule."""
    if found.moved or is_restless(rule) or stored.paused is not None:
        return False
    return not (assessment.has(rule.id) and is_attentive(rule))


def settle(
    assessment: Assessment, store: Store, rule: Rule, key: int, number: int, found: Difference
) -> Tripped | None:
    """Bring the cases of a rule in line with its assessment in a run, and what its actions keep or intend.

    What was not looked at stays as it is. Returns the limit that tripped, if one did.
    """
    turn = Turn(assessment.connection, key, assessment.moment.now, partial(assessment.looked_at, rule.id))
    if found.moved:
        plan_closing(turn, rule, assessment.leaving(rule.id, key))
        cases.follow(assessment, rule.id, key, number, found.tally)
    if rule.stage != "live":
        return None
    if assessment.has(rule.id):
        deadlines.mark(assessment, rule, turn)
    _settle_states(store, rule, turn)
    plan_late(turn, rule)
    return plan_effects(turn, store, rule, assessment.moment)


def _settle_states(store: Store, rule: Rule, turn: Turn) -> None:
    """Let a live rule's state actions bring the service's tables in line with its cases."""
    records = store.tables.records[rule.entity]
    for number, call in rule.numbered_calls():
        if isinstance(call, StateAction):
            call.settle(Settling(turn, records, rule, number, late=number >= LATE_CALLS))


def rule_run(rule: Rule, judged: Judged, tripped: Tripped | None = None) -> RuleRun:
    """Return what a run tells of a rule."""
    is_stopped = tripped is not None
    actions = {
        call.verb: 0 if is_stopped and call.effect is Effect.IRREVERSIBLE else judged.tally.entered
        for call in rule.calls
    }
    error = judged.error or (tripped.sentence if tripped else None)
    return RuleRun(rule.id, rule.stage, rule.version, judged.tally, actions, error, is_stopped, judged.basis)
