"""Telling moves: the CRM is called about who joined or left a selection, and which alert rose or fell.

Of one record in the order in which it happened: a call that fails holds up later ones about this record alone.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from actions.keep_in_selection import KeepInSelection
from engine.crm.event import Event
from engine.crm.webhooks import Endpoint
from engine.service.logs import logger
from engine.service.retrying import FIRST_WAIT, next_attempt
from engine.service.scene import Scene
from engine.store import moves_told, restrictions
from engine.store.database import Connection
from engine.store.moves_told import ALERTS, SELECTIONS, Told
from engine.store.restrictions import FLAG
from engine.vocabulary.calendar import Moment
from engine.vocabulary.outcome import GoneForGood, PermanentFailure, TemporaryFailure

LOG = logger("telling moves")
TOLD, WITHHELD, PARKED = "moves told", "moves withheld", "moves parked"
POSTPONED, DELAYED = "moves postponed", "moves delayed"
RESTING, GONE = "moves resting", "moves gone"  # nothing more goes out in this pass
TYPES = {
    (SELECTIONS, True): "selection.joined",
    (SELECTIONS, False): "selection.left",
    (ALERTS, True): "alert.raised",
    (ALERTS, False): "alert.lowered",
}
HIDES = frozenset({FLAG, "objects_to_marketing"})  # where the rule no longer says whom its selection hides


def type_of(topic: str, *, came: bool) -> str:
    """Return the type of the event that tells of a move."""
    return TYPES[(topic, came)]


def deliver(scene: Scene, moment: Moment) -> Counter[str]:
    """Tell the CRM what is due, until it is to be left alone; return what became of how much."""
    endpoint = scene.outside.crm
    if endpoint is None:
        return Counter()
    with scene.store.database.reading() as connection:
        found = moves_told.due(connection, moment.now)
        is_gone = bool(found) and moves_told.is_gone(connection)
    line = _Line(scene, moment, endpoint)
    if is_gone:
        return Counter({line.disable(): 1})
    done: Counter[str] = Counter()
    for one in found:
        state = RESTING if scene.is_stopping() else line.attempt(one)
        if state == RESTING:  # what was not tried keeps its place
            break
        done[state] += 1
        if state == GONE:
            break
    return done


@dataclass(frozen=True, slots=True)
class _Line:
    """The line to the CRM, for one pass."""

    scene: Scene
    moment: Moment
    endpoint: Endpoint

    def attempt(self, one: Told) -> str:
        """Tell one move, unless nobody is to know of it any more."""
        with self.scene.store.database.reading() as connection:
            contact = self.scene.records.id_of(connection, one.entity, one.record)
            is_hidden = contact is not None and self._is_hidden(connection, one)
            is_left = is_hidden and not moves_told.is_member(connection, one)
        if contact is None or is_left:
            return self._end(one, WITHHELD)
        if is_hidden:  # and about to leave, unless it comes to be seen again before anybody looks
            return self._wait(one)
        try:
            self.scene.outside.tell(self.endpoint, _event(one, contact, self.moment))
        except GoneForGood:
            return self.disable()
        except TemporaryFailure as failure:
            return self._again(one, failure) if failure.was_tried else RESTING
        except PermanentFailure as failure:
            return self._park(one, failure)
        return self._end(one, TOLD)

    def disable(self) -> str:
        """Park all that waits: the CRM takes no more calls."""
        with self.scene.store.database.writing() as connection:
            moves_told.park_all(connection, self.moment.now)
        LOG.warning("the CRM takes no more calls")
        return GONE

    def _is_hidden(self, connection: Connection, one: Told) -> bool:
        """True where somebody joined a selection in which they are not to be seen by now (GDPR Art. 18, 21)."""
        if one.topic != SELECTIONS or not one.came:
            return False
        rule = self.scene.rulebook.rules.get(one.rule)
        calls = [call for _, call in rule.numbered_calls() if isinstance(call, KeepInSelection)] if rule else []
        flags = self.scene.records.set_flags(connection, one.entity, one.record)
        if restrictions.SELECTION in restrictions.permitted(connection, one.entity, one.record):
            flags -= {FLAG}
        return bool(flags & (calls[0].looks_at if calls else HIDES))

    def _wait(self, one: Told) -> str:
        with self.scene.store.database.writing() as connection:
            moves_told.delay(connection, one, self.moment.now + FIRST_WAIT)
        return DELAYED

    def _again(self, one: Told, failure: TemporaryFailure) -> str:
        until = next_attempt(failure, one.attempts, one.key, self.moment.now)
        if until is None:
            return self._park(one, failure)
        with self.scene.store.database.writing() as connection:
            moves_told.postpone(connection, one, str(failure), until)
        LOG.warning("move not told yet", move=one.key, rule=one.rule, reason=str(failure))
        return POSTPONED

    def _park(self, one: Told, failure: TemporaryFailure | PermanentFailure) -> str:
        said = failure.said if isinstance(failure, PermanentFailure) else ""
        with self.scene.store.database.writing() as connection:
            moves_told.park(connection, one, f"{failure}: {said}" if said else str(failure), self.moment.now)
        LOG.warning("move parked", move=one.key, rule=one.rule, reason=str(failure))
        return PARKED

    def _end(self, one: Told, state: str) -> str:
        with self.scene.store.database.writing() as connection:
            moves_told.remove(connection, one)
        LOG.info("move ended", move=one.key, rule=one.rule, state=state)
        return state


def _event(one: Told, contact: str, moment: Moment) -> Event:
    """Return what tells of a move. Its key has the instant in it: a store that was put back counts anew."""
    key = f"move-{one.key}-{one.moved_at.astimezone(UTC):%Y%m%dT%H%M%S}"
    data: dict[str, Any] = {"entity": one.entity, "contact": contact, "rule": one.rule, "at": one.moved_at.isoformat()}
    if one.topic == SELECTIONS:
        data |= {"selection": one.selection, "cursor": one.number}
    else:
        blocks = one.blocks.split(",") if one.blocks else []
        data |= {"alert": one.number, "severity": one.severity, "blocks": blocks}
    return Event(key, type_of(one.topic, came=one.came), data, moment.now)
