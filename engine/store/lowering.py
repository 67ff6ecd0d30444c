"""Lowering: a predicate of the algebra becomes one SQL expression; what follows from `now` is bound per run."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from engine.language import algebra
from engine.language.algebra import Predicate, Term, Threshold
from engine.language.rule import digest_of
from engine.store.aggregates import BELONGS, aggregate_bounds, within
from engine.store.bounds import Bounds, compare, extreme
from engine.store.columns import Instant, type_of
from engine.store.consents import CONSENTS, Streams
from engine.store.functions import Position, on_calendar
from engine.store.holds import is_held
from engine.store.readings import PatternInText, texts_of
from engine.store.records import FOLDED, STORED_AT, UNCLEAR, RecordTables
from engine.store.scores import added_up, truths_of

Truthful = ColumnElement[bool]
WIDEST = 50  # truths joined side by side


class Sources(Protocol):
    """What other rules come to, as SQL."""

    def state_for(self, rule: str, record: ColumnElement[int]) -> ColumnElement[int] | None:
        """Return a rule's state for a record: 1 matches, 2 undecided, 0 neither; None where it was never evaluated."""
        ...

    def opened_for(self, rule: str, record: ColumnElement[int]) -> ColumnElement[Any]:
        """Return since when a rule's case is open for a record; null where it is not."""
        ...


@dataclass(frozen=True, slots=True)
class Lowering:
    """Lowers predicates on one table, for the records that satisfy `among`.

    `thresholds` and `patterns` collect what must be bound before a statement runs, `truths` the tables that it reads
    beside its own.
    """

    tables: RecordTables
    entity: str
    table: FromClause
    zone: str
    sources: Sources
    among: tuple[Truthful, ...] = ()
    thresholds: dict[str, Threshold] = field(default_factory=dict)
    patterns: dict[str, PatternInText] = field(default_factory=dict)
    truths: dict[algebra.Score, FromClause] = field(default_factory=dict)
    item_of: str | None = None

    @property
    def rows(self) -> FromClause:
        """Return the table with all that was found to stand beside it, once everything is lowered."""
        rows = self.table
        for truths in self.truths.values():
            rows = rows.join(truths, truths.c.key == self.table.c.key)
        return rows

    def predicate(self, node: Predicate) -> Truthful:
        """Return the expression of a predicate: true, false, or null for unknown."""
        match node:
            case algebra.Both(parts=parts):
                return _joined(and_, true(), [self.predicate(part) for part in parts])
            case algebra.Either(parts=parts):
                return _joined(or_, false(), [self.predicate(part) for part in parts])
            case algebra.Always(truth=truth):
                return _constant(truth.as_bool())
            case algebra.Decided(part=part, default=default):
                return func.coalesce(self.predicate(part), true() if default else false())
            case algebra.Compare(op=op, left=left, right=right):
                return self._compare(op, left, right)
            case algebra.IsNull(term=term, negated=negated):
                missing = self._is_missing(term)
                return _negated(missing, negated=negated)
        return self._leaf(node)

    def _leaf(self, node: Predicate) -> Truthful:
        match node:
            case algebra.OneOf(term=term, values=values, negated=negated):
                value = self.value(term)
                return value.not_in(values) if negated else value.in_(values)
            case algebra.TextMatch(negated=negated):
                return _negated(self._text_match(node), negated=negated)
            case algebra.Has(term=term, value=value, negated=negated):
                column = self.value(term)
                held = (
                    column != literal((), column.type)
                    if value is None
                    else Position(column, literal(f"\x1f{value}\x1f")) > 0
                )
                return _negated(held, negated=negated)
            case algebra.HasBasis(term=term, basis=basis, negated=negated):
                return self._streams().holds(term.purpose, basis, negated=negated)
            case algebra.RuleHolds(term=term, negated=negated):
                return _negated(self._rule_holds(term), negated=negated)
            case algebra.OnHold(term=term, negated=negated):
                held = is_held(self.entity, self.table.c.key, term.name)
                return ~held if negated else held
        raise AssertionError(f"a leaf without SQL: {type(node).__name__}")

    def _compare(self, op: algebra.Comparison, left: Term, right: Term) -> Truthful:
        limit = self.value(right)
        if isinstance(left, algebra.Aggregate):
            # One pass over the items yields both bounds, and the comparison is made inside it.
            items, bounds = self._aggregate(left)
            return self._over(items, compare(op, bounds, limit))
        return compare(op, self.bounds(left), limit)

    def value(self, term: Term) -> ColumnElement[Any]:
        """Return the expression of a term that has just one value."""
        match term:
            case algebra.Column(path=path, folded=folded):
                return self._column(path, FOLDED if folded else "")
            case algebra.Constant(value=value):
                return literal(value, type_of(value))
            case algebra.Threshold():
                return self._threshold(term)
            case algebra.Calendar(part=part, of=of):
                return on_calendar(part, self.value(of), self.zone)
            case algebra.ConsentState(purpose=purpose):
                return self._streams().state(purpose)
            case algebra.ChangedAt(field=field):
                return self._changed_at(field)
        raise AssertionError(f"a term without one value: {type(term).__name__}")

    def bounds(self, term: Term) -> Bounds:
        """Return the least and greatest value of a term, null where it may be missing."""
        match term:
            case algebra.Aggregate():
                items, bounds = self._aggregate(term)
                low, high = (self._over(items, edge) for edge in (bounds.low, bounds.high))
                return Bounds(low, high)
            case algebra.Score():
                return self._score(term)
            case algebra.Extreme(kind=kind, members=members, strict=strict):
                return extreme(kind, [self.bounds(member) for member in members], strict=strict)
            case algebra.Calendar(part=part, of=of):
                inside = self.bounds(of)
                if inside.is_exact:
                    return Bounds.exact(on_calendar(part, inside.low, self.zone))
                certain = case((inside.low == inside.high, inside.low))
                return Bounds.exact(on_calendar(part, certain, self.zone))
        return Bounds.exact(self.value(term))

    def _aggregate(self, term: algebra.Aggregate) -> tuple[FromClause, Bounds]:
        """Return the items of the record, each with whether it belongs, and the bounds over them.

        The condition is written once, as a column of the items: repeated in every bound, it would nest deeper than the
        parser of SQLite takes (100 levels before 3.46). Correlation is explicit: it must reach through every level.
        """
        table = self.tables.items[(self.entity, term.collection)].alias()
        inner = replace(self, table=table, item_of=term.collection)
        conditions = [inner.predicate(term.where)] if term.where else []
        after = self.value(term.after) if term.after else None
        before = self.value(term.before) if term.before else None
        conditions += within(table.c[term.dated_by], after, before)
        wanted = [table.c[term.field]] if term.field else []
        belongs = and_(true(), *conditions).label(BELONGS)
        owned = table.c.owner_key == self.table.c.key
        items = select(*wanted, belongs).where(owned).correlate_except(table).subquery()
        return items, aggregate_bounds(term, items, self._now, is_exact=not conditions)

    def _over(self, items: FromClause, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a value over the items of the record."""
        return select(value).select_from(items).correlate_except(items).scalar_subquery()

    def _is_missing(self, term: Term) -> Truthful:
        if isinstance(term, algebra.Score) or (isinstance(term, algebra.Aggregate) and term.kind in {"count", "sum"}):
            return false()
        if isinstance(term, algebra.Column) and self._guards(term.path):
            unclear = func.coalesce(self._column(term.path, UNCLEAR), false())
            return case((unclear, null()), else_=self.value(term).is_(None))
        if not isinstance(term, algebra.Aggregate | algebra.Extreme):
            return self.value(term).is_(None)
        bounds = self.bounds(term)
        both = and_(bounds.low.is_(None), bounds.high.is_(None))
        neither = and_(bounds.low.is_not(None), bounds.high.is_not(None))
        return case((both, true()), (neither, false()))

    def _text_match(self, node: algebra.TextMatch) -> Truthful:
        value = self.value(node.term)
        match node.how:
            case "contains":
                return Position(value, literal(node.text)) > 0
            case "starts_with":
                return func.substr(value, 1, len(node.text)) == node.text
            case "ends_with":
                return func.substr(value, func.length(value) - len(node.text) + 1, len(node.text)) == node.text
        return self._pattern(value, node)

    def _pattern(self, value: ColumnElement[Any], node: algebra.TextMatch) -> Truthful:
        name, owners = f"p_{len(self.patterns)}", self.tables.records[self.entity]
        texts = texts_of(value, self.table, self.among, None if self.item_of is None else owners)
        self.patterns[name] = PatternInText(texts, node.text, node.exact)
        return self.patterns[name].is_in(value, name)

    def _rule_holds(self, term: algebra.RuleState) -> Truthful:
        state = self.sources.state_for(term.rule, self.table.c.key)
        if state is None:
            return _constant(None)
        holds: Truthful = true()
        if term.opened_before is not None:
            opened = self.sources.opened_for(term.rule, self.table.c.key)
            holds = func.coalesce(opened < self._threshold(term.opened_before), false())
        return case((state == 1, holds), (state == 0, false()))

    def _changed_at(self, field: str) -> ColumnElement[Any]:
        stamps = self.tables.changes[self.entity]
        its = (stamps.c.owner_key == self.table.c.key, stamps.c.field == field)
        later = select(stamps.c.changed_at).where(*its).correlate_except(stamps).scalar_subquery()
        is_held: Truthful = self._column((field,), "").is_not(None)
        if self._guards((field,)):
            is_held = or_(is_held, func.coalesce(self._column((field,), UNCLEAR), false()))
        return func.coalesce(later, case((is_held, self.table.c[STORED_AT])), type_=Instant())

    def _score(self, score: algebra.Score) -> Bounds:
        if score not in self.truths:
            inner = replace(self, truths={})
            wanted = [inner.predicate(part) for part, _ in score.parts]
            self.truths[score] = truths_of(inner.rows, self.table.c.key, wanted, self.among)
        return added_up(self.truths[score], [points for _, points in score.parts])

    def _guards(self, path: tuple[str, ...]) -> bool:
        """True when a path leads to a flag that keeps whether it was sent badly."""
        if self.item_of is not None:
            return False
        entity = self.tables.model.entity(self.entity)
        for step in path[:-1]:
            entity = self.tables.model.entity(entity.fields[step].references or "")
        return entity.fields[path[-1]].guards

    def _column(self, path: tuple[str, ...], beside: str) -> ColumnElement[Any]:
        """Return the column of a path, or one that is kept beside it."""
        if len(path) == 1:
            return self.table.c[path[0] + beside]
        referred = self.tables.model.entity(self.entity).fields[path[0]].references
        if referred is None:
            raise AssertionError(f"`{path[0]}` is no reference")
        target = self.tables.records[referred].alias()
        inner = replace(self, entity=referred, table=target)
        wanted = inner._column(path[1:], beside)  # noqa: SLF001 - another of the same class
        referred_row = select(wanted).where(target.c.id == self.table.c[path[0]])
        return referred_row.correlate_except(target).scalar_subquery()

    def _threshold(self, threshold: Threshold) -> ColumnElement[Any]:
        name = f"t_{digest_of(threshold)}"
        self.thresholds[name] = threshold
        is_day_number = threshold.kind == "anniversary" and threshold.edge % 3 != 2  # noqa: PLR2004 - each third edge is an instant
        return bindparam(name, type_=Integer() if is_day_number else Instant())

    def _streams(self) -> Streams:
        rows = self.tables.items[(self.entity, CONSENTS)]
        return Streams(rows, self.table, self._now(), self._threshold(Threshold("day_start")))

    def _now(self) -> ColumnElement[Any]:
        return self._threshold(Threshold("now"))


def _joined(join: Callable[..., Truthful], nothing: Truthful, parts: list[Truthful]) -> Truthful:
    """Join truths in a tree of bounded depth: SQLite refuses expressions that are nested deeper than 1,000."""
    while len(parts) > WIDEST:
        chunks = (parts[start : start + WIDEST] for start in range(0, len(parts), WIDEST))
        # The cast keeps SQLAlchemy from joining all in one flat row again; null stays null.
        parts = [cast(join(nothing, *chunk), Boolean()) for chunk in chunks]
    return join(nothing, *parts)


def _constant(value: bool | None) -> Truthful:
    return cast(null(), Boolean()) if value is None else (true() if value else false())


def _negated(truth: Truthful, *, negated: bool) -> Truthful:
    return case((truth, false()), (truth.is_not(None), true())) if negated else truth
