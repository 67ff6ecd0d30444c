"""Tests of numbers and money: equals, more_than, less_than, at_least, at_most, between."""

from engine.language.algebra import Both, Compare, Comparison
from engine.language.kinds import Kind, OperandKind
from engine.language.operators.comparison import ordered, plain_operand, same, same_form
from engine.language.operators.operator import Operator
from engine.vocabulary.truth import all_of
from engine.vocabulary.wording import Wording, bilingual

_NUMBER = frozenset({Kind.NUMBER})


def _order(name: str, comparison: Comparison, words: Wording) -> Operator:
    return Operator(
        name,
        _NUMBER,
        OperandKind.VALUE,
        lambda reading, operand, _: ordered(comparison, reading, operand),
        lambda term, operand, _: Compare(comparison, term, plain_operand(operand)),
        words,
    )


NUMBER_TESTS = (
    Operator(
        "equals",
        _NUMBER,
        OperandKind.VALUE,
        lambda reading, operand, context: same(Kind.NUMBER, reading, operand, context),
        lambda term, operand, exact: same_form(Kind.NUMBER, term, operand, exact),
        bilingual(en="equals {}", sv="är lika med {}"),
    ),
    _order("more_than", ">", bilingual(en="is more than {}", sv="är större än {}")),
    _order("less_than", "<", bilingual(en="is less than {}", sv="är mindre än {}")),
    _order("at_least", ">=", bilingual(en="is at least {}", sv="är minst {}")),
    _order("at_most", "<=", bilingual(en="is at most {}", sv="är högst {}")),
    Operator(
        "between",
        _NUMBER,
        OperandKind.PAIR,
        lambda reading, pair, _: all_of((ordered(">=", reading, pair[0]), ordered("<=", reading, pair[1]))),
        lambda term, pair, _: Both(
            (Compare(">=", term, plain_operand(pair[0])), Compare("<=", term, plain_operand(pair[1])))
        ),
        bilingual(en="is between {}", sv="är mellan {}"),
    ),
)
