"""The visitor: a predicate of the algebra becomes one Polars expression over the columns of all records."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial

import polars as pl

from engine.evaluate.columnar.aggregates import Items, bounds_of
from engine.evaluate.columnar.bounds import Bounds, compare, extreme
from engine.evaluate.columnar.consents import Streams, streams_at, told
from engine.evaluate.columnar.distinct import mapped
from engine.evaluate.columnar.frames import FLAG, PLACE, WHOLE
from engine.evaluate.columnar.local_days import LocalDays
from engine.evaluate.columnar.records import Records
from engine.evaluate.columnar.rows import Rows
from engine.language import algebra
from engine.language.algebra import Predicate, Term, Threshold
from engine.language.subjects.consent import GIVEN, UNCLEAR
from engine.model.stored_columns import UNCLEAR as SENT_BADLY
from engine.model.stored_columns import Source, scaled, whole
from engine.model.values import LIST_SEPARATOR
from engine.vocabulary.calendar import Moment
from engine.vocabulary.pattern import matches

NEITHER, MATCHES, UNDECIDED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Standing:
    """What another rule came to for each record: its state, and since when its case is open."""

    state: pl.Series
    opened: pl.Series


@dataclass(slots=True)
class Columnar:
    """Derives predicates on an entity's records, or on the items of one of its collections, at a moment.

    `standings` hold the rules that others read; one that is not there was never evaluated. What an expression cannot
    say is worked out beforehand, and stands as a column beside the others.
    """

    records: Records
    moment: Moment
    standings: Mapping[str, Standing]
    _rows: Rows = field(init=False)
    _inside: "dict[str, Columnar]" = field(default_factory=dict)
    _consents: Streams | None = None

    def __post_init__(self) -> None:
        self._rows = Rows(self.records.height)

    def truths(self, predicate: Predicate) -> pl.Series:
        """Return the truth of a predicate for every row: true, false, or null for unknown."""
        return self.made(self.predicate(predicate))

    def states(self, predicates: Mapping[str, Predicate]) -> pl.DataFrame:
        """Return the states of named predicates for every row."""
        truths = {name: self.predicate(predicate) for name, predicate in predicates.items()}
        return self._rows.together(
            {
                name: pl.when(truth)
                .then(MATCHES)
                .when(truth.is_null())
                .then(UNDECIDED)
                .otherwise(NEITHER)
                .cast(pl.Int8)
                for name, truth in truths.items()
            }
        )

    def made(self, truth: pl.Expr) -> pl.Series:
        """Return what an expression of a truth comes to for each row."""
        return self._rows.made(truth).cast(FLAG)

    def column(self, key: Hashable, values: pl.Series) -> pl.Expr:
        """Return the expression of values that stand as a column from now on."""
        return self._rows.column(key, lambda: values)

    def predicate(self, node: Predicate) -> pl.Expr:
        """Return the expression of a predicate."""
        match node:
            case algebra.Both(parts=parts):
                return pl.all_horizontal([_always(True), *map(self.predicate, parts)])
            case algebra.Either(parts=parts):
                return pl.any_horizontal([_always(False), *map(self.predicate, parts)])
            case algebra.Always():
                return _always(node.truth.as_bool())
            case algebra.Decided(part=part, default=default):
                return self.predicate(part).fill_null(value=default)
            case algebra.Compare(op=op, left=left, right=right):
                return compare(op, self.bounds(left), self.value(right))
            case _:
                leaf = self._leaf(node)
                return ~leaf if node.negated else leaf

    def _leaf(self, node: Predicate) -> pl.Expr:
        """Return a leaf that is not negated."""
        match node:
            case algebra.IsNull(term=term):
                return self._is_missing(term)
            case algebra.OneOf(term=term, values=values):
                return self.value(term).is_in(list(values))
            case algebra.TextMatch():
                return self._text_match(node)
            case algebra.Has(term=term, value=None):
                return self.value(term) != LIST_SEPARATOR
            case algebra.Has(term=term, value=str() as value):
                return self.value(term).str.contains(LIST_SEPARATOR + value + LIST_SEPARATOR, literal=True)
            case algebra.HasBasis(term=term, basis=basis):
                given, unclear = (self._has_stream(term.purpose, basis, state) for state in (GIVEN, UNCLEAR))
                return pl.when(given).then(_always(True)).when(~unclear).then(_always(False))
            case algebra.RuleHolds(term=term):
                return self._rule_holds(term)
            case algebra.OnHold(term=term):
                return self._rows.column(term, lambda: self.records.held(term.name))
        raise AssertionError(f"a leaf without Polars: {type(node).__name__}")

    def value(self, term: Term) -> pl.Expr:
        """Return the expression of a term that has just one value."""
        match term:
            case algebra.Column(path=path, folded=folded):
                return self._rows.column(term, lambda: self.records.stored(path, folded=folded))
            case algebra.Constant(value=value):
                return _literal(value)
            case algebra.Threshold():
                return pl.lit(self._at(term), WHOLE)
            case algebra.ConsentState(purpose=purpose):
                return told(self._rows.column(term, lambda: self._streams().state(purpose)))
            case algebra.ChangedAt(field=name):
                return self._rows.column(term, lambda: self.records.changed_at(name))
            case algebra.Calendar():
                return self._calendar(term)
        raise AssertionError(f"a term without one value: {type(term).__name__}")

    def bounds(self, term: Term) -> Bounds:
        """Return the least and greatest value of a term, null where it may be missing."""
        match term:
            case algebra.Aggregate():
                return self._aggregate(term)
            case algebra.Score():
                return self._score(term)
            case algebra.Extreme(kind=kind, members=members, strict=strict):
                return extreme(kind, [self.bounds(member) for member in members], strict=strict)
        return Bounds.exact(self.value(term))

    def _aggregate(self, term: algebra.Aggregate) -> Bounds:
        low, high = (term, "low"), (term, "high")
        if not self._rows.has(low):
            items = self.records.frames.frame(Source(self.records.entity, term.collection))
            values = items[term.field] if term.field else None
            its = Items(items[PLACE], values, self._belonging(term))
            found = bounds_of(term.kind, its, self.records.height, self._now())
            self._rows.put(low, found[0])
            self._rows.put(high, found[1])
        if self._rows.values(low) is self._rows.values(high):
            return Bounds.exact(self._rows.expression(low))
        return Bounds(self._rows.expression(low), self._rows.expression(high))

    def _belonging(self, term: algebra.Aggregate) -> pl.Series | None:
        """Return, for each item, whether it satisfies `where` and lies in the window; None where neither is asked."""
        items = self._of_items(term.collection)
        at = items.value(algebra.Column((term.dated_by,)))
        conditions = [items.predicate(term.where)] if term.where else []
        if isinstance(term.after, Threshold):
            conditions.append(at >= items.value(term.after))
        elif term.after is not None:
            conditions.append(at >= self._beside_items(term.collection, term.after))
        if term.before is not None:
            conditions.append(at < items.value(term.before))
        return items.made(pl.all_horizontal(conditions)) if conditions else None

    def _beside_items(self, collection: str, date: algebra.Column | algebra.ChangedAt) -> pl.Expr:
        """Return a date of the records, brought beside each of their items."""
        items = self._of_items(collection)
        places = self.records.frames.frame(Source(self.records.entity, collection))[PLACE]
        return items.column((date, PLACE), self._rows.made(self.value(date)).gather(places))

    def _of_items(self, collection: str) -> "Columnar":
        if collection not in self._inside:
            records = Records(self.records.frames, self.records.entity, collection)
            self._inside[collection] = Columnar(records, self.moment, {})
        return self._inside[collection]

    def _score(self, score: algebra.Score) -> Bounds:
        """Each truth is worked out once: written where it is used, one within a score within a score multiplies."""
        truths = [self._rows.column((part, "truth"), partial(self.truths, part)) for part, _ in score.parts]
        sizes = [scaled(points) for _, points in score.parts]
        low, high = (
            pl.sum_horizontal(
                pl.when(truth).then(size).when(truth.is_null()).then(pick(size, 0)).otherwise(0).cast(WHOLE)
                for truth, size in zip(truths, sizes, strict=True)
            )
            for pick in (min, max)
        )
        return Bounds(low, high)

    def _calendar(self, term: algebra.Calendar) -> pl.Expr:
        certain = self.bounds(term.of).certain
        if term.part == "certain":
            return certain

        def found() -> pl.Series:
            return LocalDays(self.moment.zone).part(term.part, self._rows.made(certain).cast(WHOLE))

        if not _is_timeless(term):
            return self._rows.column(term, found)
        key = (self.records.entity, self.records.collection, term)
        return self._rows.column(term, lambda: self.records.frames.once(key, found))

    def _is_missing(self, term: Term) -> pl.Expr:
        if isinstance(term, algebra.Score) or (isinstance(term, algebra.Aggregate) and term.kind in {"count", "sum"}):
            return _always(False)
        if isinstance(term, algebra.Column) and self.records.guards(path := term.path):
            unclear = self._rows.column((term, SENT_BADLY), lambda: self.records.unclear(path))
            return pl.when(~unclear.fill_null(value=False)).then(self.value(term).is_null())
        return self.bounds(term).is_missing()

    def _text_match(self, node: algebra.TextMatch) -> pl.Expr:
        value = self.value(node.term)
        match node.how:
            case "contains":
                return value.str.contains(node.text, literal=True)
            case "starts_with":
                return value.str.starts_with(node.text)
            case "ends_with":
                return value.str.ends_with(node.text)
        key = (node.term, node.text, node.exact)
        return self._rows.column(
            key, lambda: mapped(self._rows.made(value), lambda one: matches(one, node.text, exact=node.exact), FLAG)
        )

    def _rule_holds(self, term: algebra.RuleState) -> pl.Expr:
        standing = self.standings.get(term.rule)
        if standing is None:
            return _always(None)
        state = self._rows.column((term.rule, "state"), lambda: standing.state)
        holds = _always(True)
        if term.opened_before is not None:
            opened = self._rows.column((term.rule, "opened"), lambda: standing.opened)
            holds = (opened < self._at(term.opened_before)).fill_null(value=False)
        return pl.when(state == MATCHES).then(holds).when(state == NEITHER).then(_always(False))

    def _has_stream(self, purpose: str | None, basis: str, state: str) -> pl.Expr:
        if not self._rows.has((purpose, basis, state)):
            for (one, its), records in self._streams().standing(purpose).items():
                self._rows.put((purpose, one, its), records)
        return self._rows.expression((purpose, basis, state))

    def _streams(self) -> Streams:
        if self._consents is None:
            self._consents = streams_at(self.records, self._now(), self._at(Threshold("day_start")))
        return self._consents

    def _at(self, threshold: Threshold) -> int:
        found = threshold.at(self.moment)
        return whole(found) if isinstance(found, datetime) else found

    def _now(self) -> int:
        return whole(self.moment.now)


def _is_timeless(term: Term) -> bool:
    """True for a term that is the same at every instant."""
    return _is_timeless(term.of) if isinstance(term, algebra.Calendar) else isinstance(term, algebra.Column)


def _always(value: bool | None) -> pl.Expr:
    return pl.lit(value, FLAG)


def _literal(value: str | Decimal | bool | datetime) -> pl.Expr:
    match value:
        case datetime():
            return pl.lit(whole(value), WHOLE)
        case Decimal():
            return pl.lit(scaled(value), WHOLE)
    return pl.lit(value)
