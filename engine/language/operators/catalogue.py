"""The list of all tests. Adding one is one entry in one of these tuples."""

from engine.language.kinds import Kind
from engine.language.operators.date import DATE_TESTS
from engine.language.operators.equality import EQUALITY_TESTS
from engine.language.operators.lists import LIST_TESTS
from engine.language.operators.number import NUMBER_TESTS
from engine.language.operators.operator import Operator
from engine.language.operators.standing import STANDING_TESTS
from engine.language.operators.text import TEXT_TESTS

OPERATORS: tuple[Operator, ...] = (
    *EQUALITY_TESTS,
    *TEXT_TESTS,
    *NUMBER_TESTS,
    *DATE_TESTS,
    *LIST_TESTS,
    *STANDING_TESTS,
)

BY_KIND: dict[Kind, dict[str, Operator]] = {
    kind: {one.name: one for one in OPERATORS if kind in one.kinds} for kind in Kind
}
NAMES: frozenset[str] = frozenset(one.name for one in OPERATORS)
