"""`selection` and `condition`: what other rules keep, and criteria that have a name."""

from dataclasses import dataclass, replace
from typing import Any

from engine.language.algebra import RuleState, Term
from engine.language.criteria import Group, Record
from engine.language.kinds import Kind
from engine.language.scope import Scope
from engine.language.source import Mapping, Scalar
from engine.language.subjects.kind_of_subject import SubjectKind
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment
from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.reading import Reading
from engine.vocabulary.truth import Truth

DEEPEST_CONDITION = 16


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether the rule that keeps a selection matches the record."""

    selection: str
    rule: str
    kind: Kind = Kind.MEMBER

    def reading(self, record: Record, _moment: Moment) -> Reading[Any]:
        """Return the source rule's verdict; missing while it is undecided or was never reached."""
        verdicts = record.memberships if isinstance(record, Facts) else {}
        return Reading.exact(verdicts.get(self.rule, Truth.UNKNOWN).as_bool())

    def term(self) -> Term:
        """Return the state of the source rule."""
        return RuleState(self.rule)


def _read_selection(scope: Scope, word: Scalar, _block: Mapping) -> Membership | None:
    rule = scope.selections.get(word.text)
    if rule is None or scope.collection is not None:
        message = f"no rule keeps a selection `{word.text}`"
        hint = (
            nearest_or_all(word.text, scope.selections)
            if scope.selections
            else "give a rule the action `keep_in_selection`"
        )
        scope.report("R112", word.place, message, hint)
        return None
    return Membership(word.text, rule)


def _read_condition(scope: Scope, word: Scalar, _block: Mapping) -> Group | None:
    node = scope.conditions.get(word.text)
    if node is None:
        hint = nearest_or_all(word.text, scope.conditions) if scope.conditions else "name it under `conditions`"
        scope.report("R109", word.place, f"no condition is called `{word.text}`", hint)
        return None
    if word.text in scope.within:
        path = " → ".join((*scope.within, word.text))
        scope.report("R109", word.place, f"a condition that is made of itself: {path}", "break the circle")
        return None
    if len(scope.within) > DEEPEST_CONDITION:
        _too_deep(scope, word)
        return None
    key = (word.text, scope.entity.name, scope.collection.name if scope.collection else "", scope.deletes)
    if key not in scope.read_conditions:
        group = scope.read_criteria(replace(scope, within=(*scope.within, word.text)), node)
        depth = 1 + (_depth(scope, group) if group else 0)
        scope.read_conditions[key] = (replace(group, name=word.text) if group else None, depth)
    group, depth = scope.read_conditions[key]
    if depth > DEEPEST_CONDITION:
        _too_deep(scope, word)
        return None
    return group


def _too_deep(scope: Scope, word: Scalar) -> None:
    message = f"conditions within conditions, more than {DEEPEST_CONDITION} deep"
    scope.report("R109", word.place, message, "join some of them")


def _depth(scope: Scope, group: Group) -> int:
    """Return how deep the named conditions inside a group go; each of them was measured when it was read."""
    known = {id(found): depth for found, depth in scope.read_conditions.values() if found is not None}
    inside = (part for part in group.parts if isinstance(part, Group))
    return max((known[id(part)] if id(part) in known else _depth(scope, part) for part in inside), default=0)


OTHER_RULES = (SubjectKind("selection", _read_selection), SubjectKind("condition", _read_condition))
