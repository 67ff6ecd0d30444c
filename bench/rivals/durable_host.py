"""durable-rules through its documented `Host`: one rule set, a session per contact, facts asserted one by one.

Generous: every rule begins with a discriminator, without which a lone "is missing" never comes to an end.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from durable.engine import Host, MessageNotHandledException

from bench.conditions import AtLeast, Below, Condition, Every, Facts, Has, Is, Missing, NoneOf, OneOf, Some

Form = dict[str, Any]
RULES, SESSION = "thirty", "sid"


def prepared(rules: Mapping[str, Condition]) -> Callable[[Facts], Collection[str]]:
    """Return what gives the rules that match facts, each contact in a session of its own, as documented."""
    host, fired = _host(rules)
    numbers = iter(range(1 << 60))

    def matching(facts: Facts) -> Collection[str]:
        fired.clear()
        _assert(host, message(facts) | {SESSION: str(next(numbers))})
        return set(fired)

    return matching


def prepared_in_one_session(rules: Mapping[str, Condition]) -> Callable[[Facts], Collection[str]]:
    """Return the same with one session for all, each fact retracted again: what the documentation does not say."""
    host, fired = _host(rules)

    def matching(facts: Facts) -> Collection[str]:
        fired.clear()
        said = message(facts) | {SESSION: "0", "id": "1"}
        if _assert(host, said):
            host.retract_fact(RULES, said)
        return set(fired)

    return matching


def message(facts: Facts) -> dict[str, Any]:
    """Return facts as a message: what is missing is not there."""
    said: dict[str, Any] = {name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()}
    return {"kind": "contact", **{name: value for name, value in said.items() if value is not None}}


def form(condition: Condition) -> Form:
    """Return a condition in the JSON form of durable-rules; a comparison with what is not there is false."""
    match condition:
        case Every(parts=parts):
            return {"$and": [form(part) for part in parts]}
        case Missing(fact=fact, negated=negated):
            return {"$ex" if negated else "$nex": {fact: 1}}
        case Is(fact=fact, value=value):
            return {fact: value}
        case OneOf(fact=fact, values=values):
            return {"$or": [{fact: value} for value in values]}
        case NoneOf(fact=fact, values=values):
            return {"$and": [{"$ex": {fact: 1}}, *({"$neq": {fact: value}} for value in values)]}
        case Below(fact=fact, limit=limit):
            return {"$lt": {fact: limit}}
        case AtLeast(fact=fact, limit=limit):
            return {"$gte": {fact: limit}}
        case Has(fact=fact, member=member):
            return {"$iany": {fact: {"$i": member}}}
        case Some(parts=parts):
            return {"$or": [form(part) for part in parts]}


def _assert(host: Host, said: dict[str, Any]) -> bool:
    """Assert a fact; False where no rule matches, which this engine calls an error."""
    try:
        host.assert_fact(RULES, said)
    except MessageNotHandledException:
        return False
    return True


def _host(rules: Mapping[str, Condition]) -> tuple[Host, list[str]]:
    fired: list[str] = []

    def noting(rule: str) -> Callable[[Any], None]:
        return lambda _: fired.append(rule)

    host = Host()
    host.set_rulesets(
        {
            RULES: {
                rule: {"all": [{"m": {"$and": [{"kind": "contact"}, form(condition)]}}], "run": noting(rule)}
                for rule, condition in rules.items()
            }
        }
    )
    return host, fired
