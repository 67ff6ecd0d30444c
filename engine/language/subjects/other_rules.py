"""`selection`, `alert` and `condition`: what other rules keep or raise, and criteria that have a name."""

from dataclasses import dataclass, replace
from typing import Any

from engine.language.algebra import RuleState, Term, Threshold
from engine.language.criteria import Group, Record
from engine.language.kinds import Kind, OperandKind
from engine.language.operands import Reader
from engine.language.scope import Scope
from engine.language.source import Mapping, Scalar
from engine.language.speech import Speech
from engine.language.statement import Phrase
from engine.language.subjects.kind_of_subject import SubjectKind
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import Duration
from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.reading import Reading
from engine.vocabulary.truth import Truth

DEEPEST_CONDITION = 16


@dataclass(frozen=True, slots=True)
class OtherRule:
    """Whether the rule that keeps a selection, or raises an alert, matches the record.

    With `lasting`, its case must have been open for so long.
    """

    rule: str
    kind: Kind
    lasting: Duration | None = None

    def reading(self, record: Record, moment: Moment) -> Reading[Any]:
        """Return the source rule's verdict; missing while it is undecided or was never reached."""
        if not isinstance(record, Facts):
            return Reading.exact(None)
        holds = record.memberships.get(self.rule, Truth.UNKNOWN).as_bool()
        if holds and self.lasting is not None:
            since = record.member_since.get(self.rule)
            holds = since is not None and self.lasting.is_passed(since, moment)
        return Reading.exact(holds)

    def term(self) -> Term:
        """Return the state of the source rule."""
        return RuleState(self.rule, Threshold("older", self.lasting) if self.lasting else None)

    def words(self, speech: Speech) -> Phrase:
        """Return the alert or the selection by the rule that it comes from."""
        rule = speech.rule(self.rule)
        if self.kind is Kind.ALERT:
            about = speech.record
            return Phrase(
                speech.say(
                    en=f"the alert of the rule {rule} on {about}", sv=f"aviseringen från regeln {rule} för {about}"
                )
            )
        if self.rule:
            selection = speech.say(en=f"the selection of the rule {rule}", sv=f"urvalet från regeln {rule}")
        else:
            selection = speech.say(
                en="the selection that is named when the rule is asked for", sv="urvalet som anges när regeln körs"
            )
        if self.lasting is None:
            return Phrase(selection)
        length = speech.duration(self.lasting)
        lasting = speech.say(
            en=f", counting members of at least {length} only,", sv=f", där bara medlemmar sedan minst {length} räknas,"
        )
        return Phrase(selection + lasting)


def _read_selection(scope: Scope, word: Scalar, block: Mapping) -> OtherRule | None:
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
    node = block.get("for_at_least")
    lasting = Reader(scope, Kind.DATE, exact=False).read(node, OperandKind.DURATION) if node is not None else None
    return OtherRule(rule, Kind.MEMBER, lasting if isinstance(lasting, Duration) else None)


def _read_alert(scope: Scope, word: Scalar, _block: Mapping) -> OtherRule | None:
    if word.text not in scope.alerts or scope.collection is not None:
        hint = nearest_or_all(word.text, scope.alerts) if scope.alerts else "give that rule the action `raise_alert`"
        scope.report("R112", word.place, f"no rule `{word.text}` raises an alert", hint)
        return None
    return OtherRule(word.text, Kind.ALERT)


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


OTHER_RULES = (
    SubjectKind(
        "selection",
        _read_selection,
        Kind.MEMBER,
        further=("for_at_least",),
        about="whether the rule that keeps the selection matches; unknown while that is undecided",
    ),
    SubjectKind(
        "alert",
        _read_alert,
        Kind.ALERT,
        about="whether the rule that raises the alert, named by its id, matches; unknown while that is undecided",
    ),
    SubjectKind(
        "condition",
        _read_condition,
        Kind.TRUTH,
        about="whether the criteria of that name under `conditions` hold; it takes no test",
    ),
)
