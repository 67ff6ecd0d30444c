"""zen-engine (GoRules): all rules as one decision of an expression node each, evaluated contact by contact."""

import json
from collections.abc import Callable, Collection, Mapping

import zen

from bench.conditions import AtLeast, Below, Condition, Every, Facts, Has, Is, Missing, NoneOf, OneOf, Some


def prepared(rules: Mapping[str, Condition]) -> Callable[[Facts], Collection[str]]:
    """Return what gives the rules that match facts."""
    decision = zen.ZenEngine().create_decision(json.dumps(_graph(rules)))

    def matching(facts: Facts) -> Collection[str]:
        result = decision.evaluate(dict(facts))["result"]
        return [rule for rule, matches in result.items() if matches]

    return matching


def expression(condition: Condition) -> str:
    """Return a condition in the expression language of zen, where comparisons with null are false."""
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


def _graph(rules: Mapping[str, Condition]) -> dict[str, object]:
    expressions = [
        {"id": f"e{number}", "key": rule, "value": expression(condition)}
        for number, (rule, condition) in enumerate(rules.items())
    ]
    return {
        "nodes": [
            {"id": "facts", "name": "facts", "type": "inputNode"},
            {"id": "rules", "name": "rules", "type": "expressionNode", "content": {"expressions": expressions}},
            {"id": "verdicts", "name": "verdicts", "type": "outputNode"},
        ],
        "edges": [
            {"id": "in", "type": "edge", "sourceId": "facts", "targetId": "rules"},
            {"id": "out", "type": "edge", "sourceId": "rules", "targetId": "verdicts"},
        ],
    }
