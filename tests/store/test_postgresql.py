"""PostgreSQL: one writer, one snapshot, faults told without values, and servers that cannot be used."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.model.declared import with_additions
from engine.model.shipped import SHIPPED_MODEL
from engine.store import postgresql
from engine.store.database import Database, StatementFailed, open_database, savepoint
from engine.store.schema import open_store
from engine.store.unavailable import StoreMisconfigured, StoreUnavailable
from tests.installations import Place
from tests.stores import POSTGRESQL, STORES

UNREACHABLE = "postgresql://eva:hush-hush@127.0.0.1:1/ansgar"
NAMED = "INSERT INTO setting VALUES ('a', 'b')"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Give an installation with its store on PostgreSQL."""
    with STORES.of(POSTGRESQL, keeps_tables=False):
        yield Place(tmp_path)


def again(place: Place) -> Database:
    """Open the store as another process would."""
    return open_database(place.store.database.engine.url.render_as_string(hide_password=False))


def test_a_second_writer_waits_and_then_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has waited for long enough is told that another one writes; when that one is done, it can."""
    monkeypatch.setattr(postgresql, "SESSION", ("SET lock_timeout = 20",))
    other = again(place)
    with place.store.database.writing() as connection:
        connection.execute(text(NAMED))
        with pytest.raises(StoreUnavailable, match="another process is writing; try again"), other.writing():
            pytest.fail("two wrote at once")
    with other.writing() as connection:
        found = connection.execute(text("SELECT value FROM setting WHERE name = 'a'")).scalar_one()
    other.close()

    assert found == "b"


def test_who_reads_sees_one_snapshot_and_holds_up_no_writer(place: Place) -> None:
    """What is written meanwhile is seen by the next transaction."""
    counted = text("SELECT count(*) FROM setting WHERE name = 'a'")
    with place.store.database.reading() as reader:
        before = reader.execute(counted).scalar_one()
        with place.store.database.writing() as writer:
            writer.execute(text(NAMED))
        meanwhile = reader.execute(counted).scalar_one()
    with place.store.database.reading() as reader:
        after = reader.execute(counted).scalar_one()

    assert (before, meanwhile, after) == (0, 0, 1)


def test_who_reads_leaves_nothing_behind(place: Place) -> None:
    """A write in a transaction that reads is undone."""
    with place.store.database.reading() as connection:
        connection.execute(text(NAMED))
    with place.store.database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM setting WHERE name = 'a'")).scalar_one() == 0


def test_a_failed_statement_tells_no_value_and_the_rest_goes_on(place: Place) -> None:
    """The server's own sentence would repeat what it was given."""
    with place.store.database.writing() as connection:
        with pytest.raises(StatementFailed) as failure, savepoint(connection):
            connection.execute(text("SELECT CAST('anna@example.se' AS bigint)"))
        connection.execute(text(NAMED))

    assert "anna" not in str(failure.value)
    assert "InvalidTextRepresentation" in str(failure.value)


def test_a_connection_that_is_lost_is_told_and_the_next_one_works(place: Place) -> None:
    """What was written in it is not there; the store is not damaged by it."""

    def write_while_the_server_goes_down() -> None:
        with place.store.database.writing() as connection:
            connection.execute(text(NAMED))
            STORES.server.end_sessions(place.store.database.engine.url)
            connection.execute(text(NAMED))

    with pytest.raises(StoreUnavailable, match="cannot be used"):
        write_while_the_server_goes_down()
    with place.store.database.writing() as connection:
        assert connection.execute(text("SELECT count(*) FROM setting WHERE name = 'a'")).scalar_one() == 0


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    """The sentence names the server and why, and no secret."""
    with pytest.raises(StoreUnavailable) as caught:
        open_database(UNREACHABLE)

    assert "postgresql://eva@127.0.0.1:1/ansgar" in str(caught.value)
    assert "refused" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_without_its_driver_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver is an extra of the distribution."""
    monkeypatch.setattr(postgresql, "find_spec", lambda _: None)

    with pytest.raises(StoreMisconfigured, match=r"pip install 'ansgar\[postgresql\]'"):
        open_database(UNREACHABLE)
    assert importlib.util.find_spec("psycopg") is not None


def test_a_database_that_cannot_hold_every_letter_is_refused() -> None:
    """A store keeps all of Unicode."""
    url = STORES.server.make("template0", "ENCODING 'SQL_ASCII' LOCALE 'C'")

    with pytest.raises(StoreMisconfigured, match="ENCODING 'UTF8'"):
        open_database(url)
    STORES.server.drop(url)


def test_a_server_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
    """The version is told, and which would do."""
    monkeypatch.setattr(postgresql, "OLDEST", 99)

    with pytest.raises(StoreMisconfigured, match="too old; use 99 or newer"):
        again(place)


def test_text_is_ordered_by_code_points_whatever_the_language_of_the_database(place: Place) -> None:
    """Every column of text says so itself, those of the model and the fixed ones; but for Alembic's own."""
    asked = text(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() "
        "AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C'"
    )
    with place.store.database.reading() as connection:
        assert [tuple(row) for row in connection.execute(asked)] == [("alembic_version", "version_num")]


def test_names_that_the_server_would_shorten_are_refused(place: Place) -> None:
    """Two collections whose long names begin alike would share a table."""
    entity, collection = "a" * 30, "b" * 40
    model = with_additions(SHIPPED_MODEL, {entity: {"collections": {collection: {"status": "text"}}}})

    with pytest.raises(StoreMisconfigured, match="together may have 56 characters"):
        open_store(place.store.database, model, place.store.zone)


def test_a_name_with_a_nul_is_nobodys(place: Place) -> None:
    """PostgreSQL refuses such a text; asking for it finds nothing, as on SQLite."""
    place.take({"id": "1"})

    assert (place.key_of("1\0"), place.members("\0")) == (0, None)
