"""Governing: whole rules are paused, released and retired in somebody's name; for commands, API and console."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.language.rule import Rule, Rulebook
from engine.service import deciding
from engine.service.activation import activated
from engine.service.installation import Installation
from engine.service.naming import ALREADY, NOT_THERE, SET_CHANGED, Declined
from engine.service.recording import ANYBODY, record, record_release
from engine.store import pauses, registry
from engine.store.chain import Act
from engine.store.schema import Store
from engine.vocabulary.problem import nearest_or_all

ANOTHER_SET = "the set has changed since you looked: plan again, then release what is there now"


@dataclass(frozen=True, slots=True)
class Released:
    """A rule that acts again: who had paused it, how many deletions go on or are scheduled, and what still stops it."""

    rule: str
    by: str
    deletions: int
    is_still_limited: bool = False

    def as_json(self) -> dict[str, object]:
        """Return it as the command and the API tell it."""
        counted = "waiting" if self.by == "person" else "scheduled"
        return {"rule": self.rule, "released": self.by, counted: self.deletions}


def named(rulebook: Rulebook, rule_id: str) -> Rule:
    """Return a rule of a rulebook; raises Declined with the likest one where it is not there."""
    rules = rulebook.rules
    if rule_id not in rules:
        raise Declined(NOT_THERE, f"there is no rule `{rule_id}`; {nearest_or_all(rule_id, rules)}")
    return rules[rule_id]


def pause(
    installation: Installation,
    store: Store,
    read: Callable[[], Rulebook],
    rule_id: str,
    word: tuple[str, str],
) -> None:
    """Keep a rule from reaching outside until it is released.

    The rulebook is read only for one that the store does not know: another can be paused while the files are broken.
    The word is why, and who says so. Raises Declined where there is no such rule, or a person has paused it already.
    """
    reason, who = word
    now = installation.clock.now()
    with store.database.writing() as connection:
        known = registry.registered(connection)
        keys = {one.id: one.key for one in known.values() if one.state != registry.RETIRED}
        if rule_id not in keys:
            rulebook = read()
            named(rulebook, rule_id)
            keys = activated(installation, connection, rulebook, now)[1]
        if not pauses.pause(connection, keys[rule_id], reason, now):
            raise Declined(ALREADY, f"`{rule_id}` is paused already")
        act = Act(who or ANYBODY, "rule.paused", rule_id, registry.version_of(connection, keys[rule_id]))
        record(installation, connection, act, now)


def release_pause(installation: Installation, store: Store, rule_id: str, who: str = "") -> Released | None:
    """Release a rule that a person paused, whatever its files say; None where no person paused it."""
    with store.database.writing() as connection:
        released = deciding.release_by_person(connection, rule_id, installation.clock.now())
        if released is None:
            return None
        record_release(installation, connection, (rule_id, ""), {"from": "pause", "waiting": released[0]}, who)
    return Released(rule_id, "person", *released)


def release_limit(
    installation: Installation, store: Store, rulebook: Rulebook, rule_id: str, who: str = "", seen: str = ""
) -> Released:
    """Release a rule that a limit paused, for exactly the deletions that it stopped, which are scheduled.

    `seen` is the digest of those that somebody has looked at, where that is known. Raises Declined where they are
    others by now, where the rule is not there, paused and live, or where somebody else has to say so.
    """
    rule = named(rulebook, rule_id)
    with store.database.writing() as connection:
        deciding.check_release(installation, connection, rule_id, who)
        stopped = registry.registered(connection, [rule_id]).get(rule_id)
        if seen and stopped is not None and stopped.paused not in {None, seen}:
            raise Declined(SET_CHANGED, ANOTHER_SET)
        count = deciding.release_by_limit(installation, connection, rulebook, rule_id, installation.moment())
        if count is not None:
            told: dict[str, str | int] = {"from": "limit", "scheduled": count}
            record_release(installation, connection, (rule_id, rule.version), told, who)
    if count is None:  # only now: what it is paused for from here on has been written
        raise Declined(SET_CHANGED, ANOTHER_SET)
    return Released(rule_id, "limit", count)


def retire(installation: Installation, store: Store, rulebook: Rulebook, rule_id: str, who: str = "") -> None:
    """End a rule that is gone from the rulebook: its cases close, its selection empties, its alerts fall.

    Raises Declined where the rulebook has it, or the store does not know it as one that is gone.
    """
    if rule_id in rulebook.rules:
        place = rulebook.rules[rule_id].place
        remedy = "remove it there first, or set `stage: off`"
        raise Declined(ALREADY, f"`{rule_id}` is in the rulebook ({place}); {remedy}")
    now = installation.clock.now()
    with store.database.writing() as connection:
        registry.orphan_missing(connection, rulebook.rules, now)
        was_retired = registry.retire(connection, rule_id, now)
        known = registry.registered(connection)
        if was_retired:
            act = Act(who or ANYBODY, "rule.retired", rule_id, known[rule_id].version)
            record(installation, connection, act, now)
    if not was_retired:
        raise Declined(NOT_THERE, f"there is no orphaned rule `{rule_id}`; {nearest_or_all(rule_id, known)}")
