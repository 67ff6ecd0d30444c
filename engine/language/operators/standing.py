"""Tests of a standing: of legal bases as a set, of other rules' selections and alerts, and of holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.language.algebra import (
    Both,
    Either,
    HasBasis,
    HoldState,
    LegalBases,
    OnHold,
    Predicate,
    RuleHolds,
    RuleState,
    Term,
    negate,
)
from engine.language.kinds import BASES, Kind, Literal, OperandKind
from engine.language.operators.operator import Operator
from engine.vocabulary.reading import Reading
from engine.vocabulary.truth import Truth, any_of
from engine.vocabulary.wording import Wording, bilingual

_BASIS = frozenset({Kind.BASIS})


@dataclass(frozen=True, slots=True)
class BasisSet:
    """The legal bases that are valid, and those whose validity cannot be told."""

    valid: frozenset[str]
    unclear: frozenset[str] = frozenset()

    def holds(self, basis: str) -> Truth:
        """Return whether a basis is valid; `none`: whether no basis is."""
        if basis == "none":
            return any_of(self.holds(one) for one in BASES).negated()
        if basis in self.valid:
            return Truth.TRUE
        return Truth.UNKNOWN if basis in self.unclear else Truth.FALSE


def _among(reading: Reading[BasisSet], bases: tuple[str, ...]) -> Truth:
    held = reading.low
    return any_of(held.holds(one) for one in bases) if held else Truth.UNKNOWN


def _form(term: LegalBases, bases: tuple[str, ...]) -> Predicate:
    parts: Iterator[Predicate] = (
        Both(tuple(HasBasis(term, one, negated=True) for one in BASES)) if basis == "none" else HasBasis(term, basis)
        for basis in bases
    )
    return Either(tuple(parts))


def _texts(operands: tuple[Literal, ...]) -> tuple[str, ...]:
    return tuple(str(one.value) for one in operands)


def _yes_no(name: str, kind: Kind, form: Callable[[Any, bool], Predicate], words: Wording, unless: Wording) -> Operator:
    return Operator(
        name,
        frozenset({kind}),
        OperandKind.YES_NO,
        lambda reading, wanted, _: reading.exactly(lambda value: value == wanted),
        lambda term, wanted, _: form(term, wanted),
        words,
        unless,
    )


def _rule_holds(term: Term, wanted: bool) -> Predicate:
    if not isinstance(term, RuleState):
        raise AssertionError("a selection or an alert is the state of a rule")
    return RuleHolds(term, negated=not wanted)


def _on_hold(term: Term, wanted: bool) -> Predicate:
    if not isinstance(term, HoldState):
        raise AssertionError("a hold is asked for by name")
    return OnHold(term, negated=not wanted)


STANDING_TESTS = (
    Operator(
        "is",
        _BASIS,
        OperandKind.VALUE,
        lambda r, o, _: _among(r, (o,)),
        lambda t, o, _: _form(t, _texts((o,))),
        bilingual(en="there is {}", sv="finns {}"),
    ),
    Operator(
        "is_not",
        _BASIS,
        OperandKind.VALUE,
        lambda r, o, _: _among(r, (o,)).negated(),
        lambda t, o, _: negate(_form(t, _texts((o,)))),
        bilingual(en="it is not so that there is {}", sv="gäller inte att det finns {}"),
    ),
    Operator(
        "one_of",
        _BASIS,
        OperandKind.VALUES,
        lambda r, o, _: _among(r, o),
        lambda t, o, _: _form(t, _texts(o)),
        bilingual(en="there is one of {}", sv="finns något av {}"),
    ),
    Operator(
        "none_of",
        _BASIS,
        OperandKind.VALUES,
        lambda r, o, _: _among(r, o).negated(),
        lambda t, o, _: negate(_form(t, _texts(o))),
        bilingual(en="there is none of {}", sv="finns inget av {}"),
    ),
    _yes_no(
        "is_member",
        Kind.MEMBER,
        _rule_holds,
        bilingual(en="has {record} as a member", sv="har {record} som medlem"),
        bilingual(en="does not have {record} as a member", sv="har inte {record} som medlem"),
    ),
    _yes_no(
        "is_raised",
        Kind.ALERT,
        _rule_holds,
        bilingual(en="is raised", sv="är utlöst"),
        bilingual(en="is not raised", sv="är inte utlöst"),
    ),
    _yes_no(
        "is_active",
        Kind.HOLD,
        _on_hold,
        bilingual(en="is in force", sv="gäller"),
        bilingual(en="is not in force", sv="gäller inte"),
    ),
)
