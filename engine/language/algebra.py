"""The normal form: a small algebra between what an admin writes and what executes it.

Negation stands at the leaves only, time only in thresholds. Executions (SQL, what a rule reads, deltas, audits) are
visitors of these nodes; a new operator is written in terms of them and touches no visitor.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from engine.vocabulary.anniversary import anniversary_edges
from engine.vocabulary.calendar import Moment, end_of_day, start_of_day
from engine.vocabulary.duration import Duration
from engine.vocabulary.truth import Truth

Comparison = Literal["=", "!=", "<", "<=", ">", ">="]
OPPOSITE: dict[Comparison, Comparison] = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the record (or of the item, inside `where`), or along references. Folded: without case."""

    path: tuple[str, ...]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the rule."""

    value: str | Decimal | bool | datetime


@dataclass(frozen=True, slots=True)
class Threshold:
    """An instant that follows from `now`, or a month-and-day number (MMDD) for anniversaries."""

    kind: Literal["now", "after_now", "older", "ahead", "day_start", "day_end", "anniversary", "lapsed"]
    duration: Duration | None = None
    day: date | None = None
    edge: int = 0
    ahead: Duration | None = None  # as it will be so long from now

    def at(self, moment: Moment) -> datetime | int:
        """Return the threshold for an evaluation at a moment."""
        match self.kind:
            case "now":
                return moment.now
            case "after_now":
                return Duration().older_before(moment)
            case "older" if self.duration:
                return self.duration.older_before(moment)
            case "ahead" if self.duration:
                return self.duration.ahead(moment)
            case "day_start":
                return start_of_day(self.day or moment.today, moment.zone)
            case "day_end":
                return end_of_day(self.day or moment.today, moment.zone)
            case "anniversary" if self.duration:
                return anniversary_edges(self.duration, moment)[self.edge]
            case "lapsed" if self.duration:
                later = self.ahead.after(moment.now, moment) if self.ahead else moment.now
                return self.duration.lapsed_before(replace(moment, now=later))
        raise AssertionError(f"a threshold `{self.kind}` without its duration")


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a calendar in the zone says of a date: start or end of its day, MMDD; `certain`: the date if it is exact."""

    part: Literal["day_start", "day_end", "month_day", "certain"]
    of: "Term"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One number or date over related items that satisfy `where` and lie within [after, before) by their date.

    `after` is an instant that follows from `now`, or a date of the record to which the items belong.
    """

    kind: Literal["count", "sum", "average", "highest", "lowest", "first", "last", "next"]
    collection: str
    field: str
    dated_by: str
    where: "Predicate | None" = None
    after: "Threshold | Column | ChangedAt | None" = None
    before: Threshold | None = None


@dataclass(frozen=True, slots=True)
class ConsentState:
    """The state of the consent stream of a purpose: given, withdrawn, expired, never_given; missing when unclear."""

    purpose: str


@dataclass(frozen=True, slots=True)
class Extreme:
    """The latest or earliest of several dates. Strict: one missing member makes the whole missing."""

    kind: Literal["latest", "earliest"]
    members: tuple["Term", ...]
    strict: bool = False


@dataclass(frozen=True, slots=True)
class LegalBases:
    """The set of legal bases that are valid now for a purpose, or for any purpose when none is named."""

    purpose: str | None


@dataclass(frozen=True, slots=True)
class RuleState:
    """Another rule's verdict for the same record; with `opened_before` its case must be open since before that."""

    rule: str
    opened_before: Threshold | None = None


@dataclass(frozen=True, slots=True)
class ChangedAt:
    """The instant at which the present value of a field of the record was stored; missing where none ever was."""

    field: str


@dataclass(frozen=True, slots=True)
class HoldState:
    """The holds of a name that are active on the record, or all of them when none is named."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Score:
    """The points of all predicates that are true; unknown ones make it a range."""

    parts: tuple[tuple["Predicate", Decimal], ...]


Dated = Column | Constant | Threshold | Calendar | Aggregate | Extreme | ChangedAt
Term = Dated | ConsentState | LegalBases | RuleState | HoldState | Score


@dataclass(frozen=True, slots=True)
class Compare:
    """Left against right; unknown where either is missing. The right side is never an aggregate."""

    op: Comparison
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class OneOf:
    """A text that is one of several."""

    term: Term
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A text that contains, starts with, ends with a text, or in which an RE2 pattern is found."""

    how: Literal["contains", "starts_with", "ends_with", "matches"]
    term: Term
    text: str
    exact: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Has:
    """A list that holds a value; with no value: that holds anything."""

    term: Term
    value: str | None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsNull:
    """A term that is missing; decided even where comparisons are not."""

    term: Term
    negated: bool = False


@dataclass(frozen=True, slots=True)
class HasBasis:
    """A set of legal bases that holds one of them."""

    term: LegalBases
    basis: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class RuleHolds:
    """Another rule that matches the same record; unknown while it is undecided."""

    term: RuleState
    negated: bool = False


@dataclass(frozen=True, slots=True)
class OnHold:
    """A record on which such a hold is active; always decided."""

    term: HoldState
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """A predicate whose unknown is settled by `if_missing`."""

    part: "Predicate"
    default: bool


@dataclass(frozen=True, slots=True)
class Both:
    """True when all parts are true (also for no parts at all)."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """True when one part is true (false for no parts at all)."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Always:
    """A truth that depends on nothing."""

    truth: Truth


Predicate = (
    Compare | OneOf | TextMatch | Has | IsNull | HasBasis | RuleHolds | OnHold | Decided | Both | Either | Always
)


def negate(predicate: Predicate) -> Predicate:
    """Return the opposite, negation pushed to the leaves (De Morgan), so that null logic is the same everywhere."""
    match predicate:
        case Compare(op=op):
            return replace(predicate, op=OPPOSITE[op])
        case Both(parts=parts):
            return Either(tuple(map(negate, parts)))
        case Either(parts=parts):
            return Both(tuple(map(negate, parts)))
        case Decided(part=part, default=default):
            return Decided(negate(part), not default)
        case Always(truth=truth):
            return Always(truth.negated())
        case _:
            return replace(predicate, negated=not predicate.negated)


def simplified(predicate: Predicate) -> Predicate:
    """Return the predicate with nested groups of one kind joined and groups of one part unwrapped."""
    match predicate:
        case Both(parts=parts) | Either(parts=parts):
            kind = type(predicate)
            flat: list[Predicate] = []
            for part in map(simplified, parts):
                flat += part.parts if isinstance(part, kind) else (part,)
            return flat[0] if len(flat) == 1 else kind(tuple(flat))
        case Decided(part=part):
            return replace(predicate, part=simplified(part))
        case _:
            return predicate


def leaves(predicate: Predicate) -> Iterator[Predicate]:
    """Give every leaf of a predicate, and nothing from inside a `where`."""
    match predicate:
        case Both(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from leaves(part)
        case Decided(part=part):
            yield from leaves(part)
        case _:
            yield predicate
