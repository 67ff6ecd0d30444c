"""The runner: one evaluation of a rulebook, from assessment through cases and state effects to the run's record."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import structlog

from actions.settling import Settling, StateAction
from engine.language.rule import Rule, Rulebook
from engine.service.effects import Tripped, plan_effects
from engine.service.installation import Installation, entries
from engine.store import cases, registry, runs
from engine.store.assessment import Assessment, Tally
from engine.store.database import Connection, StatementFailed, savepoint
from engine.store.event_patterns import Chosen, StoredEvents
from engine.store.runs import RuleRun, RunHead
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment
from engine.vocabulary.effect import Effect

LOG = structlog.get_logger("ansgar.runner")
NOTHING = Tally(0, 0, 0, 0, 0)


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
            "seconds": {"evaluate": self.seconds[0], "act": self.seconds[1]},
            "rules": [rule.as_json() for rule in self.rules],
        }


def run(
    installation: Installation,
    store: Store,
    rulebook: Rulebook,
    moment: Moment,
    *,
    only: Iterable[str] = (),
    trigger: str = "command",
) -> RunReport:
    """Evaluate rules at a moment and bring cases, selections and alerts in line: all in one transaction."""
    chosen = _chosen(rulebook, only)
    with store.database.writing() as connection:
        started = perf_counter()
        keys = registry.activate(connection, entries(rulebook), installation.clock.now())
        head = RunHead(installation.clock.now(), moment.now, "full", trigger, rulebook.digest)
        number = runs.begin(connection, head)
        with _assessment(connection, store, moment) as assessment:
            judged = [_assessed(assessment, rule, keys[rule.id]) for rule in chosen]
            evaluated = perf_counter()
            tripped = [
                _settle(assessment, store, rule, keys[rule.id], number) if outcome.error is None else None
                for rule, outcome in zip(chosen, judged, strict=True)
            ]
            found = tuple(_rule_run(*one) for one in zip(chosen, judged, tripped, strict=True))
        seconds = (evaluated - started, perf_counter() - evaluated)
        runs.finish(connection, number, seconds, list(found))
    LOG.info(
        "run finished", run=number, mode="full", rules=len(found), failed=sum(one.error is not None for one in found)
    )
    return RunReport(number, moment, "full", seconds, found)


def plan(store: Store, rulebook: Rulebook, moment: Moment, *, only: Iterable[str] = ()) -> "Plan":
    """Return what a run would do now, writing nothing: the same assessment, on a snapshot that is only read."""
    with store.database.reading() as connection, _assessment(connection, store, moment) as assessment:
        started = perf_counter()
        known = registry.registered(connection)
        planned = []
        for rule in _chosen(rulebook, only):
            stored = known.get(rule.id)
            becomes_live = stored is not None and stored.stage != "live" and rule.stage == "live"
            key = stored.key if stored and not becomes_live and stored.entity == rule.entity else None
            judged = _assessed(assessment, rule, key)
            entering, leaving = assessment.moves(rule, key) if judged.error is None else ([], [])
            planned.append(PlannedRule(_rule_run(rule, judged), tuple(entering), tuple(leaving)))
        return Plan(moment, perf_counter() - started, tuple(planned))


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """What a run would do for one rule, with the ids of who would enter and leave."""

    found: RuleRun
    entering: tuple[str, ...]
    leaving: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do."""

    moment: Moment
    seconds: float
    rules: tuple[PlannedRule, ...]

    @property
    def has_changes(self) -> bool:
        """True when a case would open or close."""
        return any(rule.found.tally.entered or rule.found.tally.left for rule in self.rules)


def _chosen(rulebook: Rulebook, only: Iterable[str]) -> list[Rule]:
    names = set(only)
    return [rule for rule in rulebook.rules.values() if (rule.id in names if names else rule.stage != "off")]


@contextmanager
def _assessment(connection: Connection, store: Store, moment: Moment) -> Iterator[Assessment]:
    assessment = Assessment(connection, store.tables, moment)
    known = registry.registered(connection).values()
    assessment.begin({rule.id: rule.key for rule in known if rule.evaluated_version is not None})
    yield assessment
    assessment.end()


@dataclass(frozen=True, slots=True)
class _Judged:
    """What an assessment of one rule came to, or why it failed."""

    tally: Tally
    error: str | None = None


def _assessed(assessment: Assessment, rule: Rule, key: int | None) -> _Judged:
    """Return what a rule comes to; one rule's failure is noted and never stops others."""
    try:
        with savepoint(assessment.connection):
            assessment.assess(rule, among=_by_events(assessment, rule))
            return _Judged(assessment.tally(rule, key))
    except StatementFailed as failure:
        LOG.warning("rule failed", rule=rule.id, reason=str(failure))
        return _Judged(NOTHING, str(failure))


def _by_events(assessment: Assessment, rule: Rule) -> Chosen | None:
    """Select the records whose events satisfy a rule's pattern, where the rule looks at no others."""
    pattern = rule.check.sole_pattern
    stored = StoredEvents(assessment.tables, rule.entity, assessment.moment)
    return stored.satisfying(pattern) if pattern is not None else None


def _settle(assessment: Assessment, store: Store, rule: Rule, key: int, run_number: int) -> Tripped | None:
    """Bring the cases of a rule in line with its assessment, and what its actions keep or intend.

    Returns the limit that tripped, if one did.
    """
    connection, now = assessment.connection, assessment.moment.now
    cases.follow(assessment, rule.id, key, run_number)
    registry.mark_evaluated(connection, key, rule.version, now)
    if rule.stage != "live":
        return None
    settle_states(assessment, store, rule, key)
    return plan_effects(connection, store, rule, key, assessment.moment)


def settle_states(assessment: Assessment, store: Store, rule: Rule, key: int) -> None:
    """Let a live rule's state actions bring the service's tables in line with its cases."""
    records = store.tables.records[rule.entity]
    for index, call in enumerate(rule.calls if rule.stage == "live" else ()):
        if isinstance(call, StateAction):
            call.settle(Settling(assessment.connection, records, rule, key, index, assessment.moment.now))


def _rule_run(rule: Rule, judged: _Judged, tripped: Tripped | None = None) -> RuleRun:
    is_stopped = tripped is not None
    actions = {
        call.verb: 0 if is_stopped and call.effect is Effect.IRREVERSIBLE else judged.tally.entered
        for call in rule.calls
    }
    error = judged.error or (tripped.sentence if tripped else None)
    return RuleRun(rule.id, rule.stage, rule.version, judged.tally, actions, error, is_stopped)
