"""Judging: the verdicts of rules for records that something happened to, and what comes of them.

A few records are judged one by one, each by all its rules at once, in Python and by durable-rules; many are judged by
SQL, each rule for all its records at once. Both come to the same (`tests/store/test_equivalence.py`); what is
irreversible is examined again before it happens.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.language.concerns import is_attentive, is_restless
from engine.language.rule import Rule
from engine.model.facts import Facts
from engine.service.logs import logger
from engine.service.occasions import Batch, Occasions
from engine.service.runner import Judged, is_at_rest, judged_rule, rule_run, settle
from engine.store.assessment import Assessment
from engine.store.difference import difference, unmoved
from engine.store.registry import Registered
from engine.store.runs import RuleRun
from engine.vocabulary.truth import Truth

LOG = logger("judging")
FEW = 20  # records; more are judged by SQL

Verdicts = dict[str, dict[int, Truth]]


@dataclass(slots=True)
class Judging:
    """Judges the batches of one run. `known` is what the store knows of their rules."""

    occasions: Occasions
    assessment: Assessment
    known: Mapping[str, Registered]
    number: int
    _before: dict[tuple[str, int], Mapping[str, Truth]] = field(default_factory=dict)

    def all(self, batches: Sequence[Batch]) -> list[RuleRun]:
        """Judge all batches, sources before dependents; return what came of each."""
        is_many = len({(batch.rule.entity, record) for batch in batches for record in batch.records}) > FEW
        if is_many:
            return [self._by_sql(batch) for batch in batches]
        verdicts = self._decided(batches)
        return [self._by_decision(batch, verdicts.get(batch.rule.id, {})) for batch in batches]

    def _by_sql(self, batch: Batch) -> RuleRun:
        rule, stored = batch.rule, self.known[batch.rule.id]
        self.assessment.write_candidates(stored.key, batch.records)
        among = self.assessment.candidates(stored.key)
        judged = judged_rule(self.assessment, rule, stored, among, batch.doubtful)
        return self._settled(rule, stored, judged)

    def _by_decision(self, batch: Batch, verdicts: Mapping[int, Truth]) -> RuleRun:
        rule, stored = batch.rule, self.known[batch.rule.id]
        if self._is_as_before(rule, stored, verdicts):
            as_it_is = unmoved(stored)
            return rule_run(rule, Judged(replace(as_it_is, tally=replace(as_it_is.tally, candidates=len(verdicts)))))
        self.assessment.judge(rule, stored.key, verdicts)
        return self._settled(rule, stored, Judged(difference(self.assessment, rule, stored)))

    def _settled(self, rule: Rule, stored: Registered, judged: Judged) -> RuleRun:
        """Bring cases and effects in line with a rule's verdicts, where there is something to be done."""
        if judged.error is not None or is_at_rest(self.assessment, rule, judged.difference, stored):
            return rule_run(rule, judged)
        store = self.occasions.scene.store
        return rule_run(rule, judged, settle(self.assessment, store, rule, stored.key, self.number, judged.difference))

    def _decided(self, batches: Iterable[Batch]) -> Verdicts:
        """Return the verdicts of rules for their records, each record judged by all of its rules at once."""
        rules: dict[tuple[str, int], list[Batch]] = {}
        for batch in batches:
            for record in batch.records:
                rules.setdefault((batch.rule.entity, record), []).append(batch)
        found: Verdicts = {}
        for (entity, record), concerned in rules.items():
            facts = self.occasions.facts(entity, [record]).get(record)
            if facts is None:
                continue
            self._before.setdefault((entity, record), dict(facts.memberships))
            for rule, truth in self._verdicts(record, facts, concerned).items():
                found.setdefault(rule, {})[record] = truth
        return found

    def _verdicts(self, record: int, facts: Facts, batches: Sequence[Batch]) -> dict[str, Truth]:
        scene, moment = self.occasions.scene, self.assessment.moment
        doubtful = {batch.rule.id for batch in batches if record in batch.doubtful}
        label = f"run-{self.number}-record-{record}"
        decisions = scene.decider.decide_in_turn([batch.rule for batch in batches], facts, moment, label, doubtful)
        for rule, decision in decisions.items():
            if decision.note:
                LOG.error("decision in doubt", rule=rule, contact=facts.id, note=decision.note)
        return {rule: decision.truth for rule, decision in decisions.items()}

    def _is_as_before(self, rule: Rule, stored: Registered, verdicts: Mapping[int, Truth]) -> bool:
        """True where a rule finds of every record what its cases say, and nothing else can be to do."""
        is_simple = rule.lasting is None and not is_restless(rule) and stored.paused is None
        was_evaluated = stored.evaluated_version is not None
        if not is_simple or not was_evaluated or is_attentive(rule):
            return False
        return all(
            self._before[(rule.entity, record)].get(rule.id, Truth.FALSE) is truth for record, truth in verdicts.items()
        )
