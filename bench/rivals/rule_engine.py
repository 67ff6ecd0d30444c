"""rule-engine: one compiled rule each, asked contact by contact."""

import json
from collections.abc import Callable, Collection, Mapping

import rule_engine

from bench.conditions import AtLeast, Below, Condition, Every, Facts, Has, Is, Missing, NoneOf, OneOf, Some


def prepared(rules: Mapping[str, Condition]) -> Callable[[Facts], Collection[str]]:
    """Return what gives the rules that match facts."""
    compiled = {rule: rule_engine.Rule(expression(condition)) for rule, condition in rules.items()}

    def matching(facts: Facts) -> Collection[str]:
        return [rule for rule, one in compiled.items() if one.matches(facts)]

    return matching


def expression(condition: Condition) -> str:
    """Return a condition in the language of rule-engine, which refuses to order null."""
    match condition:
        case Every(parts=parts):
            return "(" + " and ".join(map(expression, parts)) + ")"
        case Missing(fact=fact, negated=negated):
            return f"{fact} {'!=' if negated else '=='} null"
        case Is(fact=fact, value=value):
            return f"{fact} == {json.dumps(value)}"
        case OneOf(fact=fact, values=values):
            return f"{fact} in {json.dumps(values)}"
        case NoneOf(fact=fact, values=values):
            return f"({fact} != null and {fact} not in {json.dumps(values)})"
        case Below(fact=fact, limit=limit):
            return f"({fact} != null and {fact} < {limit})"
        case AtLeast(fact=fact, limit=limit):
            return f"({fact} != null and {fact} >= {limit})"
        case Has(fact=fact, member=member):
            return f"({fact} != null and {json.dumps(member)} in {fact})"
        case Some(parts=parts):
            return "(" + " or ".join(map(expression, parts)) + ")"
