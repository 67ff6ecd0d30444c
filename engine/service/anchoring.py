"""Anchoring: dates from which deletion rules measure age, and where they are missing or cannot be right (L8)."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.language.anchors import anchors_of
from engine.language.rule import Rule, Rulebook
from engine.store import anchors
from engine.store.database import Connection
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment


@dataclass(frozen=True, slots=True)
class Standing:
    """How the dates of one field stand that a rule measures age from; all numbers are of records."""

    rule: str
    field: str
    missing: int
    to_come: int
    before_1900: int


def standings(store: Store, connection: Connection, rulebook: Rulebook, moment: Moment) -> list[Standing]:
    """Return how the anchors of all deletion rules that are not off stand."""
    found = []
    for rule in rulebook.rules.values():
        for name in fields_of(rule):
            counted = anchors.counts(connection, store.tables.records[rule.entity], name, moment.now)
            found.append(Standing(rule.id, name, **counted))
    return found


def fields_of(rule: Rule) -> list[str]:
    """Return the record's own fields from which a deletion rule measures age; none of other rules."""
    is_asked = rule.deletes and rule.stage != "off"
    return sorted(path[0] for path in anchors_of(rule.predicate).fields if len(path) == 1) if is_asked else []


def listed(store: Store, connection: Connection, rule: Rule, moment: Moment) -> Iterator[dict[str, str]]:
    """Give each record whose anchor is missing, or cannot be right."""
    for name in fields_of(rule):
        for its_id, what in anchors.listing(connection, store.tables.records[rule.entity], name, moment.now):
            yield {"contact": its_id, "field": name, "what": what}
