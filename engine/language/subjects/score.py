"""`score`: the points of all criteria that are true."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.language.algebra import Score, Term, simplified
from engine.language.criteria import Group, Record
from engine.language.kinds import Kind
from engine.language.scope import Scope
from engine.language.sentences import sentence
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.language.speech import Speech
from engine.language.statement import Phrase, Statement
from engine.language.subjects.kind_of_subject import Named, SubjectKind
from engine.vocabulary.calendar import Moment
from engine.vocabulary.reading import Reading
from engine.vocabulary.truth import Truth

MOST_PARTS = 100
_POINTS = re.compile(r"[-+]?\d{1,6}(\.\d{1,4})?")


@dataclass(frozen=True, slots=True)
class ScoreSubject:
    """The sum of the points of the criteria that are true."""

    parts: tuple[tuple[Group, Decimal], ...]
    kind: Kind = Kind.NUMBER

    def reading(self, record: Record, moment: Moment) -> Reading[Any]:
        """Return the score; a range where a criterion is unknown."""
        low = high = zero = Decimal(0)
        for criteria, points in self.parts:
            truth = criteria.truth(record, moment)
            if truth is not Truth.FALSE:
                is_sure = truth is Truth.TRUE
                low += points if is_sure else min(points, zero)
                high += points if is_sure else max(points, zero)
        return Reading(low, high)

    def term(self) -> Term:
        """Return the score as a term."""
        return Score(tuple((simplified(criteria.form()), points) for criteria, points in self.parts))

    def words(self, speech: Speech) -> Phrase:
        """Return the score, and below it what gives points."""
        return Phrase(
            speech.say(en="the sum of the points below", sv="summan av poängen nedan"),
            tuple(_scored(criteria, points, speech) for criteria, points in self.parts),
        )


def _scored(criteria: Group, points: Decimal, speech: Speech) -> Statement:
    number, is_one = speech.number(points), abs(points) == 1
    given = speech.say(en=f"{number} {'point' if is_one else 'points'} if", sv=f"{number} poäng om")
    asked = sentence(criteria, speech)
    return Statement(f"{given} {asked.text}", asked.parts)


def _read(scope: Scope, node: Node, _block: Mapping) -> ScoreSubject | None:
    items = node.items if isinstance(node, Sequence) else ()
    if not 0 < len(items) <= MOST_PARTS:
        hint = "write `score: [{if: {field: category, is: Lead}, points: 3}]`"
        scope.report("R106", node.place, f"a score is a list of 1 to {MOST_PARTS} criteria with points", hint)
        return None
    parts = [part for item in items if (part := _part(scope, item)) is not None]
    return ScoreSubject(tuple(parts)) if len(parts) == len(items) else None


def _part(scope: Scope, node: Node) -> tuple[Group, Decimal] | None:
    block = scope.keyed(node, "a part of a score", ("if", "points"))
    if block is None:
        return None
    group, points = scope.read_criteria(scope, block["if"]), block["points"]
    if not isinstance(points, Scalar) or not _POINTS.fullmatch(points.text):
        scope.report("R106", points.place, "points are a number, such as `3` or `-1.5`")
        return None
    return (group, Decimal(points.text)) if group is not None else None


SCORE = SubjectKind(
    "score", _read, Kind.NUMBER, Named.PARTS, about="the points of all criteria that are true; points may be negative"
)
