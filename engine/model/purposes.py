"""Purposes: which part of a record is held for some purposes only, and what stays so that these are not taken up again.

What stays is one row a purpose that says `withdrawn`: who was erased for marketing must be found as one who does not
want it, not as one who was never asked (GDPR Art. 7(1), 7(3), 21(3)).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.model.entity import Entity
from engine.model.facts import Facts, Item, Value
from engine.model.snapshot import Snapshot

CONSENTS, CONSENT = "consents", "consent"
STAYING = "~erased "  # begins the ids of the rows that stay, which no snapshot of the CRM's replaces
SOURCE = "erased"


@dataclass(frozen=True, slots=True)
class Parting:
    """What goes of a record, and what is written in its place: nothing, and that the purposes are withdrawn."""

    gone: Snapshot
    written: Snapshot


def parting(entity: Entity, facts: Facts, purposes: Iterable[str], now: datetime) -> Parting:
    """Return what goes when a record is not held for some purposes any more.

    Those are their consents and what the model declares for no other purpose, those that went before aside.
    """
    named = frozenset(one.casefold() for one in purposes)
    over = named | _gone_before(facts.items(CONSENTS))
    fields = [name for name, one in entity.fields.items() if one.purposes and over.issuperset(one.purposes)]
    emptied = [name for name, one in entity.collections.items() if one.purposes and over.issuperset(one.purposes)]
    gone = {name: facts.items(name) for name in emptied if facts.items(name)}
    written: dict[str, tuple[Item, ...]] = dict.fromkeys(emptied, ())
    if CONSENTS in entity.collections:
        theirs = tuple(one for one in facts.items(CONSENTS) if _purpose(one) in named)
        gone |= {CONSENTS: theirs} if theirs else {}
        others = tuple(one for one in facts.items(CONSENTS) if _purpose(one) not in named)
        written[CONSENTS] = (*others, *_staying(named, theirs, now))
    held: dict[str, Value | None] = {name: facts.values[name] for name in fields if facts.values.get(name) is not None}
    return Parting(Snapshot(facts.id, held, gone), Snapshot(facts.id, dict.fromkeys(fields), written))


def returning(entity: Entity, facts: Facts, gone: Snapshot, since: datetime) -> tuple[Snapshot, frozenset[str]]:
    """Return what of a part that went is written back, and the ids of the rows that stayed for it and go.

    What has come since wins: a field that was written to, an item that is there again, a newer row that stays.
    """
    values = {
        name: value
        for name, value in gone.values.items()
        if facts.values.get(name) is None and facts.changed.get(name) == since
    }
    stayed = frozenset(
        one.id for one in facts.items(CONSENTS) if one.id.startswith(STAYING) and one.values.get("at") == since
    )
    items = {name: _joined(facts.items(name), back, stayed) for name, back in gone.collections.items()}
    if stayed and CONSENTS in entity.collections:
        items.setdefault(CONSENTS, _joined(facts.items(CONSENTS), (), stayed))
    return Snapshot(gone.id, values, items), stayed


def _joined(there: tuple[Item, ...], back: tuple[Item, ...], stayed: frozenset[str]) -> tuple[Item, ...]:
    left = tuple(one for one in there if one.id not in stayed)
    known = {one.id for one in left}
    return (*left, *(one for one in back if one.id not in known))


def _staying(named: frozenset[str], rows: tuple[Item, ...], now: datetime) -> Iterator[Item]:
    """Give the rows that stay: each purpose is withdrawn, its consent and every other basis that there was for it."""
    bases = {(_purpose(one), _basis(one)) for one in rows} | {(one, CONSENT) for one in named}
    for purpose, basis in sorted(bases):
        values: dict[str, Value | None] = {"purpose": purpose, "status": "withdrawn", "source": SOURCE, "at": now}
        is_other = basis != CONSENT
        yield Item(
            f"{STAYING}{purpose}" + (f" {basis}" if is_other else ""),
            values | ({"legal_basis": basis} if is_other else {}),
        )


def _gone_before(consents: Iterable[Item]) -> frozenset[str]:
    """Return the purposes of which nothing is known but that they went."""
    stay, others = set[str](), set[str]()
    for one in consents:
        (stay if one.id.startswith(STAYING) else others).add(_purpose(one))
    return frozenset(stay - others)


def _purpose(row: Item) -> str:
    return str(row.values.get("purpose")).casefold()


def _basis(row: Item) -> str:
    return str(row.values.get("legal_basis") or CONSENT).casefold()
