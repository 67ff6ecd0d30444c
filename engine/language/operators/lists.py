"""Tests of lists: has, has_any, has_all, has_none, is_empty."""

from engine.language.algebra import Both, Column, Either, Has, Predicate, negate
from engine.language.kinds import Kind, OperandKind
from engine.language.operators.comparison import text_term
from engine.language.operators.operator import Context, Operator, folded
from engine.vocabulary.reading import Reading
from engine.vocabulary.truth import Truth
from engine.vocabulary.wording import bilingual

_LIST = frozenset({Kind.LIST})


def _members(texts: tuple[str, ...], context: Context) -> frozenset[str]:
    return frozenset(folded(one, exact=context.exact) for one in texts)


def _has(term: Column, text: str, exact: bool) -> Predicate:
    return Has(text_term(term, exact=exact), folded(text, exact=exact))


def _has_any(reading: Reading[tuple[str, ...]], texts: tuple[str, ...], context: Context) -> Truth:
    return reading.exactly(lambda value: bool(_members(value, context) & _members(texts, context)))


def _has_any_form(term: Column, texts: tuple[str, ...], exact: bool) -> Predicate:
    return Either(tuple(_has(term, one, exact) for one in texts))


LIST_TESTS = (
    Operator(
        "has",
        _LIST,
        OperandKind.TEXT,
        lambda reading, text, context: _has_any(reading, (text,), context),
        _has,
        bilingual(en="includes {}", sv="innehåller {}"),
    ),
    Operator(
        "has_any",
        _LIST,
        OperandKind.TEXTS,
        _has_any,
        _has_any_form,
        bilingual(en="includes one of {}", sv="innehåller något av {}"),
    ),
    Operator(
        "has_all",
        _LIST,
        OperandKind.TEXTS,
        lambda reading, texts, c: reading.exactly(lambda value: _members(texts, c) <= _members(value, c)),
        lambda term, texts, exact: Both(tuple(_has(term, one, exact) for one in texts)),
        bilingual(en="includes all of {}", sv="innehåller alla dessa: {}"),
    ),
    Operator(
        "has_none",
        _LIST,
        OperandKind.TEXTS,
        lambda reading, texts, context: _has_any(reading, texts, context).negated(),
        lambda term, texts, exact: negate(_has_any_form(term, texts, exact)),
        bilingual(en="includes none of {}", sv="innehåller inget av {}"),
    ),
    Operator(
        "is_empty",
        _LIST,
        OperandKind.YES_NO,
        lambda reading, wanted, _: reading.exactly(lambda value: (not value) == wanted),
        lambda term, wanted, _: Has(text_term(term, exact=True), None, negated=wanted),
        bilingual(en="is empty", sv="är tom"),
        bilingual(en="is not empty", sv="är inte tom"),
    ),
)
