"""Plain Python: the conditions evaluated as they stand. No rival, but the word against which those are tested."""

from bench.conditions import AtLeast, Below, Condition, Every, Facts, Has, Is, Missing, NoneOf, OneOf, Some


def holds(condition: Condition, facts: Facts) -> bool:
    """Return whether a condition holds for facts."""
    match condition:
        case Every(parts=parts):
            return all(holds(part, facts) for part in parts)
        case Some(parts=parts):
            return any(holds(part, facts) for part in parts)
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
