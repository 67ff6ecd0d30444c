"""Fields that no record has a value for: what the store says of them, read as it is."""

from dataclasses import replace
from pathlib import Path

from engine.model.entity import Field, FieldType, Model
from engine.model.shipped import CONTACT, SHIPPED_MODEL
from engine.store.database import open_existing
from engine.store.records import tables_of
from engine.store.vacancy import vacant
from tests.installations import Place
from tests.stores import STORES

ASKED = ("category", "country", "tags", "created_on")


def test_a_field_that_nobody_has_a_value_for_is_vacant(tmp_path: Path) -> None:
    """One value of anybody fills it; an empty list is a value, null is none."""
    place = Place(tmp_path)
    place.take({"id": "1", "category": "Lead", "country": None}, {"id": "2", "tags": []})
    with place.store.database.reading() as connection:
        found = vacant(connection, place.store.tables, "contact", ASKED)

    assert {"country", "created_on"} == found


def test_without_records_nothing_is_vacant(tmp_path: Path) -> None:
    """Before the first import there is nothing to be said."""
    place = Place(tmp_path)
    with place.store.database.reading() as connection:
        found = vacant(connection, place.store.tables, "contact", ASKED)

    assert found == frozenset()


def test_a_store_of_an_older_model_is_read_as_it_is(tmp_path: Path) -> None:
    """A field whose column is not there yet is vacant, an entity whose table is not there is not asked of."""
    place = Place(tmp_path)
    place.take({"id": "1", "category": "Lead"})
    level = Field("loyalty_level", FieldType.TEXT)
    contact = replace(CONTACT, fields={**CONTACT.fields, level.name: level})
    newer = Model({**SHIPPED_MODEL.entities, "contact": contact})
    with place.store.database.writing() as connection:
        tables = place.store.tables
        items = [table for (owner, _), table in tables.items.items() if owner == "project"]
        for table in (*items, tables.changes["project"], tables.records["project"]):
            table.drop(connection)
    with place.store.database.reading() as connection:
        found = vacant(connection, tables_of(newer), "contact", ("category", "loyalty_level"))
        gone = vacant(connection, tables_of(newer), "project", ("name",))

    assert {"loyalty_level"} == found
    assert gone == frozenset()


def test_only_a_database_that_is_there_is_opened(tmp_path: Path) -> None:
    """Asking for one that is not there makes nothing: no file, no folder."""
    missing, empty = tmp_path / "var" / "store.db", tmp_path / "empty.db"
    empty.touch()

    assert open_existing(f"sqlite:///{missing}") is None
    assert open_existing(f"sqlite:///{empty}") is None
    assert open_existing("nonsense") is None
    assert [empty] == list(tmp_path.iterdir())
    place = Place(tmp_path)
    place.store.database.close()
    found = open_existing(place.store.database.engine.url.render_as_string(hide_password=False))
    assert found is not None
    found.close()


def test_a_database_without_a_store_is_left_empty() -> None:
    """On a server a database can be there before its store is: asking makes no tables in it."""
    url = STORES.server.make("template0")

    assert open_existing(url) is None
    assert open_existing(url) is None
    STORES.server.drop(url)
