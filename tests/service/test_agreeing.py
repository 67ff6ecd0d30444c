"""Where SQL, Python and durable-rules do not come to the same, a rule test fails and says what each of them found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pytest

from engine.evaluate.decision import Decider, Decision
from engine.language.criteria import Record
from engine.language.event_pattern import EventPattern
from engine.language.rule import Rule
from engine.model.past_event import PastEvent
from engine.service.rule_testing import tried
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth
from tests.installations import DECIDER
from tests.rehearsals import hall_of, load_with_tests, rule_test

RULE = "rules: [{rule: the-rule, CHECK if: [{field: category, is: Lead}], then: [{keep_in_selection: leads}]}]\n"
BOUNCED = "check: {when_event: {event: mailing.bounced, times: 2, within: 9 days}},"


class Erring(Decider):
    """Comes to its own truth of rules and patterns, or has something to remark."""

    def __init__(self, of_rules: Decision | None = None, of_patterns: Decision | None = None) -> None:
        super().__init__()
        self.of_rules, self.of_patterns = of_rules, of_patterns

    def decide(self, rules: Iterable[Rule], record: Record, moment: Moment, event: str) -> Mapping[str, Decision]:
        """Return the decision that was asked for, else the right one."""
        chosen = list(rules)
        right = DECIDER.decide(chosen, record, moment, event)
        return {rule.id: self.of_rules or right[rule.id] for rule in chosen}

    def satisfied(self, pattern: EventPattern, events: Sequence[PastEvent], moment: Moment, event: str) -> Decision:
        """Return the decision that was asked for, else the right one."""
        return self.of_patterns or DECIDER.satisfied(pattern, events, moment, event)


def differences(decider: Decider, text: str) -> list[tuple[str, object, object]]:
    """Return what differs in the one test of a text."""
    loaded = load_with_tests(text)
    try:
        with hall_of(loaded) as hall:
            failure = tried(replace(hall, scene=replace(hall.scene, decider=decider)), loaded.tests[0]).failure
    finally:
        decider.close()
    return [(one.what, one.expected, one.found) for one in failure.differences] if failure else []


@pytest.mark.parametrize(
    ("given", "verdict", "decision", "found"),
    [
        ("{category: Lead}", "match", Decision(Truth.FALSE), "true by SQL, false by Python"),
        ("{category: x}", "no_match", Decision(Truth.TRUE), "false by SQL, true by Python"),
        ("{}", "undecided", Decision(Truth.FALSE), "unknown by SQL, false by Python"),
        (
            "{category: Lead}",
            "match",
            Decision(Truth.TRUE, "durable-rules: gone"),
            "true by SQL, true by Python durable-rules: gone",
        ),
    ],
)
def test_criteria_that_come_out_differently_fail_the_test(
    given: str, verdict: str, decision: Decision, found: str
) -> None:
    """Also where the verdict is the one that was expected."""
    text = RULE.replace("CHECK", "") + rule_test(f"[{{expect: {verdict}}}]", given=given)

    assert differences(Erring(of_rules=decision), text) == [("executions", "the same", found)]
    assert differences(Erring(), text) == []


def test_patterns_that_come_out_differently_fail_the_test() -> None:
    """What durable-rules finds in the events is compared with the SQL that chooses whom to look at."""
    steps, told = "[{expect: match}]", "events: [{type: mailing.bounced}, {type: mailing.bounced}]"
    text = RULE.replace("CHECK", BOUNCED) + rule_test(steps, given="{category: Lead}", more=told)
    erring = Erring(of_patterns=Decision(Truth.FALSE))

    assert differences(erring, text) == [("executions", "the same", "true by SQL, false by Python")]
    assert differences(Erring(), text) == []


def test_the_sql_of_a_rule_that_no_event_brings_up_is_compared_all_the_same() -> None:
    """A run looks at nobody then, and says nothing of the criteria."""
    text = RULE.replace("CHECK", BOUNCED) + rule_test("[{expect: no_match}]", given="{category: Lead}")
    erring = Erring(of_rules=Decision(Truth.FALSE))

    assert differences(erring, text) == [("executions", "the same", "true by SQL, false by Python")]
    assert differences(Erring(), text) == []


def test_a_case_that_waits_is_true_by_all_of_them() -> None:
    """How long it has been true is no criterion."""
    lasting = (
        RULE.replace("CHECK", "")
        .replace("if: [{", "if: {for_at_least: 3 days, all: [{")
        .replace("}], then", "}]}, then")
    )
    steps = "[{expect: {case: waiting}}, {move_clock: 4 days, expect: match}]"

    assert differences(Erring(), lasting + rule_test(steps, given="{category: Lead}")) == []
