"""Judging: the verdicts of rules for records that something happened to, and what comes of them.

A few records are judged one by one, each by all its rules at once, in Python and by durable-rules; many are judged by
SQL, each rule for all its records at once. Both come to the same (`tests/store/test_equivalence.py`); what is
irreversible is examined again before it happens.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.model.facts import Facts
from engine.service.logs import logger
from engine.service.occasions import Batch, Occasions
from engine.service.runner import assess
from engine.service.settlement import Judged, compared, rule_run, settle
from engine.store.assessment import Assessment
from engine.store.delta import DELTA
from engine.store.registry import Registered
from engine.store.runs import RuleRun
from engine.vocabulary.truth import Truth

LOG = logger("judging")
FEW = 20  # records; more are judged by SQL

Verdicts = dict[str, dict[int, Truth]]


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges the batches of one run. `known` is what the store knows of their rules."""

    occasions: Occasions
    assessment: Assessment
    known: Mapping[str, Registered]
    number: int

    def all(self, batches: Sequence[Batch], changed: frozenset[str] | None) -> list[RuleRun]:
        """Judge all batches, sources before dependents, and settle what comes of it; return what came of each rule.

        `changed` names what changed of the records; None where some are new.
        """
        is_many = len({(batch.rule.entity, record) for batch in batches for record in batch.records}) > FEW
        assessed = [*map(self._by_sql, batches)] if is_many else self._by_decision(batches)
        judged = compared(self.assessment, assessed)
        scene = self.occasions.scene
        settled = settle(self.assessment, scene.store, judged, self.number, scene.rulebook.sources, changed)
        return [rule_run(one, settled.get(one.rule.id)) for one in judged]

    def _by_sql(self, batch: Batch) -> Judged:
        stored = self.known[batch.rule.id]
        self.assessment.write_candidates(stored.key, batch.records)
        found = assess(self.assessment, batch.rule, stored, self.assessment.candidates(stored.key), batch.doubtful)
        return replace(found, basis=DELTA)

    def _by_decision(self, batches: Sequence[Batch]) -> list[Judged]:
        verdicts = self._decided(batches)
        self.assessment.judge(
            (batch.rule, self.known[batch.rule.id].key, verdicts.get(batch.rule.id, {})) for batch in batches
        )
        return [Judged(batch.rule, self.known[batch.rule.id], basis=DELTA) for batch in batches]

    def _decided(self, batches: Iterable[Batch]) -> Verdicts:
        """Return the verdicts of rules for their records, each record judged by all of its rules at once."""
        rules: dict[tuple[str, int], list[Batch]] = {}
        for batch in batches:
            for record in batch.records:
                rules.setdefault((batch.rule.entity, record), []).append(batch)
        found: Verdicts = {}
        for (entity, record), concerned in rules.items():
            facts = self.occasions.facts(entity, [record]).get(record)
            for rule, truth in self._verdicts(record, facts, concerned).items() if facts is not None else ():
                found.setdefault(rule, {})[record] = truth
        return found

    def _verdicts(self, record: int, facts: Facts, batches: Sequence[Batch]) -> dict[str, Truth]:
        scene, moment = self.occasions.scene, self.assessment.moment
        doubtful = {batch.rule.id for batch in batches if record in batch.doubtful}
        label = f"run-{self.number}-record-{record}"
        decisions = scene.decider.decide_in_turn([batch.rule for batch in batches], facts, moment, label, doubtful)
        for rule, decision in decisions.items():
            if decision.note:
                LOG.error("decision in doubt", rule=rule, record=record, note=decision.note)
        return {rule: decision.truth for rule, decision in decisions.items()}
