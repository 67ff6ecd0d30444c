"""How heavy criteria are: how many there are once conditions are written out, and how deep counting is nested."""

from engine.language.algebra import Score
from engine.language.criteria import Criterion, Group
from engine.vocabulary.parts import parts

MOST_CRITERIA = 2_000
DEEPEST_SCORES = 2  # a score within `at_least_of`, say; deeper ones nobody can follow, and nobody could sign


def weight(part: Criterion | Group, known: dict[int, int] | None = None) -> int:
    """Return how many criteria there are once every named condition is written out."""
    if isinstance(part, Criterion):
        return 1
    known = {} if known is None else known
    if id(part) not in known:
        # A group that mistakes have emptied counts too: what names it many times over is written out as often.
        known[id(part)] = max(1, sum(weight(one, known) for one in part.parts))
    return known[id(part)]


def score_depth(node: object) -> int:
    """Return how deep scores, and groups that count, stand within one another in a predicate."""
    return isinstance(node, Score) + max(map(score_depth, parts(node)), default=0)
