"""Effects of a run: for cases that opened, intents are written and deletions scheduled, or a limit stops them all."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from actions.schedule_deletion import ScheduleDeletion
from engine.language.rule import CLOSING, LATE, Limit, Rule
from engine.service.logs import logger
from engine.store import deadlines, deletions, intents, ledger, registry
from engine.store.database import Condition, Connection
from engine.store.intents import Planned
from engine.store.schema import Store
from engine.store.turn import Turn
from engine.vocabulary.calendar import Moment
from engine.vocabulary.effect import Effect

LOG = logger("effects")
WARNING, CONFIRMATION, REMINDER = "warn", "confirm", "reminder"


@dataclass(frozen=True, slots=True)
class Tripped:
    """A limit that stopped the deletions of a run, all of them."""

    rule: str
    count: int
    limit: Limit
    digest: str

    @property
    def sentence(self) -> str:
        """What happened and what to do."""
        share = f" or {self.limit.percent} %" if self.limit.percent is not None else ""
        found = f"LIMIT: {self.count} deletions in 24 hours are more than {self.limit.contacts}{share}"
        return f"{found}; none was scheduled and the rule is paused: look, then `ansgar rules release {self.rule}`"


def plan_effects(turn: Turn, store: Store, rule: Rule, moment: Moment) -> Tripped | None:
    """Write what a live rule's actions intend for its cases; return the limit that tripped, if one did."""
    connection, key = turn.connection, turn.key
    tripped = None
    if rule.deletes:
        deletions.cancel_closed(turn)
        deletions.cancel_other_versions(connection, key, rule.version, moment.now)
    for index, call in enumerate(rule.calls):
        if isinstance(call, ScheduleDeletion):
            tripped = _schedule(turn, store, rule, index, moment)
        elif call.effect is Effect.REMOTE:
            planned = Planned(key, index, "", inputs_as_json(rule.inputs), turn.run)
            _note(turn, planned, _plan(turn, rule, planned, moment))
    return tripped


def plan_closing(turn: Turn, rule: Rule, closing: Condition) -> None:
    """Write what a live rule intends for the cases that are about to close because it is no longer true."""
    for index, _ in enumerate(rule.closing if rule.stage == "live" else ()):
        planned = Planned(turn.key, index, CLOSING, inputs_as_json(rule.inputs), turn.run)
        _note(turn, planned, intents.plan_once_per_case(turn.connection, planned, closing, turn.now))


def plan_late(turn: Turn, rule: Rule) -> None:
    """Write what a live rule intends for cases whose deadline is near or over."""
    if rule.deadline is None:
        return
    if rule.deadline.remind_before is not None:
        planned, at_risk = Planned(turn.key, 0, REMINDER, run=turn.run), deadlines.are_at_risk(turn)
        _note(turn, planned, intents.plan_once_per_case(turn.connection, planned, at_risk, turn.now))
    for index, call in enumerate(rule.deadline.if_late):
        if call.effect is Effect.REMOTE:
            planned, late = (
                Planned(turn.key, index, LATE, inputs_as_json(rule.inputs), turn.run),
                deadlines.are_late(turn),
            )
            _note(turn, planned, intents.plan_once_per_case(turn.connection, planned, late, turn.now))


def _note(turn: Turn, planned: Planned, count: int) -> None:
    turn.planned[(planned.part, planned.call)] += count


def _plan(turn: Turn, rule: Rule, planned: Planned, moment: Moment) -> int:
    """Write the intents of a call as often as the rule repeats it; return how many."""
    connection, repeat, now = turn.connection, rule.repeat, moment.now
    is_open = intents.are_open(planned.rule)
    match repeat.kind:
        case "case":
            return intents.plan_once_per_case(connection, planned, intents.opened_at(turn), now)
        case "contact":
            return intents.plan_once_per_record(connection, planned, "", intents.opened_at(turn), now)
        case "need":
            return intents.plan_once_per_record(connection, planned, rule.inputs[repeat.need], is_open, now)
        case "every" if repeat.every is not None:
            return intents.plan_again(connection, planned, repeat.every.older_before(moment), is_open, now)
    return 0


def inputs_as_json(inputs: Mapping[str, str] | None) -> str | None:
    """Return inputs as they are kept beside what was done with them."""
    return json.dumps(dict(inputs), ensure_ascii=False, sort_keys=True) if inputs else None


def release(connection: Connection, rule: Rule, key: int, moment: Moment, digest: str) -> int | None:
    """Schedule the deletions that a limit stopped, if they are still exactly those; return how many.

    None where they are others by now: then the rule stays paused for the set as it is now, so that whoever has looked
    again releases that one.
    """
    chosen = deletions.all_candidates(key)
    count, present = deletions.set_digest(connection, chosen)
    if present != digest:
        registry.pause(connection, key, present)
        return None
    for index, call in enumerate(rule.calls):
        if isinstance(call, ScheduleDeletion):
            _write(connection, key, _asked(rule, index, call), call, chosen, moment)
    registry.resume(connection, key)
    return count


def _schedule(turn: Turn, store: Store, rule: Rule, index: int, moment: Moment) -> Tripped | None:
    connection, key = turn.connection, turn.key
    paused = registry.paused_for(connection, key)
    call, limit = rule.calls[index], rule.limit
    if limit is None or not isinstance(call, ScheduleDeletion):
        raise AssertionError("a rule that deletes without a limit does not load")
    chosen = deletions.candidates(turn) if paused is None else deletions.all_candidates(key)
    count, digest = deletions.set_digest(connection, chosen)
    population = store.tables.population(connection, rule.entity)
    lately = deletions.scheduled_lately(connection, key, moment.now)
    if paused is not None or (count and limit.is_passed(count + lately, population)):
        if paused is None:
            registry.pause(connection, key, digest)
            LOG.error("limit tripped, rule paused", rule=rule.id, count=count + lately, limit=limit.contacts)
        return Tripped(rule.id, count + lately, limit, paused or digest)
    asked = _asked(rule, index, call, turn.run)
    turn.planned.update(_write(connection, key, asked, call, chosen, moment))
    return None


def _write(
    connection: Connection,
    key: int,
    asked: deletions.Asked,
    call: ScheduleDeletion,
    chosen: deletions.Chosen,
    moment: Moment,
) -> Counter[tuple[str, int]]:
    """Schedule deletions, and write what announces them; return how many of each, by part and call."""
    due = call.grace.after(moment.now, moment)
    written = deletions.schedule(connection, key, asked, chosen, (moment.now, due))
    rows = [
        {
            "rule": key,
            "record": row.record,
            "case": row.case,
            "call": asked.call,
            "part": f"{WARNING}-{number}",
            "deletion": row.key,
            "not_before": warning.at(moment.now, due, moment),
            "created_at": moment.now,
            "run": asked.run,
        }
        for row in written
        for number, warning in enumerate(call.warn)
    ]
    intents.add(connection, rows)
    announced = Counter((str(row["part"]), asked.call) for row in rows)
    return announced + Counter({(ledger.DELETES, asked.call): len(written)})


def _asked(rule: Rule, index: int, call: ScheduleDeletion, run: int | None = None) -> deletions.Asked:
    return deletions.Asked(index, rule.version, call.how, call.limited_to, run)
