"""Entities: what the installation knows about contacts, companies and projects, field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum


class FieldType(Enum):
    """What a field holds; money and numbers are exact decimals."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    FLAG = "flag"
    DATE = "date"
    DATETIME = "datetime"
    LIST = "list"


class Treatment(Enum):
    """What becomes of a field's value when its record is anonymised; dates can be rounded down."""

    CLEAR = "clear"
    KEEP = "keep"
    YEAR = "year"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    `references` names the entity whose id it holds; `guards` marks the flags that stop effects; `choices` are the only
    texts it takes, case aside; `required` items are refused without it. `purposes` are all that it is held for; none:
    for whatever the record is.
    """

    name: str
    type: FieldType
    personal: bool = False
    references: str | None = None
    guards: bool = False
    choices: tuple[str, ...] = ()
    required: bool = False
    anonymise: Treatment = Treatment.CLEAR
    purposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """Items that belong to one entity, such as sales or consents.

    `dated_by` is the field that windows and last/first/next look at. `identity` are the fields that tell items apart
    when they come without an id. `purposes` are all that its items are held for; none: for whatever the record is.
    """

    name: str
    fields: Mapping[str, Field]
    dated_by: str = "at"
    identity: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of record, with its fields and collections by name, in the order of their declaration."""

    name: str
    plural: str
    fields: Mapping[str, Field]
    collections: Mapping[str, Collection] = field(default_factory=dict)

    def changeable(self) -> Iterator[str]:
        """Give the names of all that can change in a record of this entity: fields, then collections."""
        yield from self.fields
        yield from self.collections


@dataclass(frozen=True, slots=True)
class Model:
    """All entities of an installation by name."""

    entities: Mapping[str, Entity]

    def entity(self, name: str) -> Entity:
        """Return an entity that is known to exist; raises KeyError otherwise."""
        return self.entities[name]


def by_name(fields: Iterator[Field] | tuple[Field, ...]) -> dict[str, Field]:
    """Return fields keyed by their names."""
    return {one.name: one for one in fields}
