"""Plain Python: the conditions evaluated as they stand. No rival, but the word against which translations are tested."""

from bench.conditions import All, AtLeast, Below, Condition, Facts, Has, Is, Missing, NoneOf, OneOf


def holds(condition: Condition, facts: Facts) -> bool:
    """Return whether a condition holds for facts."""
    if isinstance(condition, All):
        return all(holds(part, facts) for part in condition.parts)
    if not hasattr(condition, "fact"):
        return any(holds(part, facts) for part in condition.parts)
    value = facts[condition.fact]
    match condition:
        case Missing(negated=negated):
            return (value is None) is not negated
        case Is(value=wanted):
            return value == wanted
        case OneOf(values=values):
            return value in values
        case NoneOf(values=values):
            return value is not None and value not in values
        case Below(limit=limit):
            return isinstance(value, int) and value < limit
        case AtLeast(limit=limit):
            return isinstance(value, int) and value >= limit
        case Has(member=member):
            return isinstance(value, tuple) and member in value
