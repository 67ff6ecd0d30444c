"""Assessment: the verdict of every record for a rule, set-based, and how it differs from the stored cases."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    Table,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from engine.language.rule import Rule
from engine.store import scratch
from engine.store.lowering import Lowering
from engine.store.readings import found_in
from engine.store.records import RecordTables
from engine.store.tables import CASES
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth

# A rule that waits (`for_at_least`) is true, but not for long enough yet: it matches nobody so far.
NEITHER, MATCHES, UNDECIDED, WAITING = 0, 1, 2, 3

OUTCOME = Table(
    "outcome",
    MetaData(),
    Column("slot", Integer, primary_key=True),
    Column("record", BigInteger, primary_key=True),
    Column("state", SmallInteger, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
    postgresql_on_commit="DELETE ROWS",
)

CANDIDATE = Table(
    "candidate",
    MetaData(),
    Column("slot", Integer, primary_key=True),
    Column("record", BigInteger, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
    postgresql_on_commit="DELETE ROWS",
)


def _assessed_state() -> ColumnElement[int]:
    return case((OUTCOME.c.state == WAITING, NEITHER), else_=OUTCOME.c.state)


def _stored_state() -> ColumnElement[int]:
    return case((CASES.c.undecided, UNDECIDED), (CASES.c.opened_at.is_(None), NEITHER), else_=MATCHES)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many records a rule matches or leaves undecided, and how that differs from its open cases."""

    matched: int
    undecided: int
    entered: int
    left: int
    candidates: int


@dataclass(slots=True)
class Assessment:
    """One evaluation of several rules at one moment. Slots number the rules of this evaluation."""

    connection: Connection
    tables: RecordTables
    moment: Moment
    _slots: dict[str, int] = field(default_factory=dict)
    _keys: dict[str, int] = field(default_factory=dict)
    _partial: set[str] = field(default_factory=set)

    def begin(self, evaluated_keys: dict[str, int]) -> None:
        """Make the temporary table; `evaluated_keys` are the keys of rules whose stored cases can be read."""
        for table in (OUTCOME, CANDIDATE):
            scratch.begin(self.connection, table)
        self._keys = evaluated_keys

    def end(self) -> None:
        """Drop the temporary table."""
        scratch.end(self.connection, OUTCOME)
        scratch.end(self.connection, CANDIDATE)

    def assess(
        self, rule: Rule, key: int | None = None, only: int | None = None, among: Select[Any] | None = None
    ) -> int:
        """Write the verdicts of a rule, those that are false left out; return its slot.

        `key` is the rule's, where it has stored cases; `only` the one record in question. With `among`, a selection of
        keys, all verdicts of just those are written, and the others stay as they are.
        """
        slot = len(self._slots)
        table = self.tables.records[rule.entity]
        considered = self._considered(rule, table.c.key, only, among)
        lowering = Lowering(self.tables, rule.entity, table, str(self.moment.zone), self, considered)
        predicate = lowering.predicate(rule.predicate)
        state = func.coalesce(case({True: MATCHES, False: 0}, value=predicate), UNDECIDED)
        # The offset keeps the database from evaluating the predicate twice, once for the filter and once for the state.
        verdicts = select(table.c.key.label("key"), state.label("state")).select_from(lowering.rows)
        judged = verdicts.where(*considered).offset(0).subquery()
        chosen = select(literal(slot), judged.c.key, judged.c.state)
        if among is None:
            chosen = chosen.where(judged.c.state != NEITHER)
        statement = insert(OUTCOME).from_select(["slot", "record", "state"], chosen)
        self.connection.execute(statement, self.bound(lowering))
        self._slots[rule.id] = slot
        self._let_wait(rule, key)
        return slot

    def _considered(
        self, rule: Rule, key: ColumnElement[int], only: int | None, among: Select[Any] | None
    ) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions on the records that an assessment looks at."""
        if among is not None:
            self._partial.add(rule.id)
        one = (key == only,) if only is not None else ()
        return (*one, key.in_(among)) if among is not None else one

    def judge(self, rule: Rule, key: int, verdicts: Mapping[int, Truth]) -> None:
        """Take the verdicts of single records for a rule; what was not judged stays as it is."""
        slot = len(self._slots)
        states = {Truth.TRUE: MATCHES, Truth.UNKNOWN: UNDECIDED, Truth.FALSE: NEITHER}
        rows = [{"slot": slot, "record": key, "state": states[truth]} for key, truth in verdicts.items()]
        if rows:
            self.connection.execute(insert(OUTCOME), rows)
        self._slots[rule.id] = slot
        self._partial.add(rule.id)
        self._let_wait(rule, key)

    def tally(self, rule: Rule, key: int | None, candidates: int | None = None) -> Tally:
        """Return the counts of an assessed rule against its stored cases (none where it has no key yet)."""
        rows = select(OUTCOME.c.state, func.count()).where(self.of(rule.id)).group_by(OUTCOME.c.state)
        states: Counter[int] = Counter({row[0]: row[1] for row in self.connection.execute(rows)})
        considered = candidates
        if considered is None:
            is_partial = rule.id in self._partial
            considered = states.total() if is_partial else self.tables.population(self.connection, rule.entity)
        states += self._as_before(rule, key)
        matched = states[MATCHES]
        if key is None:
            return Tally(matched, states[UNDECIDED], matched, 0, considered)
        entered = self._count(select(OUTCOME.c.record).where(self.entering(rule.id, key)))
        left = self._count(select(CASES.c.key).where(self.leaving(rule.id, key)))
        return Tally(matched, states[UNDECIDED], entered, left, considered)

    def _as_before(self, rule: Rule, key: int | None) -> Counter[int]:
        """Return how many records are in which state because they were not judged and stay as they were."""
        if key is None or rule.id not in self._partial:
            return Counter()
        was_judged = exists().where(self.of(rule.id), OUTCOME.c.record == CASES.c.record)
        rows = select(CASES.c.undecided, func.count()).where(CASES.c.rule == key, ~was_judged)
        counts = self.connection.execute(rows.group_by(CASES.c.undecided))
        return Counter({UNDECIDED if undecided else MATCHES: count for undecided, count in counts})

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

    def judged(self, rule_id: str, record: ColumnElement[int]) -> ColumnElement[bool]:
        """Return the condition that a rule's assessment has an outcome for a record."""
        return record.in_(select(OUTCOME.c.record).where(self.of(rule_id)))

    def moved(self, rule_id: str, key: int) -> Select[Any]:
        """Select the keys of the records for which a rule now is something else than its cases say."""
        its = and_(CASES.c.rule == key, CASES.c.record == OUTCOME.c.record)
        held = func.coalesce(select(_stored_state()).where(its).scalar_subquery(), NEITHER)
        differing = select(OUTCOME.c.record.label("key")).where(self.of(rule_id), _assessed_state() != held)
        if rule_id in self._partial:
            return differing
        gone = select(CASES.c.record.label("key")).where(self.absent(rule_id, key), _stored_state() != NEITHER)
        return select(union_all(differing, gone).subquery().c.key)

    def has(self, rule_id: str) -> bool:
        """True when a rule was assessed here."""
        return rule_id in self._slots

    def keep(self, candidates: Select[Any]) -> tuple[Select[Any], int]:
        """Write candidates down; return how they are selected, and how many there are."""
        connection, slot = self.connection, len(self._slots)
        connection.execute(CANDIDATE.delete().where(CANDIDATE.c.slot == slot))
        found = candidates.subquery()
        chosen = select(literal(slot), found.c.key).distinct()
        count = connection.execute(insert(CANDIDATE).from_select(["slot", "record"], chosen)).rowcount
        return select(CANDIDATE.c.record).where(CANDIDATE.c.slot == slot), count

    def state_for(self, rule: str, record: ColumnElement[int]) -> ColumnElement[int] | None:
        """Return a rule's state for a record, as assessed now, else as stored; None where it never was."""
        states: list[ColumnElement[int]] = []
        if rule in self._slots:
            inner = select(_assessed_state()).where(self.of(rule), OUTCOME.c.record == record).correlate_except(OUTCOME)
            states.append(inner.scalar_subquery())
        if rule in self._keys and (rule not in self._slots or rule in self._partial):
            inner = select(_stored_state()).where(CASES.c.rule == self._keys[rule], CASES.c.record == record)
            states.append(inner.correlate_except(CASES).scalar_subquery())
        return func.coalesce(*states, NEITHER) if states else None

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

    def bound(self, lowering: Lowering) -> dict[str, Any]:
        """Return the instants that a lowered predicate compares with, and the texts in which its patterns are found."""
        thresholds = {name: threshold.at(self.moment) for name, threshold in lowering.thresholds.items()}
        return thresholds | found_in(self.connection, lowering.patterns)

    def _count(self, query: Any) -> int:
        return int(self.connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())
