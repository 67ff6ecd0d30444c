"""Dispatch: due intents are handed to their actions; failures wait longer each time, and are parked in the end."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from actions.messaging import LEGAL_DUTY, GatheredAction, Telling, send
from actions.schedule_deletion import ScheduleDeletion
from actions.sending import PacedAction, RemoteAction, Sending
from engine.service import digests
from engine.service.effects import CONFIRMATION, WARNING
from engine.service.logs import logger
from engine.service.preparing import Prepared, mark_warned, prepared, verb_of
from engine.service.queueing import waits_until
from engine.service.retrying import next_attempt
from engine.service.scene import Scene
from engine.store import intents, pauses
from engine.store.deletions import Deletion
from engine.store.intents import Intent
from engine.vocabulary.calendar import Moment
from engine.vocabulary.outcome import Outcome, PermanentFailure, TemporaryFailure
from engine.vocabulary.pace import Pace

LOG = logger("dispatch")
POSTPONED, DELAYED, GATHERED = "postponed", "delayed", "gathered"

Lane = tuple[int, int, str]  # a call of a rule, to which a pace applies


def dispatch(scene: Scene, moment: Moment) -> Counter[str]:
    """Carry out the intents that are due; return how many ended in which state, or wait on."""
    with scene.store.database.reading() as connection:
        found = intents.due(connection, moment.now)
    current = _Pass(scene, moment)
    states = Counter(current.take(intent) for intent in found if not scene.is_stopping())
    current.write_waits()
    return states + digests.send_due(scene, moment)


@dataclass(slots=True)
class _Pass:
    """One pass over the due intents, and what it learns on the way: whose pace is used up, and who has to wait."""

    scene: Scene
    moment: Moment
    room: dict[Lane, int] = field(default_factory=dict)
    full: set[Lane] = field(default_factory=set)
    untried: dict[datetime, list[int]] = field(default_factory=lambda: defaultdict(list))
    gathered: list[int] = field(default_factory=list)

    def take(self, intent: Intent) -> str:
        """Look at one intent, and tell what came of an attempt."""
        state = self.look_at(intent)
        if state not in {DELAYED, GATHERED}:
            self.scene.observer.effect_came_to(verb_of(self.scene, intent), state)
        return state

    def look_at(self, intent: Intent) -> str:
        """Attempt one intent, unless it has to wait. One contact's failure never stops others."""
        if self._is_paused(intent):
            return DELAYED
        found = prepared(self.scene, intent, self.moment)
        if isinstance(found, Outcome):
            return self._end(intent, found)
        if isinstance(found.call, GatheredAction) and found.call.is_gathered:
            self.gathered.append(intent.key)
            return GATHERED
        if (until := self._waits_until(intent)) is not None:
            self.untried[until].append(intent.key)
            return DELAYED
        pace = found.call.pace if isinstance(found.call, PacedAction) else None
        if pace is not None and not self._has_room(intent, pace):
            return DELAYED
        state = self._attempt(intent, found)
        if pace is not None and state == intents.DONE:
            self.room[_lane(intent)] -= 1
        return state

    def write_waits(self) -> None:
        """Write until when those wait that were not attempted."""
        if not self.untried and not self.gathered:
            return
        with self.scene.store.database.writing() as connection:
            for until, keys in self.untried.items():
                intents.delay(connection, keys, until)
            if self.gathered:
                intents.gather(connection, self.gathered, digests.next_digest(self.scene, self.moment))

    def _is_paused(self, intent: Intent) -> bool:
        """True where a person has paused the rule since the pass began."""
        with self.scene.store.database.reading() as connection:
            return pauses.is_paused(connection, intent.rule)

    def _waits_until(self, intent: Intent) -> datetime | None:
        """Return until when an intent waits for what is to reach the same receiver before it."""
        with self.scene.store.database.reading() as connection:
            return waits_until(self.scene, connection, intent)

    def _has_room(self, intent: Intent, pace: Pace) -> bool:
        """True while the pace of a call is not used up; else all that wait for it wait until it allows the next."""
        lane, now, database = _lane(intent), self.moment.now, self.scene.store.database
        if lane not in self.room:
            with database.reading() as connection:
                self.room[lane] = pace.count - intents.done_since(connection, intent, now - pace.span)
        if self.room[lane] > 0:
            return True
        if lane not in self.full:
            self.full.add(lane)
            with database.writing() as connection:
                oldest = intents.nth_newest_done(connection, intent, pace.count)
                intents.delay_call(connection, intent, (oldest or now) + pace.span)
        return False

    def _attempt(self, intent: Intent, found: Prepared) -> str:
        try:
            return self._end(intent, _carried_out(found, intent.part), found.sending)
        except TemporaryFailure as failure:
            return self._again(intent, found.sending, failure)
        except PermanentFailure as failure:
            return self._park(intent, found.sending, failure)

    def _again(self, intent: Intent, sending: Sending, failure: TemporaryFailure) -> str:
        """Note when a failed intent is attempted again; one that was not even tried keeps its attempts."""
        now = self.moment.now
        if not failure.was_tried:
            self.untried[now + (failure.after or timedelta())].append(intent.key)
            return DELAYED
        until = next_attempt(failure, intent.attempts, intent.key, now)
        if until is None:
            return self._park(intent, sending, failure)
        with self.scene.store.database.writing() as connection:
            intents.postpone(connection, intent, str(failure), sending.reached, until)
        LOG.warning("effect postponed", intent=intent.key, rule=intent.rule, reason=str(failure))
        return POSTPONED

    def _park(self, intent: Intent, sending: Sending, failure: TemporaryFailure | PermanentFailure) -> str:
        said = failure.said if isinstance(failure, PermanentFailure) else ""
        reason = f"{failure}: {said}" if said else str(failure)
        with self.scene.store.database.writing() as connection:
            intents.settle(connection, intent, (intents.PARKED, reason), sending.reached, self.moment.now)
        LOG.warning("effect parked", intent=intent.key, rule=intent.rule, reason=str(failure))
        return intents.PARKED

    def _end(self, intent: Intent, outcome: Outcome, sending: Sending | None = None) -> str:
        with self.scene.store.database.writing() as connection:
            reached = sending.reached if sending else ()
            intents.settle(connection, intent, (outcome.state, outcome.reason), reached, self.moment.now)
            if intent.part.startswith(WARNING) and outcome.state == intents.DONE:
                mark_warned(self.scene, connection, intent.deletion, self.moment.now)
        LOG.info("effect ended", intent=intent.key, rule=intent.rule, state=outcome.state, reason=outcome.reason)
        return outcome.state


def _lane(intent: Intent) -> Lane:
    return intent.rule_key, intent.call, intent.part


def _carried_out(found: Prepared, part: str) -> Outcome:
    """Do what was prepared; raises TemporaryFailure or PermanentFailure."""
    if isinstance(found.call, ScheduleDeletion) and found.deletion is not None:
        return _about_deletion(found.sending, found.call, part, found.deletion)
    return found.call.perform(found.sending) if isinstance(found.call, RemoteAction) else _changed()


def _about_deletion(sending: Sending, call: ScheduleDeletion, part: str, deletion: Deletion) -> Outcome:
    if part == CONFIRMATION:
        return send(sending, Telling(call.confirm.to, call.confirm.using, LEGAL_DUTY)) if call.confirm else _changed()
    number = int(part.removeprefix(f"{WARNING}-"))
    if number >= len(call.warn):
        return _changed()
    warning = call.warn[number]
    return send(sending, Telling(warning.to, warning.using, LEGAL_DUTY, due=deletion.due_at))


def _changed() -> Outcome:
    return Outcome("withheld", "RULE_CHANGED")
