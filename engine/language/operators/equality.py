"""Tests that every kind has: is, is_not, one_of, none_of, is_missing."""

from collections.abc import Iterator

from engine.language.algebra import IsNull, OneOf, Predicate, Term, negate
from engine.language.kinds import Kind, Literal, Operand, OperandKind
from engine.language.operators.comparison import one_of, one_of_form, same, same_form, text_term
from engine.language.operators.operator import Form, Meaning, Operator, folded
from engine.vocabulary.wording import bilingual

COMPARED = (Kind.TEXT, Kind.NUMBER, Kind.FLAG, Kind.DATE, Kind.CONSENT)
CAN_BE_MISSING = frozenset({Kind.TEXT, Kind.NUMBER, Kind.FLAG, Kind.DATE, Kind.LIST})


def _equality(kind: Kind) -> Iterator[Operator]:
    kinds = frozenset({kind})

    def is_(reading, operand, context):  # type: ignore[no-untyped-def]
        return same(kind, reading, operand, context)

    def among(reading, operand, context):  # type: ignore[no-untyped-def]
        return one_of(kind, reading, operand, context)

    def form(term: Term, operand: Operand, exact: bool) -> Predicate:
        return same_form(kind, term, operand, exact)

    def among_form(term: Term, operands: tuple[Operand, ...], exact: bool) -> Predicate:
        texts = [one.value for one in operands if isinstance(one, Literal) and isinstance(one.value, str)]
        if kind is Kind.TEXT and len(texts) == len(operands):
            return OneOf(text_term(term, exact=exact), tuple(sorted({folded(one, exact=exact) for one in texts})))
        return one_of_form(kind, term, operands, exact)

    yield Operator("is", kinds, OperandKind.VALUE, is_, form, bilingual(en="is {}", sv="är {}"))
    yield Operator(
        "is_not", kinds, OperandKind.VALUE, _not(is_), _not_form(form), bilingual(en="is not {}", sv="är inte {}")
    )
    yield Operator(
        "one_of", kinds, OperandKind.VALUES, among, among_form, bilingual(en="is one of {}", sv="är något av {}")
    )
    yield Operator(
        "none_of",
        kinds,
        OperandKind.VALUES,
        _not(among),
        _not_form(among_form),
        bilingual(en="is none of {}", sv="är inget av {}"),
    )


def _not(meaning: Meaning) -> Meaning:
    return lambda reading, operand, context: meaning(reading, operand, context).negated()


def _not_form(form: Form) -> Form:
    return lambda term, operand, exact: negate(form(term, operand, exact))


IS_MISSING = Operator(
    "is_missing",
    CAN_BE_MISSING,
    OperandKind.YES_NO,
    lambda reading, operand, _: reading.is_missing() if operand else reading.is_missing().negated(),
    lambda term, operand, _: IsNull(term, negated=not operand),
    bilingual(en="is missing", sv="saknas"),
    bilingual(en="is not missing", sv="saknas inte"),
)

EQUALITY_TESTS = (*(test for kind in COMPARED for test in _equality(kind)), IS_MISSING)
