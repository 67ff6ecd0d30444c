"""Untested: live rules that delete, and of which no test shows a match, a non-match or a missing value."""

from collections.abc import Iterable, Iterator, Mapping

from engine.language.criteria import Criterion, Group
from engine.language.expectations import CASE, DELETION, NONE, REASON, VERDICT, Expected
from engine.language.reads import reads
from engine.language.rule import Rule
from engine.language.rule_tests import RuleTest
from engine.vocabulary.problem import Place, Problem

MATCH, NON_MATCH, MISSING_VALUE = "a match", "a non-match", "a missing value"
SHOWN_BY = {MATCH: "`expect: match`", NON_MATCH: "`expect: no_match`", MISSING_VALUE: "`expect: undecided`"}
CARRIED_OUT = frozenset({"ordered", "confirmed", "in_recycle_bin", "erased"})  # a case closes then, though it was true


def untested(rules: Mapping[str, Rule], tests: Iterable[RuleTest]) -> Iterator[Problem]:
    """Give a warning for each live rule that deletes and lacks tests; the rules of one `for_each` share theirs."""
    shown: dict[Place, set[str]] = {}
    for test in tests:
        rule = rules.get(test.rule)
        if rule is not None:
            shown.setdefault(rule.place, set()).update(_shown(rule, test))
    told: set[Place] = set()
    for rule in rules.values():
        lacking = [what for what in SHOWN_BY if what not in shown.get(rule.place, ())]
        if rule.stage == "live" and rule.deletes and lacking and rule.place not in told:
            told.add(rule.place)
            message = f"`{rule.id}` is live and deletes, and no test shows {_listed(lacking, 'or')}"
            remedy = f"add a test with {_listed([SHOWN_BY[what] for what in lacking], 'and one with')}"
            yield Problem("W208", rule.place, message, remedy, is_warning=True)


def _shown(rule: Rule, test: RuleTest) -> Iterator[str]:
    """Give what a test shows of a rule."""
    expectations = [step.expected for step in test.steps]
    if any(_is_match(one) for one in expectations):
        yield MATCH
    if any(_is_non_match(one) for one in expectations):
        yield NON_MATCH
    is_undecided = any("undecided" in {one.get(VERDICT), one.get(CASE)} for one in expectations)
    if is_undecided or (_lacks_what_is_settled(rule, test) and any(one.get(VERDICT) for one in expectations)):
        yield MISSING_VALUE


def _is_match(expected: Expected) -> bool:
    is_scheduled = expected.get(DELETION, NONE) != NONE
    return expected.get(VERDICT) == "match" or expected.get(CASE) == "open" or is_scheduled


def _is_non_match(expected: Expected) -> bool:
    is_closed = expected.get(CASE) == "closed" and expected.get(DELETION) not in CARRIED_OUT
    is_none = expected.get(VERDICT) == "no_match" or expected.get(CASE) == NONE
    return is_closed or is_none or expected.get(REASON) == "NO_LONGER_TRUE"


def _lacks_what_is_settled(rule: Rule, test: RuleTest) -> bool:
    """True when the record of a test lacks what `if_missing` of a criterion is about: then nothing is undecided."""
    if not test.given:
        return False
    snapshot = test.given[-1].snapshot
    settled = {name for one in _settled(rule.criteria) for name in reads(one.form())}
    return any(snapshot.values.get(name) is None and not snapshot.collections.get(name) for name in settled)


def _settled(part: Criterion | Group) -> Iterator[Criterion]:
    if isinstance(part, Group):
        for one in part.parts:
            yield from _settled(one)
    elif part.if_missing is not None:
        yield part


def _listed(words: list[str], last: str) -> str:
    (*others, final) = words
    return f"{', '.join(others)} {last} {final}" if others else final
