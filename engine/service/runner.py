"""The runner: one evaluation of a rulebook, from assessment through cases and state effects to the run's record."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter

from engine.evaluate.matcher import AVAILABLE
from engine.language.rule import Rule, Rulebook
from engine.service.activation import activated
from engine.service.effects import inputs_as_json
from engine.service.installation import Installation
from engine.service.logs import bound, logger
from engine.service.notices import post_stopped
from engine.service.progress import SETTLING, Step, unheard
from engine.service.settlement import Judged, compared, rule_run, settle
from engine.store import delta, evaluations, indexes, registry, runs
from engine.store.assessment import Assessment
from engine.store.database import Connection, StatementFailed, savepoint
from engine.store.delta import DELTA, DeltaPlan
from engine.store.difference import Tally, difference
from engine.store.event_patterns import Chosen, StoredEvents
from engine.store.registry import Registered
from engine.store.runs import RuleRun, RunHead
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment

LOG = logger("runner")
FULL = "full"
NOTHING = Tally(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a run: these rules (none: all that are not off), and every record, whatever changed.

    `told` is who hears how far it is.
    """

    rules: frozenset[str] = frozenset()
    is_full: bool = False
    told: Callable[[Step], None] = field(default=unheard, compare=False, repr=False)


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
        with bound(run=number):
            with opened_assessment(connection, store, moment, known=known) as assessment:
                plan, seen = delta.begin(assessment, known, chosen, is_full=wanted.is_full)
                step, assessed = Step(number, trigger, 0, len(chosen)), []
                for done, rule in enumerate(chosen):
                    wanted.told(replace(step, done=done))
                    assessed.append(assess_in_run(assessment, plan, rule, known[rule.id]))
                wanted.told(replace(step, done=len(chosen), state=SETTLING))
                evaluated = perf_counter()
                found = settled_run(assessment, store, active, assessed, (number, seen))
            post_stopped(connection, installation.settings, active, found, moment)
        seconds = (evaluated - started, perf_counter() - evaluated)
        mode = DELTA if any(one.basis == DELTA for one in found) else FULL
        runs.finish(connection, number, seconds, list(found), mode, moment.today)
    LOG.info(
        "run finished", run=number, mode=mode, rules=len(found), failed=sum(one.error is not None for one in found)
    )
    return RunReport(number, moment, mode, seconds, found)


def settled_run(
    assessment: Assessment, store: Store, rulebook: Rulebook, assessed: Sequence[Judged], reach: tuple[int, int]
) -> tuple[RuleRun, ...]:
    """Settle what the rules of a run came to; `reach` is the run, and up to where in the change log it saw."""
    connection, now = assessment.connection, assessment.moment.now
    judged = compared(assessment, assessed)
    settled = settle(assessment, store, judged, reach[0], rulebook.sources)
    versions = {one.stored.key: one.rule.version for one in judged if one.stored and one.rule.id in settled}
    at_rest = [one.stored.key for one in judged if one.stored and not one.error and one.rule.id not in settled]
    evaluations.mark_evaluated(connection, versions, now, *reach)
    evaluations.mark_unmoved(connection, at_rest, now, *reach)
    return tuple(rule_run(one, settled.get(one.rule.id)) for one in judged)


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


def assess_in_run(assessment: Assessment, plan: DeltaPlan, rule: Rule, stored: Registered) -> Judged:
    """Assess a rule in a run, by its delta where that is enough; what it differs in is still to be seen."""
    basis = plan.basis(rule)
    if basis.candidates == 0:
        return Judged(rule, stored, basis=basis.said)
    among = assessment.candidates(stored.key) if basis.candidates else None
    return replace(assess(assessment, rule, stored, among), basis=basis.said)


def assess(
    assessment: Assessment,
    rule: Rule,
    stored: Registered | None,
    among: Chosen | None = None,
    doubtful: Collection[int] = (),
) -> Judged:
    """Assess a rule; of the `doubtful` records its verdict is unknown. One rule's failure never stops others."""
    key, started = None if stored is None else stored.key, perf_counter()
    try:
        with savepoint(assessment.connection):
            assessment.assess(rule, key, among=among if among is not None else by_events(assessment, rule))
            assessment.leave_undecided(rule.id, doubtful)
    except StatementFailed as failure:
        LOG.warning("rule failed", rule=rule.id, reason=str(failure))
        return Judged(rule, stored, error=str(failure), seconds=perf_counter() - started)
    return Judged(rule, stored, seconds=perf_counter() - started)


def judged_rule(assessment: Assessment, rule: Rule, stored: Registered | None) -> Judged:
    """Return what a rule comes to for all records, against its stored cases if it has any."""
    found = assess(assessment, rule, stored)
    return found if found.error is not None else replace(found, difference=difference(assessment, rule, stored))


def by_events(assessment: Assessment, rule: Rule) -> Chosen | None:
    """Select the records whose events satisfy a rule's pattern, where the rule looks at no others."""
    pattern = rule.check.sole_pattern
    stored = StoredEvents(assessment.connection, assessment.tables, rule.entity, assessment.moment)
    return stored.satisfying(pattern) if pattern is not None else None
