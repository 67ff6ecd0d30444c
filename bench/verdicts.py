"""Verdicts as bits: for each rule the contacts that match, one bit a contact, so that millions compare at once."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from engine.store.schema import Store

Verdicts: TypeAlias = Mapping[str, int]  # bit n of a rule's number is set where contact n matches
CASES_OF = (
    "SELECT cases.record FROM cases JOIN rule ON rule.key = cases.rule WHERE rule.id = '{rule}'"
    " AND cases.opened_at IS NOT NULL AND NOT cases.undecided"
)


def bits(numbers: Iterable[int], contacts: int) -> int:
    """Return contact numbers as bits."""
    found = bytearray(contacts // 8 + 1)
    for number in numbers:
        found[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(found, "little")


def stored(store: Store, rules: Iterable[str], contacts: int) -> Verdicts:
    """Return what Ansgar's open cases say; the undecided, which stay as they were, count as no match."""
    with store.database.reading() as connection:
        found = {rule: connection.exec_driver_sql(CASES_OF.format(rule=rule)) for rule in rules}
        return {rule: bits((row[0] - 1 for row in rows), contacts) for rule, rows in found.items()}


def differing(one: Verdicts, other: Verdicts, contacts: int) -> Mapping[str, int]:
    """Return for how many of the first contacts each rule differs, where it does."""
    among = (1 << contacts) - 1
    counts = {rule: ((one[rule] ^ other[rule]) & among).bit_count() for rule in one}
    return {rule: count for rule, count in counts.items() if count}
