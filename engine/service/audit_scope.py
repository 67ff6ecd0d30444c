"""What an audit can look at: the rules whose stored verdicts follow from what is stored and from one instant."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.language.rule import Rule
from engine.store.registry import Registered

MOVED = "has moved since this rule was last evaluated"


@dataclass(frozen=True, slots=True)
class AuditScope:
    """The rules of a rulebook, as the store knows them; `pruned_to` is up to where the change log was removed.

    `moves` tells by key in which run verdicts of a rule that others read moved last.
    """

    rules: Mapping[str, Rule]
    known: Mapping[str, Registered]
    pruned_to: int
    moves: Mapping[int, int]

    def not_audited(self) -> dict[str, str]:
        """Return every rule whose verdicts cannot be derived again, with the reason."""
        found = {rule.id: why for rule in self.rules.values() if (why := self._why_not(rule))}
        for one in self.known.values():
            if one.id not in self.rules and one.evaluated_version is not None:
                found[one.id] = "it is not in the rulebook any more"
        return found

    def _why_not(self, rule: Rule) -> str:
        stored = self.known.get(rule.id)
        if rule.stage == "off":
            return "it is off"
        if rule.needs:
            return "it is asked for with inputs, which are not kept"
        if pattern := self._waiting_for_events(rule):
            of = "it" if pattern == rule.id else f"{pattern}, which it reads,"
            return f"{of} waits for events"
        if stored is None or stored.evaluated_version is None or stored.evaluated_at is None:
            return "it was not evaluated yet"
        if stored.evaluated_version != rule.version:
            return "the rule has changed since it was last evaluated"
        if stored.evaluated_run is None or stored.seen is None:
            return "its cases begin anew with the next run"
        if stored.seen < self.pruned_to:
            return "the change log does not reach back to its last evaluation"
        return self._moved_source(rule, stored.evaluated_run)

    def _waiting_for_events(self, rule: Rule) -> str:
        """Return the rule, itself or behind it, that events can have made true meanwhile; nothing where none is."""
        if rule.check.pattern is not None:
            return rule.id
        behind = (self._waiting_for_events(self.rules[one]) for one in sorted(rule.sources) if one in self.rules)
        return next(filter(None, behind), "")

    def _moved_source(self, rule: Rule, run: int) -> str:
        for source in sorted(rule.sources):
            its = self.known.get(source)
            if its is None or max(its.moved_run or 0, self.moves.get(its.key, 0)) > run:
                return f"{source}, which it reads, {MOVED}"
        return ""
