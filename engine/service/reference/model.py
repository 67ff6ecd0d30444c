"""The reference of the shipped model: entities, their fields, and their collections."""

from collections.abc import Iterable, Iterator

from engine.model.entity import Collection, Entity, Field, Treatment
from engine.model.shipped import SHIPPED_MODEL
from engine.service.reference.markdown import code, codes, table


def model() -> Iterator[str]:
    """Give the section on the model."""
    yield "What ships; the configuration adds fields and collections (`model`). `ansgar schema` prints yours."
    yield ""
    yield "Where nothing is said of `anonymise`, a field is cleared ([how](anonymising.md))."
    for entity in SHIPPED_MODEL.entities.values():
        yield ""
        yield f"### {code(entity.name)}"
        yield ""
        yield from _fields(entity.fields.values())
        yield ""
        yield f"Collections: {codes(entity.collections)}."
    for collection in _collections(SHIPPED_MODEL.entities.values()):
        yield ""
        yield f"### Items of {code(collection.name)}"
        yield ""
        told_apart = collection.identity or ("id",)
        yield f"Dated by {code(collection.dated_by)}; told apart by {codes(told_apart)}."
        yield ""
        yield from _fields(collection.fields.values())


def _collections(entities: Iterable[Entity]) -> Iterable[Collection]:
    return {name: one for entity in entities for name, one in entity.collections.items()}.values()


def _fields(fields: Iterable[Field]) -> Iterator[str]:
    yield from table(
        ("field", "type", ""), ((code(one.name), one.type.value, "; ".join(_marks(one))) for one in fields)
    )


def _marks(one: Field) -> Iterator[str]:
    if one.required:
        yield "required"
    if one.personal:
        yield "personal data"
    if one.references:
        yield f"the id of a {one.references}"
    if one.guards:
        yield "a flag that stops effects; never sent means not set, sent badly means set"
    if one.choices:
        yield f"one of {codes(one.choices)}"
    if one.anonymise is not Treatment.CLEAR:
        yield f"{code('anonymise')}: {code(one.anonymise.value)}"
