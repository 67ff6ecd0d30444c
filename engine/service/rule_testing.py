"""Testing rules: each test is rehearsed, and what is seen after each step is compared with what it expects."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.evaluate.explain import trace_of
from engine.language.expectations import Found
from engine.language.rule_tests import RuleTest, Step
from engine.model.facts import Facts
from engine.model.snapshot import Refused
from engine.service.destroying import truth_by_sql
from engine.service.looking import seen
from engine.service.rehearsal import EVALUATED, Rehearsal, TooLong
from engine.service.rehearsing import Hall
from engine.vocabulary.calendar import Moment
from engine.vocabulary.verdict import Trace

EXECUTIONS, RUN = "executions", "run"  # what can differ besides what is expected


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected."""

    what: str
    expected: Found
    found: Found


@dataclass(frozen=True, slots=True)
class Failure:
    """The step at which a test failed (from 1): what differs, what the run said, and why the verdict is what it is."""

    test: RuleTest
    step: int
    moment: Moment
    differences: tuple[Difference, ...]
    said: tuple[str, ...] = ()
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a test, with the trace of each look at the record."""

    test: RuleTest
    failure: Failure | None
    traces: tuple[Trace, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a step came to: what differs from what it expects, what the run said, and why the verdict is what it is."""

    differences: tuple[Difference, ...]
    said: tuple[str, ...] = ()
    trace: Trace | None = None


def tried(hall: Hall, test: RuleTest) -> Result:
    """Return what came of a test. It ends with the first step that fails: what follows would follow from that."""
    rehearsal = hall.rehearsal(test)
    traces: list[Trace] = []
    for number, step in enumerate(test.steps, 1):
        outcome = _outcome(rehearsal, step, number, is_plain=_is_plain(test))
        traces += [outcome.trace] if outcome.trace else []
        if outcome.differences:
            is_explained = EVALUATED & {one.what for one in outcome.differences}
            trace = outcome.trace if is_explained else None
            failure = Failure(test, number, rehearsal.moment, outcome.differences, outcome.said, trace)
            return Result(test, failure, tuple(traces))
    return Result(test, None, tuple(traces))


def _is_plain(test: RuleTest) -> bool:
    """True for a test that asks for a verdict alone, to which nothing has to be carried out."""
    (first, *others) = test.steps
    moves = first.move_clock, first.change, first.event
    return not others and not any(moves) and first.expected.keys() <= EVALUATED


def _outcome(rehearsal: Rehearsal, step: Step, number: int, *, is_plain: bool) -> _Outcome:
    try:
        report = rehearsal.evaluate() if is_plain else rehearsal.perform(step, number)
    except Refused as refused:
        return _Outcome((Difference("event" if step.event else "change", "taken", f"refused: {refused}"),))
    except TooLong as too_long:
        return _Outcome((Difference("move_clock", str(step.move_clock), str(too_long)),))
    found = seen(rehearsal, step.expected)
    differences = [
        Difference(what, expected, found[what]) for what, expected in step.expected.items() if found[what] != expected
    ]
    faults = [Difference(RUN, "done", one.error) for one in report.rules if one.error and not one.is_stopped]
    said = tuple(one.error for one in report.rules if one.error and one.is_stopped)
    facts = rehearsal.facts()
    if faults or facts is None:
        return _Outcome((*faults, *differences), said)
    differences += _disagreement(rehearsal, facts, number)
    return _Outcome(tuple(differences), said, trace_of(rehearsal.rule.criteria, facts, rehearsal.moment))


def _disagreement(rehearsal: Rehearsal, facts: Facts, number: int) -> Iterator[Difference]:
    """Give what is amiss where the ways of evaluating a rule do not come to the same: that is a fault of ours."""
    scene, rule, moment = rehearsal.scene, rehearsal.rule, rehearsal.moment
    decision = scene.decider.decide([rule], facts, moment, f"test-step-{number}")[rule.id]
    with scene.store.database.reading() as connection:
        key = scene.records.key_of(connection, rule.entity, facts.id) or 0
        by_sql = truth_by_sql(scene, connection, rule, key, moment)
    if decision.truth is not by_sql or decision.note:
        found = f"{by_sql.value} by SQL, {decision.truth.value} by Python {decision.note}".strip()
        yield Difference(EXECUTIONS, "the same", found)
