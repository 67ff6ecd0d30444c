"""The SQL of DuckDB for conditions: fields are columns, what rules ask about items is aggregated and joined."""

import json
from collections.abc import Iterable

from bench.conditions import AtLeast, Below, Condition, Every, Has, Is, Missing, NoneOf, OneOf, Some, facts_of
from bench.facts import (
    DERIVED,
    AnyBasis,
    BirthdaySoon,
    ConsentNow,
    Counted,
    Derived,
    Newest,
    Where,
    anniversaries,
    window,
)
from engine.store.columns import to_microseconds
from engine.vocabulary.calendar import Moment

NOON = 12 * 3_600_000_000  # microseconds: safely within a day that begins at local midnight


def selected(rule: int, condition: Condition, moment: Moment) -> str:
    """Return the statement that selects a rule's number with each contact that matches."""
    asked = dict.fromkeys(name for name in facts_of(condition) if name in DERIVED)
    joins = " ".join(_join(name, DERIVED[name], moment) for name in asked)
    return f"SELECT {rule}, number FROM contact {joins} WHERE {_sql(condition, moment)}"


def _sql(condition: Condition, moment: Moment) -> str:
    match condition:
        case Every(parts=parts):
            return "(" + " AND ".join(_sql(part, moment) for part in parts) + ")"
        case Missing(fact=fact, negated=negated):
            return f"{_value(fact, moment)} IS {'NOT ' if negated else ''}NULL"
        case Is(fact=fact, value=value):
            return f"{_value(fact, moment)} = {_literal(value)}"
        case OneOf(fact=fact, values=values):
            return f"{_value(fact, moment)} IN ({_literals(values)})"
        case NoneOf(fact=fact, values=values):
            return f"{_value(fact, moment)} NOT IN ({_literals(values)})"
        case Below(fact=fact, limit=limit):
            return f"{_value(fact, moment)} < {limit}"
        case AtLeast(fact=fact, limit=limit):
            return f"{_value(fact, moment)} >= {limit}"
        case Has(fact=fact, member=member):
            return f"list_contains({_value(fact, moment)}, {_literal(member)})"
        case Some(parts=parts):
            return "(" + " OR ".join(_sql(part, moment) for part in parts) + ")"


def _value(fact: str, moment: Moment) -> str:
    match DERIVED.get(fact):
        case None:
            return f"contact.{fact}"
        case Counted():
            return f"coalesce({fact}.v, 0)"
        case ConsentNow():
            return f"coalesce({fact}.v, 'never_given')"
        case AnyBasis():
            return f"({fact}.v IS NOT NULL)"
        case BirthdaySoon(days=days):
            born = f"make_timestamp(contact.birth_date + {NOON})"
            wanted = ", ".join(str(month * 100 + day) for month, day in sorted(anniversaries(days, moment.today)))
            return f"coalesce(month({born}) * 100 + day({born}) IN ({wanted}), false)"
    return f"{fact}.v"


def _join(name: str, derived: Derived, moment: Moment) -> str:
    """Return the join of what a derived fact aggregates; nothing for one that is reckoned from columns."""
    if isinstance(derived, BirthdaySoon):
        return ""
    return f"LEFT JOIN ({_aggregated(derived, moment)}) AS {name} ON {name}.contact = contact.number"


def _aggregated(derived: Counted | Newest | ConsentNow | AnyBasis, moment: Moment) -> str:
    """Return the query that gives a value for each contact that has what a derived fact is about."""
    now = to_microseconds(moment.now)
    state, past = f"arg_max({_state(now)}, happened_at)", f"happened_at <= {now}"
    match derived:
        case Counted(where=where):
            span = window(derived, moment)
            within = [f"happened_at >= {span[0]}", f"happened_at < {span[1]}"] if span else []
            return f"SELECT contact, count(*) AS v FROM activity{_where([*_such(where), *within])} GROUP BY contact"
        case Newest(where=where):
            such = _where([*_such(where), past])
            return f"SELECT contact, max(happened_at) AS v FROM activity{such} GROUP BY contact"
        case ConsentNow(purpose=purpose):
            stream = _where([f"purpose = {_literal(purpose)}", "legal_basis IS NULL", past])
            return f"SELECT contact, {state} AS v FROM consent{stream} GROUP BY contact"
    newest = f"SELECT contact, purpose, legal_basis, {state} AS v FROM consent WHERE {past} GROUP BY ALL"
    return f"SELECT DISTINCT contact, true AS v FROM ({newest}) WHERE v = 'given'"


def _state(now: int) -> str:
    return f"CASE WHEN status = 'given' AND over_at <= {now} THEN 'expired' ELSE status END"


def _such(where: Where) -> list[str]:
    return [f"{name} = {_literal(value)}" for name, value in where]


def _where(conditions: Iterable[str]) -> str:
    joined = " AND ".join(conditions)
    return f" WHERE {joined}" if joined else ""


def _literal(value: str | bool) -> str:
    return json.dumps(value) if isinstance(value, bool) else "'" + value.replace("'", "''") + "'"


def _literals(values: Iterable[str]) -> str:
    return ", ".join(map(_literal, values))
