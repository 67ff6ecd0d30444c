"""Verdicts of all rules of one record, as they are stored, and when the first of them become others by themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.evaluate.flips import nearest
from engine.language.rule import Rule
from engine.model.facts import Facts
from engine.service.report.document import Report
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth
from engine.vocabulary.verdict import Flip, Verdict

WAITING, NOT_YET = "waiting", "not_evaluated"
ORDER = ("match", "undecided", WAITING, "no_match", NOT_YET)
MOST_AHEAD = 12  # rules that are looked ahead for without being asked to: the page is to come at once
MOST_ITEMS = 100  # of a record, beyond which that is only done when asked
MOST_INSTANTS = 25  # of a rule, likewise
MOST_INSTANTS_ASKED = 500


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """What a rule says of a record, since when where it is a match; `flip` is its next change that is known."""

    rule: str
    title: str
    stage: str
    verdict: str
    since: datetime | None
    deletes: bool
    flip: Flip | None = None
    was_looked_at: bool = False

    @property
    def becomes(self) -> str:
        """The verdict that its next change leads to; empty where none is known."""
        return Verdict.of(self.flip.truth).value if self.flip else ""

    def flipping(self, flips: Mapping[str, Flip | None]) -> "RuleVerdict":
        """Return it with its next change, where that was looked for."""
        return replace(self, flip=flips.get(self.rule), was_looked_at=self.rule in flips)


def verdicts(rules: Mapping[str, Rule], report: Report, facts: Facts) -> tuple[RuleVerdict, ...]:
    """Return the verdict of every rule: matches first, and what deletes before what does not."""
    found = [
        RuleVerdict(one.rule, one.title, one.stage, *_said(one.rule, facts), one.deletes)
        for one in report.processing.rules
        if one.rule in rules
    ]
    return tuple(sorted(found, key=lambda one: (ORDER.index(one.verdict), not one.deletes, one.title)))


def foreseen(
    rules: Mapping[str, Rule], said: Sequence[RuleVerdict], facts: Facts, moment: Moment, *, ahead: bool
) -> dict[str, Flip | None]:
    """Return when rules flip by themselves: of all where `ahead` is asked for, else of the first, where that is quick.

    Rules that only events move, and those that are asked by somebody, have no such time.
    """
    timed = [one.rule for one in said if rules[one.rule].check.sole_pattern is None and not rules[one.rule].needs]
    if not ahead and sum(map(len, facts.collections.values())) > MOST_ITEMS:
        return {}
    chosen = timed if ahead else timed[:MOST_AHEAD]
    most = MOST_INSTANTS_ASKED if ahead else MOST_INSTANTS
    return {name: nearest(rules[name].criteria, facts, moment, most) for name in chosen}


def _said(rule: str, facts: Facts) -> tuple[str, datetime | None]:
    truth = facts.memberships.get(rule)
    if truth is None:
        return NOT_YET, None
    if truth is Truth.FALSE and rule in facts.true_since:
        return WAITING, facts.true_since[rule]
    return Verdict.of(truth).value, facts.member_since.get(rule)
