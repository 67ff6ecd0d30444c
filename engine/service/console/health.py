"""Health of rules: whether each is live, only watches, is paused, fails, or was not looked at in time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.language.rule import Rule
from engine.service.activation import awaiting_promotion, in_effect
from engine.service.naming import NOT_THERE, Declined
from engine.service.scene import Scene
from engine.store import occurrences, overview, registry
from engine.store.database import Connection
from engine.store.registry import Registered
from engine.vocabulary.problem import nearest_or_all

PATIENCE = timedelta(hours=1)  # after which a rule that is to be true at all times, or whose time has come, is stale
LOOKS_BACK = timedelta(days=1)  # for runs in which a rule failed
ORDER = ("failing", "stale", "paused", "live", "watch", "off", "gone")


@dataclass(frozen=True, slots=True)
class RuleHealth:
    """How a rule is: the rule, what is stored of it, a word for its health, and the reason where it has one."""

    id: str
    rule: Rule | None
    stored: Registered | None
    health: str
    reason: str = ""
    waits_for_promotion: bool = False

    @property
    def matched(self) -> int | None:
        """How many records it matches, as of the last move; None where it was never evaluated or is off."""
        return self.stored.matched if self.stored and self.stored.evaluated_version else None

    @property
    def undecided(self) -> int | None:
        """Of how many it cannot tell."""
        return self.stored.undecided if self.stored and self.stored.evaluated_version else None


def health_of(scene: Scene, connection: Connection, rule_id: str, now: datetime) -> RuleHealth:
    """Return how a rule is; raises Declined with the likest one where there is none."""
    found = {one.id: one for one in health_of_rules(scene, connection, now)}
    if rule_id not in found:
        raise Declined(NOT_THERE, f"there is no rule `{rule_id}`; {nearest_or_all(rule_id, found)}")
    return found[rule_id]


def health_of_rules(scene: Scene, connection: Connection, now: datetime) -> list[RuleHealth]:
    """Return how every rule is that is in force or was: what needs somebody first, then by id."""
    known = registry.registered(connection)
    active = in_effect(scene.installation, scene.rulebook, known).rules
    waiting = awaiting_promotion(scene.installation, scene.rulebook, known)
    failing = overview.failing(connection, now - LOOKS_BACK)
    overdue = {key for key, due in occurrences.unfinished(connection) if now - due > PATIENCE}
    found = []
    for name in {*active, *(one.id for one in known.values() if one.state != registry.RETIRED)}:
        rule, stored = active.get(name), known.get(name)
        word, reason = _health(rule, stored, failing.get(name, ""), overdue, now)
        found.append(RuleHealth(name, rule, stored, word, reason, name in waiting))
    return sorted(found, key=lambda one: (ORDER.index(one.health), one.id))


def _health(
    rule: Rule | None, stored: Registered | None, failure: str, overdue: Collection[int], now: datetime
) -> tuple[str, str]:
    if rule is None:
        return "gone", ""
    if rule.stage == "off":
        return "off", ""
    if stored is not None and (stored.paused or stored.paused_at):
        return "paused", stored.pause_reason or ""
    if failure:
        return "failing", failure
    seen = stored.evaluated_at if stored is not None else None
    is_late = rule.check.always and (seen is None or now - seen > PATIENCE)
    if is_late or (stored is not None and stored.key in overdue):
        return "stale", ""
    return rule.stage, ""
