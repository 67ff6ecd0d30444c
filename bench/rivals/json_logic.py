"""json-logic (json-logic-qubit): one rule of JSON each, applied contact by contact."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from json_logic import jsonLogic

from bench.conditions import AtLeast, Below, Condition, Every, Facts, Has, Is, Missing, NoneOf, OneOf, Some

Logic = dict[str, Any]


def prepared(rules: Mapping[str, Condition]) -> Callable[[Facts], Collection[str]]:
    """Return what gives the rules that match facts."""
    written = {rule: logic(condition) for rule, condition in rules.items()}

    def matching(facts: Facts) -> Collection[str]:
        return [rule for rule, one in written.items() if jsonLogic(one, facts)]

    return matching


def logic(condition: Condition) -> Logic:
    """Return a condition as JsonLogic, in which null would count as 0."""
    match condition:
        case Every(parts=parts):
            return {"and": [logic(part) for part in parts]}
        case Missing(fact=fact, negated=negated):
            return {"!==" if negated else "===": [_var(fact), None]}
        case Is(fact=fact, value=value):
            return {"===": [_var(fact), value]}
        case OneOf(fact=fact, values=values):
            return {"in": [_var(fact), list(values)]}
        case NoneOf(fact=fact, values=values):
            return _there(fact, {"!": [{"in": [_var(fact), list(values)]}]})
        case Below(fact=fact, limit=limit):
            return _there(fact, {"<": [_var(fact), limit]})
        case AtLeast(fact=fact, limit=limit):
            return _there(fact, {">=": [_var(fact), limit]})
        case Has(fact=fact, member=member):
            return _there(fact, {"in": [member, _var(fact)]})
        case Some(parts=parts):
            return {"or": [logic(part) for part in parts]}


def _var(fact: str) -> Logic:
    return {"var": fact}


def _there(fact: str, also: Logic) -> Logic:
    return {"and": [{"!==": [_var(fact), None]}, also]}
