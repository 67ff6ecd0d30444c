"""Settlement: cases, what actions keep, and what they intend, are brought in line with the assessment of rules.

All of it for all rules of a run together, step by step, so that a statement is made once. What was not looked at stays
as it is, and where nothing moved nothing is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from actions.settling import Settling, StateAction
from engine.language.concerns import besides, is_restless
from engine.language.rule import LATE_CALLS, Rule
from engine.service.effects import Tripped, plan_closing, plan_effects, plan_late
from engine.store import deadlines, evaluations, following, ledger
from engine.store.assessment import Assessment
from engine.store.difference import Difference, Tally, difference, differences, unmoved
from engine.store.registry import Registered
from engine.store.runs import RuleRun
from engine.store.schema import Store
from engine.store.turn import Turn
from engine.vocabulary.calendar import Moment
from engine.vocabulary.effect import Effect

NOTHING = Difference(Tally(0, 0, 0, 0, 0))


@dataclass(frozen=True, slots=True)
class Judged:
    """What an assessment of one rule came to against its stored cases, or why it failed.

    `seconds` is what its assessment took; None where it was judged together with others, or nobody had to be looked at.
    """

    rule: Rule
    stored: Registered | None = None
    difference: Difference = NOTHING
    error: str | None = None
    basis: str = "full"
    seconds: float | None = field(default=None, compare=False)

    @property
    def tally(self) -> Tally:
        """The counts."""
        return self.difference.tally


@dataclass(frozen=True, slots=True)
class Part:
    """A rule that has something to settle, with its turn and its difference."""

    rule: Rule
    stored: Registered
    turn: Turn
    difference: Difference

    @property
    def is_live(self) -> bool:
        """True where it acts."""
        return self.rule.stage == "live"


def compared(assessment: Assessment, judged: Sequence[Judged]) -> list[Judged]:
    """Return what rules were assessed to be with how that differs from their stored cases."""
    known = [one.stored for one in judged if one.error is None and one.stored and assessment.is_partial(one.rule.id)]
    of_some = differences(assessment, known)
    return [_compared(assessment, one, of_some) for one in judged]


def _compared(assessment: Assessment, one: Judged, of_some: Mapping[int, Difference]) -> Judged:
    if one.error is not None or one.stored is None:
        return one
    if one.stored.key in of_some:
        return replace(one, difference=of_some[one.stored.key])
    if not assessment.has(one.rule.id):
        return replace(one, difference=unmoved(one.stored))
    started = perf_counter()
    found = difference(assessment, one.rule, one.stored)
    return replace(one, difference=found, seconds=(one.seconds or 0.0) + perf_counter() - started)


def settle(
    assessment: Assessment,
    store: Store,
    judged: Sequence[Judged],
    number: int,
    read: frozenset[str],
    changed: frozenset[str] | None = None,
) -> dict[str, Tripped | None]:
    """Bring everything in line with what rules came to in a run.

    `read` are the rules that others read; `changed` names all that can have changed of the records, where it is known.

    Returns the rules that were not at rest, each with the limit that tripped, if one did.
    """
    parts = [
        Part(one.rule, one.stored, _turn(assessment, one.rule, one.stored, number, read), one.difference)
        for one in judged
        if one.error is None and one.stored is not None and not is_at_rest(assessment, one, changed)
    ]
    for part in parts:
        if part.difference.moved and part.is_live and part.rule.closing:
            plan_closing(part.turn, part.rule, assessment.leaving(part.rule.id, part.stored.key))
    _follow(assessment, parts)
    live = [part for part in parts if part.is_live]
    for part in live:
        if assessment.has(part.rule.id):
            deadlines.mark(assessment, part.rule, part.turn)
    _settle_states(store, live, assessment.moment)
    for part in live:
        plan_late(part.turn, part.rule)
    tripped = {part.rule.id: plan_effects(part.turn, store, part.rule, assessment.moment) for part in live}
    ledger.plan(assessment.connection, number, {part.stored.key: part.turn.planned for part in parts})
    return {part.rule.id: tripped.get(part.rule.id) for part in parts}


def is_at_rest(assessment: Assessment, one: Judged, changed: frozenset[str] | None) -> bool:
    """True where nothing is to be settled: no case moves, and nothing else of what was looked at concerns the rule."""
    is_paused = one.stored is not None and one.stored.paused is not None
    is_full = assessment.has(one.rule.id) and not assessment.is_partial(one.rule.id)
    if is_full or one.difference.moved or is_restless(one.rule) or is_paused:
        return False
    concerning = besides(one.rule) if changed is None else besides(one.rule) & changed
    return not (assessment.has(one.rule.id) and concerning)


def _turn(assessment: Assessment, rule: Rule, stored: Registered, number: int, read: frozenset[str]) -> Turn:
    is_partial, is_read = assessment.is_partial(rule.id), rule.id in read
    return Turn(assessment.connection, stored.key, number, assessment.moment.now, is_partial, is_read)


def _follow(assessment: Assessment, parts: Sequence[Part]) -> None:
    """Let cases follow: those of rules that looked at some records all at once, those of others rule by rule."""
    moving = [part for part in parts if part.difference.moved]
    following.follow([part.turn for part in moving if part.turn.is_partial])
    for part in moving:
        if not part.turn.is_partial:
            following.follow([part.turn])
    tallies = {part.stored.key: part.difference.tally for part in moving}
    counts = {key: (tally.matched, tally.undecided) for key, tally in tallies.items()}
    evaluations.mark_counted(assessment.connection, counts)


def _settle_states(store: Store, parts: Sequence[Part], moment: Moment) -> None:
    """Let state actions bring the service's tables in line with the cases of live rules."""
    by_action: dict[type[StateAction], list[Settling]] = {}
    for part in parts:
        records = store.tables.records[part.rule.entity]
        for number, call in part.rule.numbered_calls():
            if isinstance(call, StateAction):
                settling = Settling(part.turn, records, call, number, moment, late=number >= LATE_CALLS)
                by_action.setdefault(type(call), []).append(settling)
    for action, settlings in by_action.items():
        action.settle(settlings)


def rule_run(judged: Judged, tripped: Tripped | None = None, stage: str | None = None) -> RuleRun:
    """Return what a run tells of a rule, in the stage that it has or would have."""
    rule, is_stopped = judged.rule, tripped is not None
    actions = {
        call.verb: 0 if is_stopped and call.effect is Effect.IRREVERSIBLE else judged.tally.entered
        for call in rule.calls
    }
    error = judged.error or (tripped.sentence if tripped else None)
    found = judged.tally, actions, error, is_stopped, judged.basis, judged.seconds
    return RuleRun(rule.id, stage or rule.stage, rule.version, *found)
