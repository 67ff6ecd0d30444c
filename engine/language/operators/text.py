"""Tests of text: contains, starts_with, ends_with, matches."""

from engine.language.algebra import TextMatch
from engine.language.kinds import Kind, OperandKind
from engine.language.operators.comparison import text_term
from engine.language.operators.operator import Operator, folded
from engine.vocabulary.pattern import matches
from engine.vocabulary.wording import bilingual

_TEXT = frozenset({Kind.TEXT})

TEXT_TESTS = (
    Operator(
        "contains",
        _TEXT,
        OperandKind.TEXT,
        lambda reading, text, c: reading.exactly(
            lambda value: folded(text, exact=c.exact) in folded(value, exact=c.exact)
        ),
        lambda term, text, exact: TextMatch("contains", text_term(term, exact=exact), folded(text, exact=exact)),
        bilingual(en="contains {}", sv="innehåller {}"),
    ),
    Operator(
        "starts_with",
        _TEXT,
        OperandKind.TEXT,
        lambda reading, text, c: reading.exactly(
            lambda value: folded(value, exact=c.exact).startswith(folded(text, exact=c.exact))
        ),
        lambda term, text, exact: TextMatch("starts_with", text_term(term, exact=exact), folded(text, exact=exact)),
        bilingual(en="starts with {}", sv="börjar med {}"),
    ),
    Operator(
        "ends_with",
        _TEXT,
        OperandKind.TEXT,
        lambda reading, text, c: reading.exactly(
            lambda value: folded(value, exact=c.exact).endswith(folded(text, exact=c.exact))
        ),
        lambda term, text, exact: TextMatch("ends_with", text_term(term, exact=exact), folded(text, exact=exact)),
        bilingual(en="ends with {}", sv="slutar med {}"),
    ),
    Operator(
        "matches",
        _TEXT,
        OperandKind.PATTERN,
        lambda reading, pattern, c: reading.exactly(lambda value: matches(value, pattern, exact=c.exact)),
        lambda term, pattern, exact: TextMatch("matches", text_term(term, exact=True), pattern, exact),
        bilingual(en="matches the pattern {}", sv="följer mönstret {}"),
    ),
)
