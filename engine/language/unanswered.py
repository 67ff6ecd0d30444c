"""Unanswered inputs: values that stand in for them, so that what is described tells which answer goes where."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from engine.language.needs import Need
from engine.language.rule import Rule, Rulebook
from engine.vocabulary.duration import read_duration
from engine.vocabulary.problem import Problems

# Nobody writes these values into a rule. Each is a little larger than the one before it.
_NUMBER, _DAY, _DAYS = 900_000_001, date(8990, 1, 1), 301


def unanswered(rulebook: Rulebook, rule: Rule) -> tuple[Rule, Mapping[object, str]]:
    """Return a rule with a value of its own for each input, and the question behind each of these values.

    Where such values do not fit, the rule as it was read is returned, and no questions.
    """
    if not rule.needs:
        return rule, {}
    standing_in = [_stand_in(need, number) for number, need in enumerate(rule.needs)]
    inputs = {need.name: text for need, (text, _) in zip(rule.needs, standing_in, strict=True)}
    try:
        asked = rulebook.asked([rule.id], inputs).rules[rule.id]
    except Problems:
        return rule, {}
    values = {
        value: need.question for need, (_, value) in zip(rule.needs, standing_in, strict=True) if value is not None
    }
    return asked, values


def _stand_in(need: Need, number: int) -> tuple[str, object | None]:
    """Return the text that stands in for an input, and the value that it is read as; None where that tells nothing."""
    match need.type:
        case "text":
            text = f"\N{REPLACEMENT CHARACTER}{number}"
            return text, text
        case "number":
            return str(_NUMBER + number), Decimal(_NUMBER + number)
        case "date":
            day = _DAY + timedelta(days=number)
            return day.isoformat(), day
        case "duration":
            text = f"{_DAYS + number} days 17 minutes"
            return text, read_duration(text)
    return need.stand_in, None
