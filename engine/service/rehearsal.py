"""A rehearsal: one rule live for one record, in which things happen and time passes as in the running service."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.language.expectations import CASE, INVALID, VERDICT
from engine.language.given_text import Given
from engine.language.reads import counts
from engine.language.rule import Rule
from engine.language.rule_steps import RECORD_ID, ReportedEvent, Step
from engine.model.facts import Facts
from engine.model.snapshot import Refused
from engine.service.acting import carry_out
from engine.service.activation import activated
from engine.service.events import read_events, take_one
from engine.service.intervening import Intervention
from engine.service.naming import ILLEGAL_MOVE, Declined
from engine.service.passing import Agenda, Due, later
from engine.service.returning import IN_BIN, reason_of, refused, unless_erased
from engine.service.runner import RunReport, Wanted, run
from engine.service.scene import Scene
from engine.service.tick import look_at_all
from engine.store import cases, erasure, occurrences, registry, rehearsal
from engine.store.cases import Stored
from engine.store.database import Connection
from engine.store.deletions import IllegalMove
from engine.store.intake import Intake
from engine.store.rehearsal import Effect
from engine.vocabulary.calendar import Moment
from engine.vocabulary.clock import MovingClock
from engine.vocabulary.duration import Duration
from engine.vocabulary.truth import Truth

MOST_INSTANTS = 50_000
EVALUATED = frozenset({VERDICT, CASE})  # what a run alone tells


class TooLong(Exception):
    """A clock was moved so far that more falls due on the way than anybody waits for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the CRM or a webhook was asked for or told: by its name, with the type and data of the event."""

    receiver: str
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was not done in a step: a change, an event or a decision; why, in a word and in a sentence."""

    what: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What there is of the record of a test: its key and facts, None once it is gone, and its case by the rule."""

    key: int | None
    facts: Facts | None
    case: Stored | None


@dataclass(slots=True)
class Rehearsal:
    """One rule, those that it reads, and the one record of a test.

    `fresh` are the effects of the present step, `asked` is what others were asked for in it, and `refusal` what was
    refused in it. It is stopped while its rule's limit has tripped.
    """

    scene: Scene
    rule: Rule
    clock: MovingClock
    broken_feeds: frozenset[str]
    asked: list[Asked]
    fresh: list[Effect] = field(default_factory=list)
    was_open: bool = False
    is_stopped: bool = False
    refusal: Refusal | None = None
    _known: set[int] = field(default_factory=set)
    _evaluated: dict[str, Truth] = field(default_factory=dict)
    _left_out: dict[str, datetime] = field(default_factory=dict)

    @property
    def moment(self) -> Moment:
        """The present moment of the rehearsal."""
        return self.scene.installation.moment()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rule and those that it reads, sources first."""
        return tuple(self.scene.rulebook.rules.values())

    def sight(self) -> Sight:
        """Return the record as it is now, with its case."""
        records, entity = self.scene.records, self.rule.entity
        with self.scene.store.database.reading() as connection:
            key = records.key_of(connection, entity, RECORD_ID)
            if key is None:
                return Sight(None, None, None)
            case = cases.stored(connection, self.rule.id, key)
            return Sight(key, records.facts(connection, entity, key), case)

    def facts(self) -> Facts | None:
        """Return the record as it is now; None once it is gone."""
        return self.sight().facts

    def begin(self, given: tuple[Given, ...]) -> None:
        """Take in what is given: nobody has been erased yet who could come back."""
        with self.scene.store.database.writing() as connection:
            self._take_in(connection, given)

    def take(self, given: tuple[Given, ...]) -> None:
        """Take in records: fields that are named are replaced, items join those that are held.

        Raises Refused where the record was erased, or lies in the recycle bin.
        """
        tombstones = self.scene.tombstones
        erased = tombstones.all()
        with self.scene.store.database.writing() as connection:
            for one in given:
                snapshot = unless_erased(tombstones, one.entity, one.snapshot, erased)
                if snapshot.id in erasure.ids_in_bin(connection, one.entity):
                    raise refused(IN_BIN)
            self._take_in(connection, given)

    def _take_in(self, connection: Connection, given: tuple[Given, ...]) -> None:
        store = self.scene.store
        for one in given:
            intake = Intake(store.tables, store.tables.model.entity(one.entity), store.zone, upserts=True)
            intake.take(connection, [one.snapshot], self.clock.now())

    def evaluate(self) -> RunReport:
        """Evaluate, as a run does; nothing is carried out."""
        report = run(
            self.scene.installation,
            self.scene.store,
            self.scene.rulebook,
            self.moment,
            Wanted(is_full=True),
            trigger="test",
        )
        self.is_stopped = any(one.is_stopped for one in report.rules if one.rule == self.rule.id)
        return report

    def perform(self, step: Step, number: int) -> RunReport:
        """Do what a step says, and look as `ansgar run` does; what is refused in it is noted in `refusal`."""
        self.fresh.clear()
        self.asked.clear()
        self.refusal = None
        if step.move_clock is not None:
            self._pass(step.move_clock, is_first=number == 1)
        elif number == 1 and step.change:
            self._activate()
        self._do(step, number)
        self._follow()
        report = self.evaluate()
        carry_out(self.scene, self.moment, self._note)
        return report

    def _do(self, step: Step, number: int) -> None:
        """Let come in and be decided what a step says, up to what is refused."""
        what = "change"
        try:
            if step.change:
                self.take(step.change)
            what = "event"
            if step.event is not None:
                self._report(step.event, f"event-{number}")
            what = "decision"
            Intervention(self.scene, self.rule, self.moment).make(step)
        except Refused as error:
            self.refusal = Refusal(what, reason_of(error) or INVALID, f"refused: {error}")
        except Declined as error:
            self.refusal = Refusal(what, error.code, f"refused: {error}")
        except IllegalMove as error:
            self.refusal = Refusal(what, ILLEGAL_MOVE, f"refused: {error}")

    def remember(self, events: Iterable[ReportedEvent]) -> None:
        """Take what was reported before the first step; raises Refused for what is not taken."""
        for number, event in enumerate(events, 1):
            self._report(event, f"event-before-{number}")

    def _report(self, event: ReportedEvent, its_id: str) -> None:
        """Take an event; its type is written as patterns write it, without `crm.`, or as the CRM does."""
        kind = f"crm.{str(event['type']).removeprefix('crm.')}"
        head = {"specversion": "1.0", "source": "rehearsal", "id": its_id, "subject": RECORD_ID}
        for one in read_events({**head, **event, "type": kind}):
            take_one(self.scene, one, self.moment)

    def _activate(self) -> None:
        """Let the rules hold before anything changes: changes that they wait for are noted only from then on."""
        with self.scene.store.database.writing() as connection:
            activated(self.scene.installation, connection, self.scene.rulebook, self.moment.now)

    def _pass(self, by: Duration, *, is_first: bool) -> None:
        """Let time pass: the service looks whenever it may have something to do."""
        until = later(self.moment, by)
        if is_first:  # what is given has only just arrived
            self._live()
        self._evaluated.clear()
        agenda, facts, stored = Agenda(self.rules), self.facts(), self._stored()
        for _ in range(MOST_INSTANTS):
            due = agenda.next_due(stored, self.moment)
            self.clock.instant = min(due.at, until)
            if due.at >= until:
                return
            if self._is_idle(due, facts):
                self._left_out |= dict.fromkeys(due.scheduled, due.at)
                continue
            self._live()
            facts, stored = self.facts(), self._stored()
            self._mark(due, facts)
        raise TooLong(f"more than {MOST_INSTANTS:,} instants until {until:%Y-%m-%d}")

    def _live(self) -> None:
        self._follow()
        carry_out(self.scene, self.moment, self._note)

    def _follow(self) -> None:
        """Let the service look at all that a tick looks at."""
        self._keep_feeds_alive()
        self._write_left_out()
        look_at_all(self.scene, self.moment)

    def _up(self, due: Due) -> list[Rule]:
        """Return the rules that are evaluated when something is due."""
        return [rule for rule in self.rules if rule.check.always or rule.id in due.scheduled]

    def _is_idle(self, due: Due, facts: Facts | None) -> bool:
        """True when a look would find nothing new: what it evaluates is as true as it was, and nothing else is due."""
        if due.is_stored or facts is None:
            return not due.is_stored
        truths = ((self._evaluated.get(rule.id), rule.criteria.truth(facts, self.moment)) for rule in self._up(due))
        return all(before is now for before, now in truths)

    def _mark(self, due: Due, facts: Facts | None) -> None:
        """Note what was evaluated, for as long as nothing else than time can make a difference."""
        with self.scene.store.database.reading() as connection:
            is_stopped = rehearsal.has_stopped_deletion(connection)
        if due.is_stored or is_stopped or facts is None:
            self._evaluated.clear()
        else:
            self._evaluated |= {rule.id: rule.criteria.truth(facts, self.moment) for rule in self._up(due)}

    def _write_left_out(self) -> None:
        """Write the newest occurrence that was left out of each rule, so that it does not count as missed."""
        if self._left_out:
            with self.scene.store.database.writing() as connection:
                known = registry.registered(connection)
                for rule, at in self._left_out.items():
                    occurrences.claim(connection, known[rule].key, at, occurrences.DONE)
            self._left_out.clear()

    def _stored(self) -> frozenset[datetime]:
        store = self.scene.store
        with store.database.reading() as connection:
            return rehearsal.known_instants(connection, store.tables)

    def _keep_feeds_alive(self) -> None:
        deleting = [rule for rule in self.rules if rule.deletes]
        feeds = {(rule.entity, name) for rule in deleting for name in counts(rule.predicate) - self.broken_feeds}
        if feeds:
            with self.scene.store.database.writing() as connection:
                for entity, collection in feeds:
                    rehearsal.keep_alive(connection, self.scene.store.tables, entity, collection, self.clock.now())

    def _note(self) -> None:
        """Note what was said and withheld, before an erasure forgets it, and whether a case is open."""
        with self.scene.store.database.reading() as connection:
            ended = [one for one in rehearsal.effects(connection) if one.key not in self._known]
            self.was_open |= rehearsal.has_open_case(connection, self.rule.id)
        self._known |= {one.key for one in ended}
        self.fresh += ended
