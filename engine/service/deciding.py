"""Deciding: what people decide about deletions, and about a rule that is paused; for commands and rule tests alike."""

from datetime import datetime

from engine.language.rule import Rulebook
from engine.service import effects
from engine.service.activation import LIVE, in_effect
from engine.service.installation import Installation
from engine.store import deletions, pauses, registry
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.vocabulary.calendar import Moment

NOT_THERE, ILLEGAL_MOVE, NOT_LIVE, SET_CHANGED = "NOT_THERE", "ILLEGAL_MOVE", "NOT_LIVE", "SET_CHANGED"


class NotDecided(Exception):
    """A decision that does not fit how things stand; `code` says in a word why, its text what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def approve(connection: Connection, one: Deletion, now: datetime) -> None:
    """Let a held deletion go on: what held it is overridden for it. Raises NotDecided where it is not held."""
    if one.state != "held":
        raise NotDecided(ILLEGAL_MOVE, f"deletion {one.key} is {one.state}; only held ones can be approved")
    deletions.move(connection, one, "due", reason=None, released_at=now)


def keep(connection: Connection, one: Deletion, now: datetime) -> None:
    """Cancel a deletion because a person wants to keep the record. Raises NotDecided where it is ordered already."""
    if deletions.cancel(connection, deletions.is_one(one.key), "KEPT_BY_PERSON", now) != 1:
        raise NotDecided(ILLEGAL_MOVE, f"deletion {one.key} is {one.state} and cannot be cancelled any more")


def release_by_person(connection: Connection, rule_id: str, now: datetime) -> tuple[int, bool] | None:
    """Release a rule that a person paused, whatever its files say; None where no person paused it.

    Returns how many deletions were waiting, and whether a limit still keeps the rule from scheduling.
    """
    stored = registry.registered(connection).get(rule_id)
    if stored is None or stored.paused_at is None:
        return None
    return pauses.release(connection, stored.key, now), bool(stored.paused)


def release_by_limit(
    installation: Installation, connection: Connection, rulebook: Rulebook, rule_id: str, moment: Moment
) -> int | None:
    """Release a rule of the rulebook that a limit paused, for exactly the deletions that it stopped; return how many.

    None where they are others by now: the rule stays paused for the set as it is now, which is to be committed. Raises
    NotDecided where the rule is not paused, or not live.
    """
    everything = registry.registered(connection)
    stored = everything.get(rule_id)
    if stored is None or stored.paused is None:
        raise NotDecided(NOT_THERE, f"`{rule_id}` is not paused")
    if in_effect(installation, rulebook, everything).rules[rule_id].stage != LIVE:
        raise NotDecided(NOT_LIVE, f"`{rule_id}` is not live, so nothing can be scheduled; it stays paused")
    return effects.release(connection, rulebook.rules[rule_id], stored.key, moment, stored.paused)
