"""Names: all that the shipped model holds has one in every language."""

from engine.model.names import COLLECTIONS, ENTITIES, FIELDS
from engine.model.shipped import SHIPPED_MODEL
from engine.vocabulary.tongue import LANGUAGES


def test_everything_shipped_has_a_name() -> None:
    """Entities, their fields, their collections, and the fields of items; and nothing else has one."""
    entities = SHIPPED_MODEL.entities.values()
    collections = {one.name: one for entity in entities for one in entity.collections.values()}
    items = {name for one in collections.values() for name in one.fields}
    fields = {name for one in entities for name in one.fields} | items

    assert SHIPPED_MODEL.entities.keys() == ENTITIES.keys()
    assert collections.keys() == COLLECTIONS.keys()
    assert {*fields, "id"} == FIELDS.keys()


def test_every_name_is_there_in_every_language() -> None:
    """No name falls back to another language."""
    entities = [text for one in ENTITIES.values() for text in (one.one, one.all)]

    assert all(set(LANGUAGES) == set(one.texts) for one in (*entities, *COLLECTIONS.values(), *FIELDS.values()))
