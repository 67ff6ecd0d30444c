"""The audit as a value: which stored verdicts come to something else when derived again, and how that is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.vocabulary.difference import Findings


@dataclass(frozen=True, slots=True)
class AuditedRule:
    """What came of one rule, whose verdicts are those of the instant at which it was last evaluated."""

    rule: str
    stage: str
    version: str
    evaluated_at: datetime
    findings: Findings

    def as_json(self) -> dict[str, object]:
        """Return the line of a rule."""
        return {
            "rule": self.rule,
            "evaluated_at": self.evaluated_at,
            "compared": self.findings.compared,
            "changed_since": self.findings.changed_since,
            "differences": len(self.findings.differences),
        }

    def differences(self) -> Iterator[dict[str, object]]:
        """Give each difference with the rule that it is about."""
        for one in self.findings.differences:
            yield {
                "rule": self.rule,
                "contact": one.record,
                "stored": one.stored,
                "derived": one.derived,
                "evaluated_at": self.evaluated_at,
            }


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit: the rules that it looked at, those that it could not look at and why, and what it took.

    `seconds` are those of reading the columns, and of deriving and comparing the verdicts.
    """

    now: datetime
    seconds: tuple[float, float]
    rules: tuple[AuditedRule, ...]
    not_audited: Mapping[str, str]

    @property
    def compared(self) -> int:
        """How many verdicts were derived again."""
        return sum(one.findings.compared for one in self.rules)

    @property
    def changed_since(self) -> int:
        """How many verdicts were set aside, because their records have changed since."""
        return sum(one.findings.changed_since for one in self.rules)

    def differences(self) -> Iterator[dict[str, object]]:
        """Give every difference, by rule and contact."""
        for one in self.rules:
            yield from one.differences()

    def as_json(self) -> dict[str, object]:
        """Return the document of `audit verdicts --json`."""
        return {
            "now": self.now,
            "seconds": {"read": self.seconds[0], "derive": self.seconds[1]},
            "compared": self.compared,
            "changed_since": self.changed_since,
            "differences": list(self.differences()),
            "rules": [one.as_json() for one in self.rules],
            "not_audited": [{"rule": rule, "reason": why} for rule, why in self.not_audited.items()],
        }
