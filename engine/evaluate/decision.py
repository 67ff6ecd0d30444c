"""Decisions about single records: each criterion evaluated in Python, the and/or joined by Python and by durable-rules.

Both must agree. Where they do not, or durable-rules failed on the record, the verdict is undecided and says so; without
durable-rules (Python 3.13 and newer) Python decides alone.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.evaluate.event_matching import satisfied
from engine.evaluate.matcher import AVAILABLE, MatcherError
from engine.evaluate.matcher_worker import Matcher
from engine.evaluate.network import AllOf, AnyOf, Fact, Node
from engine.evaluate.replay import marks
from engine.language.criteria import Criterion, Group, Record
from engine.language.event_pattern import EventPattern
from engine.language.rule import Rule, Rulebook
from engine.model.facts import Facts
from engine.model.past_event import PastEvent
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth

# A criterion, or a group that counts its criteria, which Python does; and whether its opposite is meant.
Leaf = tuple[Criterion | Group, bool]


@dataclass(frozen=True, slots=True)
class Decision:
    """What single evaluation came to; `note` says what was amiss, if anything was."""

    truth: Truth
    note: str = ""


@dataclass(frozen=True, slots=True)
class Lifted:
    """A rule whose criteria are lifted to booleans: its leaves, and the network over them."""

    leaves: tuple[Leaf, ...]
    network: Node

    def values(self, record: Record, moment: Moment) -> list[bool | None]:
        """Return the truth of every leaf for a record, None for unknown."""
        truths = ((one.truth(record, moment), opposite) for one, opposite in self.leaves)
        return [(truth.negated() if opposite else truth).as_bool() for truth, opposite in truths]


class Decider:
    """Decides rules for single records. Owns the worker process of durable-rules.

    `trouble` says why durable-rules takes no part, so that Python decides alone; empty where it does.
    """

    def __init__(self, matcher: Matcher | None = None) -> None:
        self._matcher = matcher or (Matcher() if AVAILABLE else None)
        self._lifted: dict[str, Lifted] = {}
        self._digest = ""
        self.trouble = "" if self._matcher else "durable-rules is missing: it does not run on this Python"

    def load(self, rulebook: Rulebook) -> None:
        """Take a rulebook in; the network is rebuilt when a rule's meaning changed."""
        if rulebook.digest == self._digest:
            return
        self._lifted = {rule.id: lifted(rule) for rule in rulebook.rules.values()}
        self._digest = rulebook.digest
        if self._matcher is None:
            return
        try:
            self._matcher.load(rulebook.digest, {rule: one.network for rule, one in self._lifted.items()})
            self.trouble = ""
        except MatcherError as error:
            self.trouble, self._digest = f"durable-rules cannot be used: {error}", ""  # the next load tries again

    def decide(self, rules: Iterable[Rule], record: Record, moment: Moment, event: str) -> Mapping[str, Decision]:
        """Return the decision of each rule for a record at a moment."""
        chosen = tuple(rules)
        by_python = {rule.id: rule.criteria.truth(record, moment) for rule in chosen}
        if self._matcher is None or self.trouble:
            return {rule: Decision(truth) for rule, truth in by_python.items()}
        leaves = {rule.id: self._lifted[rule.id].values(record, moment) for rule in chosen}
        try:
            matched = self._matcher.verdicts(event, leaves)
        except MatcherError as error:
            return {rule: Decision(truth, f"durable-rules: {error}") for rule, truth in by_python.items()}
        return {rule: _agreed(truth, Truth.of(matched[rule])) for rule, truth in by_python.items()}

    def decide_in_turn(
        self, rules: Sequence[Rule], facts: Facts, moment: Moment, event: str, doubtful: Collection[str] = ()
    ) -> Mapping[str, Decision]:
        """Return the decisions of rules that may read each other, sources first; the facts then know the verdicts.

        Of the `doubtful` ones the verdict is unknown, whatever their criteria say.
        """
        memberships: dict[str, Truth] = facts.memberships  # type: ignore[assignment]  # of this decision alone
        for rule in rules:
            memberships[rule.id] = Truth.UNKNOWN if rule.id in doubtful else rule.criteria.truth(facts, moment)
        decided = _doubting(self.decide(rules, facts, moment, event), doubtful)
        if all(decided[rule.id].truth is memberships[rule.id] for rule in rules):
            return decided
        for rule in rules:  # durable-rules found otherwise: who reads such a verdict has to know
            decided |= _doubting(self.decide([rule], facts, moment, event), doubtful)
            memberships[rule.id] = decided[rule.id].truth
        return decided

    def satisfied(self, pattern: EventPattern, events: Sequence[PastEvent], moment: Moment, event: str) -> Decision:
        """Return whether the events of one record satisfy a pattern at a moment."""
        by_python = Truth.of(satisfied(pattern, events, moment))
        if self._matcher is None or self.trouble:
            return Decision(by_python)
        try:
            by_replay = Truth.of(self._matcher.replayed(event, marks(pattern, events, moment)))
        except MatcherError as error:
            return Decision(by_python, f"durable-rules: {error}")
        return _agreed(by_python, by_replay)

    def close(self) -> None:
        """End the worker process."""
        if self._matcher is not None:
            self._matcher.close()


def _doubting(decided: Mapping[str, Decision], doubtful: Collection[str]) -> dict[str, Decision]:
    """Return decisions with those of some rules left unknown."""
    return {rule: replace(one, truth=Truth.UNKNOWN) if rule in doubtful else one for rule, one in decided.items()}


def lifted(rule: Rule) -> Lifted:
    """Return a rule's criteria as leaves and a network, negation pushed into the leaves."""
    leaves: list[Leaf] = []
    network = _network(rule.criteria, leaves, opposite=False)
    return Lifted(tuple(leaves), network)


def _network(part: Criterion | Group, leaves: list[Leaf], *, opposite: bool) -> Node:
    if isinstance(part, Criterion) or part.kind == "at_least_of":
        leaves.append((part, opposite))
        return Fact(len(leaves) - 1)
    is_none = part.kind == "none"
    parts = tuple(_network(one, leaves, opposite=opposite != is_none) for one in part.parts)
    # De Morgan: not all of them is one of their opposites; none of them is all of their opposites.
    joined_by_any = opposite if part.kind in {"all", "none"} else not opposite
    return AnyOf(parts) if joined_by_any else AllOf(parts)


def _agreed(by_python: Truth, by_network: Truth) -> Decision:
    if by_python is by_network:
        return Decision(by_python)
    return Decision(Truth.UNKNOWN, f"DISAGREEMENT: Python says {by_python.value}, durable-rules {by_network.value}")
