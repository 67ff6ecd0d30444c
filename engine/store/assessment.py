"""Assessment: the verdict of every record for a rule, set-based, and how it differs from the stored cases."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from engine.language.rule import Rule
from engine.store import scratch
from engine.store.lowering import Lowering
from engine.store.outcome import (
    CANDIDATE,
    MATCHES,
    NEITHER,
    OUTCOME,
    UNDECIDED,
    WAITING,
    assessed_state,
    differing,
    stored_state,
)
from engine.store.prepared import Prepared
from engine.store.records import RecordTables
from engine.store.rows import insert_rows
from engine.store.tables import CASES
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth


@dataclass(slots=True)
class Assessment:
    """One evaluation of several rules at one moment. Slots number the rules of this evaluation: by their keys."""

    connection: Connection
    tables: RecordTables
    moment: Moment
    _slots: dict[str, int] = field(default_factory=dict)
    _keys: dict[str, int] = field(default_factory=dict)
    _partial: set[str] = field(default_factory=set)

    def begin(self, evaluated_keys: dict[str, int]) -> None:
        """Empty the temporary tables; `evaluated_keys` are the keys of rules whose stored cases can be read."""
        for table in (OUTCOME, CANDIDATE):
            scratch.begin(self.connection, table)
        self._keys = evaluated_keys

    def end(self) -> None:
        """Empty the temporary tables."""
        for table in (OUTCOME, CANDIDATE):
            scratch.end(self.connection, table)

    def assess(
        self, rule: Rule, key: int | None = None, only: int | None = None, among: Select[Any] | None = None
    ) -> int:
        """Write the verdicts of a rule, those that are false left out; return its slot.

        `key` is the rule's, where it has stored cases; `only` the one record in question. With `among`, a selection of
        keys, all verdicts of just those are written, and the others stay as they are.
        """
        slot = self._slot(key)
        if among is not None:
            self._partial.add(rule.id)
        prepared = self._verdicts(rule, key, among, is_one=only is not None)
        one = {"only_record": only} if only is not None else {}
        bound = prepared.bound(self.connection, self.moment, {"in_slot": slot, **one})
        self.connection.execute(prepared.statement, bound)
        self._slots[rule.id] = slot
        self._let_wait(rule, key)
        return slot

    def _slot(self, key: int | None) -> int:
        """Return the number of a rule in this evaluation; one without a key has one below all keys."""
        return key if key is not None else -1 - len(self._slots)

    def _verdicts(self, rule: Rule, key: int | None, among: Select[Any] | None, *, is_one: bool) -> Prepared:
        """Return the statement that writes a rule's verdicts, lowered once for as long as the store is open."""
        if among is not None and among is not self.candidates(key or 0):
            return self._lowered(rule, among, is_one=is_one)
        sources = tuple(
            (one, self._slots.get(one), one in self._partial, self._keys.get(one)) for one in sorted(rule.sources)
        )
        form = ("verdicts", is_one, str(self.moment.zone), among, *sources)
        return self.tables.shelf.get((rule.predicate,), form, lambda: self._lowered(rule, among, is_one=is_one))

    def _lowered(self, rule: Rule, among: Select[Any] | None, *, is_one: bool) -> Prepared:
        table = self.tables.records[rule.entity]
        one = (table.c.key == bindparam("only_record", type_=BigInteger()),) if is_one else ()
        considered = (*one, table.c.key.in_(among)) if among is not None else one
        lowering = Lowering(self.tables, rule.entity, table, str(self.moment.zone), self, considered)
        predicate = lowering.predicate(rule.predicate)
        state = func.coalesce(case({True: MATCHES, False: 0}, value=predicate), UNDECIDED)
        # The offset keeps the database from evaluating the predicate twice, once for the filter and once for the state.
        verdicts = select(table.c.key.label("key"), state.label("state")).select_from(lowering.rows)
        judged = verdicts.where(*considered).offset(0).subquery()
        chosen = select(bindparam("in_slot", type_=Integer()), judged.c.key, judged.c.state)
        if among is None:
            chosen = chosen.where(judged.c.state != NEITHER)
        statement = insert(OUTCOME).from_select(["slot", "record", "state"], chosen)
        return Prepared(statement, lowering.thresholds, lowering.patterns)

    def judge(self, judged: Iterable[tuple[Rule, int, Mapping[int, Truth]]]) -> None:
        """Take the verdicts of single records for rules, each with its key; what was not judged stays as it is."""
        states = {Truth.TRUE: MATCHES, Truth.UNKNOWN: UNDECIDED, Truth.FALSE: NEITHER}
        taken = list(judged)
        rows = [
            {"slot": key, "record": record, "state": states[truth]}
            for _, key, verdicts in taken
            for record, truth in verdicts.items()
        ]
        if rows:
            self.connection.execute(insert(OUTCOME), rows)
        for rule, key, _ in taken:
            self._slots[rule.id] = key
            self._partial.add(rule.id)
            self._let_wait(rule, key)

    def leave_undecided(self, rule_id: str, records: Collection[int]) -> None:
        """Let the verdict of an assessed rule be unknown for some records."""
        if records:
            its = (self.of(rule_id), OUTCOME.c.record.in_(sorted(records)))
            self.connection.execute(update(OUTCOME).where(*its).values(state=UNDECIDED))

    def state_of(self, rule_id: str, record: int) -> Truth:
        """Return the assessed truth of a rule for one record."""
        state = select(OUTCOME.c.state).where(self.of(rule_id), OUTCOME.c.record == record)
        found = self.connection.execute(state).scalar_one_or_none()
        return {MATCHES: Truth.TRUE, UNDECIDED: Truth.UNKNOWN}.get(found or NEITHER, Truth.FALSE)

    def moves(self, rule: Rule, key: int | None) -> tuple[list[str], list[str]]:
        """Return the ids of the records whose case would open, and of those whose case would close."""
        records = self.tables.records[rule.entity]
        entering = self.of(rule.id) & (OUTCOME.c.state == MATCHES) if key is None else self.entering(rule.id, key)
        come = select(records.c.id).join(OUTCOME, OUTCOME.c.record == records.c.key).where(entering)
        entered = sorted(self.connection.execute(come).scalars())
        if key is None:
            return entered, []
        gone = select(records.c.id).join(CASES, CASES.c.record == records.c.key).where(self.leaving(rule.id, key))
        return entered, sorted(self.connection.execute(gone).scalars())

    def of(self, rule_id: str) -> ColumnElement[bool]:
        """Return the condition that an outcome belongs to a rule."""
        return OUTCOME.c.slot == self._slots[rule_id]

    def entering(self, rule_id: str, key: int) -> ColumnElement[bool]:
        """Return the condition on outcomes that a case opens."""
        is_open = exists().where(
            CASES.c.rule == key, CASES.c.record == OUTCOME.c.record, CASES.c.opened_at.is_not(None)
        )
        return and_(self.of(rule_id), OUTCOME.c.state == MATCHES, ~is_open)

    def leaving(self, rule_id: str, key: int) -> ColumnElement[bool]:
        """Return the condition on cases that an open one closes; while undecided it stays as it was."""
        return and_(self.absent(rule_id, key), CASES.c.opened_at.is_not(None))

    def absent(self, rule_id: str, key: int) -> ColumnElement[bool]:
        """Return the condition on cases that the rule is now false for the record."""
        if rule_id in self._partial:
            # From the few that were judged to their cases, not from all cases to what was judged.
            gone = select(OUTCOME.c.record).where(self.of(rule_id), OUTCOME.c.state == NEITHER)
            return and_(CASES.c.rule == key, CASES.c.record.in_(gone))
        return and_(CASES.c.rule == key, ~exists().where(self.of(rule_id), OUTCOME.c.record == CASES.c.record))

    def moved(self, rule_id: str, key: int) -> Select[Any]:
        """Select the keys of the records for which a rule now is something else than its cases say."""
        return differing(literal(key), is_partial=rule_id in self._partial)

    def has(self, rule_id: str) -> bool:
        """True when a rule was assessed here."""
        return rule_id in self._slots

    def write_candidates(self, key: int, records: Collection[int]) -> None:
        """Write down which records are the candidates of a rule."""
        self.connection.execute(delete(CANDIDATE).where(CANDIDATE.c.slot == key))
        insert_rows(self.connection, CANDIDATE, ("slot", "record"), [(key, one) for one in sorted(records)])

    def candidates(self, key: int) -> Select[Any]:
        """Select the keys of the records that were written down as the candidates of a rule."""
        its = select(CANDIDATE.c.record).where(CANDIDATE.c.slot == key)
        return self.tables.shelf.get((), ("candidates", key), lambda: its)

    def is_partial(self, rule_id: str) -> bool:
        """True where a rule was assessed for some records alone."""
        return rule_id in self._partial

    def state_for(self, rule: str, record: ColumnElement[int]) -> ColumnElement[int] | None:
        """Return a rule's state for a record, as assessed now, else as stored; None where it never was."""
        states: list[ColumnElement[int]] = []
        if rule in self._slots:
            inner = select(assessed_state()).where(self.of(rule), OUTCOME.c.record == record).correlate_except(OUTCOME)
            states.append(inner.scalar_subquery())
        if rule in self._keys and (rule not in self._slots or rule in self._partial):
            inner = select(stored_state()).where(CASES.c.rule == self._keys[rule], CASES.c.record == record)
            states.append(inner.correlate_except(CASES).scalar_subquery())
        if rule in self._keys or (rule in self._slots and rule not in self._partial):
            states.append(literal(NEITHER))  # who has no case is none
        return func.coalesce(*states, None) if states else None

    def opened_for(self, rule: str, record: ColumnElement[int]) -> ColumnElement[Any]:
        """Return since when a rule's case is open for a record; null where it opens only now."""
        its = (CASES.c.rule == self._keys.get(rule, 0), CASES.c.record == record)
        return select(CASES.c.opened_at).where(*its).correlate_except(CASES).scalar_subquery()

    def _let_wait(self, rule: Rule, key: int | None) -> None:
        """Let matches of a rule with `for_at_least` wait that are not open and have not been true for so long."""
        if rule.lasting is None:
            return
        ripe_before = rule.lasting.older_before(self.moment)
        is_ripe = or_(CASES.c.opened_at.is_not(None), CASES.c.true_since < ripe_before)
        its = exists().where(CASES.c.rule == key, CASES.c.record == OUTCOME.c.record, is_ripe)
        waits = (self.of(rule.id), OUTCOME.c.state == MATCHES, ~its)
        self.connection.execute(update(OUTCOME).where(*waits).values(state=WAITING))
