"""Testing rules: each test is rehearsed, and what is seen after each step is compared with what it expects."""

from dataclasses import dataclass

from engine.evaluate.explain import trace_of
from engine.language.expectations import REFUSED, Found
from engine.language.rule_steps import Step
from engine.language.rule_tests import RuleTest
from engine.model.snapshot import Refused
from engine.service.agreeing import disagreements, is_satisfied
from engine.service.looking import seen
from engine.service.rehearsal import EVALUATED, Rehearsal, TooLong
from engine.service.rehearsing import Hall
from engine.vocabulary.calendar import Moment
from engine.vocabulary.verdict import Trace

EXECUTIONS, RUN = "executions", "run"  # what can differ besides what is expected
UNSATISFIED = "no event satisfies `when_event`, so the rule looks at nobody anew"


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
    try:
        rehearsal.remember(test.events)
    except Refused as refused:
        untaken = Difference("events", "taken", f"refused: {refused}")
        return Result(test, Failure(test, 1, rehearsal.moment, (untaken,)), ())
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
    return not others and not first.is_eventful and first.expected.keys() <= EVALUATED


def _outcome(rehearsal: Rehearsal, step: Step, number: int, *, is_plain: bool) -> _Outcome:
    try:
        report = rehearsal.evaluate() if is_plain else rehearsal.perform(step, number)
    except TooLong as too_long:
        return _Outcome((Difference("move_clock", str(step.move_clock), str(too_long)),))
    refusal = rehearsal.refusal
    if refusal is not None and REFUSED not in step.expected:
        return _Outcome((Difference(refusal.what, "taken", refusal.sentence),))
    sight = rehearsal.sight()
    found = seen(rehearsal, sight, step.expected)
    differences = [
        Difference(what, expected, found[what]) for what, expected in step.expected.items() if found[what] != expected
    ]
    faults = [Difference(RUN, "done", one.error) for one in report.rules if one.error and not one.is_stopped]
    said = tuple(one.error for one in report.rules if one.error and one.is_stopped)
    if faults or sight.facts is None:
        return _Outcome((*faults, *differences), said)
    amiss = disagreements(rehearsal, sight, f"test-step-{number}")
    differences += [Difference(EXECUTIONS, "the same", one) for one in amiss]
    pattern = rehearsal.rule.check.sole_pattern
    is_in_question = EVALUATED & {one.what for one in differences}
    if is_in_question and pattern is not None and not is_satisfied(rehearsal, pattern):
        said = (*said, UNSATISFIED)
    return _Outcome(tuple(differences), said, trace_of(rehearsal.rule.criteria, sight.facts, rehearsal.moment))
