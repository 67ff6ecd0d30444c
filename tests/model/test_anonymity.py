"""Anonymity: of a cleared field and of ids nothing is left; whoever is alike in what is kept becomes the same."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engine.model.anonymity import anonymised, treatment
from engine.model.declared import with_additions
from engine.model.entity import Field, FieldType, Treatment
from engine.model.facts import Item, Value
from engine.model.shipped import SHIPPED_MODEL
from engine.model.snapshot import Snapshot, plain

ZONE = ZoneInfo("Europe/Stockholm")
CONTACT = with_additions(
    SHIPPED_MODEL,
    {
        "contact": {
            "fields": {
                "rank": {"type": "number", "anonymise": "keep"},
                "hobbies": {"type": "list", "anonymise": "keep"},
                "birth_date": {"anonymise": "year"},
                "secret": "text",
            }
        }
    },
).entity("contact")
# What is cleared is told apart from what is kept by how it looks, so that finding it again means that it was left.
CLEARED: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.TEXT: st.integers(0, 10**9).map(lambda n: f"secret-{n}"),
    FieldType.NUMBER: st.integers(7_000_000, 7_999_999).map(Decimal),
    FieldType.MONEY: st.integers(7_000_000, 7_999_999).map(Decimal),
    FieldType.FLAG: st.booleans(),
    FieldType.DATE: st.dates(date(1900, 1, 2), date(1999, 12, 30)),
    FieldType.DATETIME: st.datetimes(datetime(1900, 1, 2), datetime(1999, 12, 30)).map(lambda d: d.replace(tzinfo=UTC)),
    FieldType.LIST: st.lists(st.integers(0, 99).map(lambda n: f"secret-{n}"), max_size=3).map(tuple),
}
KEPT = CLEARED | {
    FieldType.TEXT: st.sampled_from(("SE", "NO", "Lead", "Straße", "")),
    FieldType.NUMBER: st.integers(0, 9).map(Decimal),
    FieldType.MONEY: st.integers(0, 9).map(Decimal),
    FieldType.DATE: st.dates(date(2020, 1, 1), date(2026, 12, 31)),
    FieldType.DATETIME: st.datetimes(datetime(2020, 1, 1, 6), datetime(2026, 12, 30)).map(
        lambda d: d.replace(tzinfo=UTC)
    ),
    FieldType.LIST: st.lists(st.sampled_from(("a", "b")), max_size=3).map(tuple),
}


def values(fields: Iterable[Field]) -> st.SearchStrategy[dict[str, Value | None]]:
    """Return values of fields, each of which may be missing."""
    strategies: dict[str, st.SearchStrategy[Any]] = {}
    for one in fields:
        strategies[one.name] = st.one_of(st.none(), (CLEARED if one.anonymise is Treatment.CLEAR else KEPT)[one.type])
    return st.fixed_dictionaries(strategies)


ids = st.integers(0, 10**9).map(lambda n: f"id-{n}")


@st.composite
def contacts(draw: st.DrawFn) -> Snapshot:
    """Return a contact with items."""
    collections = {
        name: tuple(Item(draw(ids), draw(values(one.fields.values()))) for _ in range(draw(st.integers(0, 3))))
        for name, one in CONTACT.collections.items()
    }
    return Snapshot(draw(ids), draw(values(CONTACT.fields.values())), collections)


def cleared(one: Snapshot) -> Iterator[object]:
    """Give every value that must not be left, in the form in which JSON has it; flags say too little to look for."""
    owned = [(CONTACT.fields, one.values)]
    owned += [
        (CONTACT.collections[name].fields, item.values) for name, items in one.collections.items() for item in items
    ]
    for fields, held in owned:
        for name, value in held.items():
            if fields[name].anonymise is Treatment.CLEAR and value is not None and not isinstance(value, bool):
                yield from value if isinstance(value, tuple) else [plain(value)]


def every(value: object) -> Iterator[object]:
    """Give every value within JSON."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from every(one)
    else:
        yield value


@given(contacts())
def test_nothing_of_a_cleared_field_and_no_id_is_left(one: Snapshot) -> None:
    """Whatever the contact, and however its items are."""
    content = anonymised(CONTACT, one, ZONE)
    left = set(every(json.loads(content)))

    assert not left & set(cleared(one))
    assert "secret-" not in content
    assert "id-" not in content


Values = Mapping[str, Value | None]


def mixed(fields: Mapping[str, Field], kept: Values, others: Values) -> dict[str, Value | None]:
    """Return values of which those that are kept are the first's, and the rest the second's."""
    return {name: (others if one.anonymise is Treatment.CLEAR else kept).get(name) for name, one in fields.items()}


def alike(one: Snapshot, other: Snapshot) -> Snapshot:
    """Return the second with all that is kept of the first, its items the other way round."""
    collections = {}
    for name, items in one.collections.items():
        fields, spare = CONTACT.collections[name].fields, (*other.collections[name], *items)
        pairs = reversed(list(zip(items, spare, strict=False)))
        collections[name] = tuple(Item(f"x-{it.id}", mixed(fields, it.values, its.values)) for it, its in pairs)
    return Snapshot(other.id, mixed(CONTACT.fields, one.values, other.values), collections)


@given(contacts(), contacts())
def test_two_who_are_alike_in_what_is_kept_become_the_same(one: Snapshot, other: Snapshot) -> None:
    """No id, no order and nothing that is cleared tells them apart."""
    assert anonymised(CONTACT, one, ZONE) == anonymised(CONTACT, alike(one, other), ZONE)


def test_dates_are_rounded_down_in_the_zone_and_empty_items_go() -> None:
    """A sale of the last hour of the year in UTC is one of January in Stockholm."""
    late = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    values: dict[str, Value | None] = {"created_on": date(2024, 5, 31), "birth_date": date(1990, 7, 7), "country": "SE"}
    sales = (Item("s", {"status": "sold", "at": late}), Item("t", {"closed_on": date(2026, 1, 1)}))
    left = json.loads(anonymised(CONTACT, Snapshot("1", values, {"sales": sales}), ZONE))

    assert left == {
        "birth_date": "1990-01-01",
        "country": "SE",
        "created_on": "2024-05-01",
        "sales": [{"at": "2026-01-01", "status": "sold"}],
    }


def test_the_treatment_names_every_field_for_whoever_does_the_same() -> None:
    """Cleared ones too, so that nobody has to guess."""
    found = treatment(CONTACT)

    assert (found["email"], found["country"], found["created_on"]) == ("clear", "keep", "month")
    assert found["activities"] == {
        "type": "keep", "direction": "keep", "status": "clear", "at": "month", "subject": "clear",
    }  # fmt: skip
    assert set(found) == {*CONTACT.fields, *CONTACT.collections}
