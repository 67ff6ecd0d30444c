"""Purging: a restored backup lets go of who was erased since, before anything acts; destroyed keys link nobody."""

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine.service.purging import is_behind, purge_first, purge_restored
from engine.store import chain, erasure, numbering
from engine.store.tables import DELETION, METADATA
from tests.doors import Api
from tests.installations import Place
from tests.service.test_destroying import GHOST, PULSE, RULE, SETTINGS, pass_days
from tests.stores import SQLITE, STORES

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "README.md"
OTHER = {"id": "other", "category": "Customer", "email": "other@example.se"}


def restored(folder: Path, days: int) -> Place:
    """Return a place whose backup of a day was put back after somebody was erased."""
    if STORES.kind != SQLITE:
        pytest.skip("a file is copied")
    place = Place(folder, RULE, SETTINGS)
    place.take(PULSE, GHOST, OTHER)
    pass_days(place, days)
    place.store.database.close()
    file = place.store.database.file
    assert file is not None
    shutil.copy(file, folder / "backup.db")
    pass_days(place, 31 - days)
    assert place.deletions() == {None: ("erased", None)}
    place.store.database.close()
    for one in folder.glob("store.db*"):
        one.unlink()
    shutil.copy(folder / "backup.db", file)
    (folder / "backup.db").unlink()
    return place


@pytest.mark.parametrize("days", [1, 10, 16, 20])
def test_l11_a_restored_backup_is_purged_of_who_was_erased_since(tmp_path: Path, days: int) -> None:
    """Before the warning, in its grace, on the day, in the recycle bin: gone again, with a receipt or none, and told."""
    place = restored(tmp_path, days)
    assert is_behind(place.store, place.installation.open_tombstones())
    assert purge_restored(place.scene(), place.installation.moment())
    assert not is_behind(place.store, place.installation.open_tombstones())
    with place.store.database.reading() as connection:
        told = [one.what for one in chain.entries(connection) if one is not None]
    place.store.database.close()
    left = [
        one.name
        for one in tmp_path.rglob("*")
        if one.is_file() and any(word in one.read_bytes().lower() for word in (b"canary", b"quill"))
    ]

    assert "contact.purged" in told
    assert place.key_of("other") > 0
    assert (place.key_of("ghost"), left) == (0, [])


def test_l11_a_command_purges_before_it_acts(tmp_path: Path) -> None:
    """So that nobody who is erased is told, counted or shown."""
    place = restored(tmp_path, 1)
    purge_first(place.installation, place.store, place.rules, place.installation.moment())

    assert place.key_of("ghost") == 0
    assert not is_behind(place.store, place.installation.open_tombstones())


def test_l11_the_service_is_not_ready_before_a_restored_store_is_purged(tmp_path: Path) -> None:
    """Until then `/readyz` and every call answer 503; the first pass purges before it does anything else."""
    place = restored(tmp_path, 1)
    api = Api(place)
    someone = api.caller("eva", "read")
    api.service.purging = is_behind(place.store, place.scene().tombstones)  # as `start` does before the first request
    before = [someone.get(path) for path in ("/readyz", "/v1/runs")]
    api.service.has_rulebook = False  # nothing is run: it is purged all the same
    api.service.attempt()

    assert [(one.status_code, "purged" in one.text) for one in before] == [(503, True), (503, True)]
    assert (someone.get("/readyz").status_code, place.key_of("ghost")) == (200, 0)


def test_l11_a_store_that_knows_of_everybody_is_left_alone(tmp_path: Path) -> None:
    """An erasure of its own does not put it behind."""
    place = Place(tmp_path, RULE, SETTINGS)
    place.take(PULSE, GHOST, OTHER)
    pass_days(place, 31)

    assert not is_behind(place.store, place.installation.open_tombstones())


def test_l10_after_the_key_is_destroyed_a_receipt_is_tied_to_nobody(tmp_path: Path) -> None:
    """It is still there, and finds no person any more; the chain stays verifiable."""
    place = Place(tmp_path, RULE, SETTINGS)
    place.take(PULSE, GHOST)
    pass_days(place, 31)
    tombstones = place.installation.open_tombstones()
    with place.store.database.reading() as connection:
        assert any(erasure.receipt_of(connection, one) for one in tombstones.id_hashes("contact", "ghost"))
    ring = place.installation.hash_ring()
    ring.rotate()
    ring.destroy("1")
    place.clock.move(timedelta(days=1))
    with place.store.database.reading() as connection:
        found = [erasure.receipt_of(connection, one) for one in tombstones.id_hashes("contact", "ghost")]
        assert chain.verify(connection, place.installation.chain_ring(), None).entries > 0

    assert found == [None]


def test_l11_no_order_of_a_restored_store_has_a_number_that_the_crm_may_know(tmp_path: Path) -> None:
    """Else the CRM would answer a new order as it answered another one after the backup: deleted, and nobody is."""
    place = restored(tmp_path, 1)
    assert purge_restored(place.scene(), place.installation.moment())
    place.take(GHOST | {"id": "new", "email": "new@example.se"})
    place.run()
    with place.store.database.reading() as connection:
        assert connection.execute(select(func.max(DELETION.c.key))).scalar_one() > numbering.FAR


@pytest.mark.parametrize("is_used", [True, False])
def test_l11_numbers_move_on_on_both_stores(tmp_path: Path, is_used: bool) -> None:
    """Also those of tables in which nothing was ever written."""
    place = Place(tmp_path, RULE, SETTINGS)
    if is_used:
        place.take(GHOST)
        place.run()
    with place.store.database.writing() as connection:
        numbering.move_on(connection)
    place.take(GHOST | {"id": "new", "email": "new@example.se"})
    place.run()
    with place.store.database.reading() as connection:
        assert connection.execute(select(func.max(DELETION.c.key))).scalar_one() > numbering.FAR


@pytest.mark.parametrize("is_used", [True, False])
def test_l11_numbers_move_on_after_a_restore_as_the_page_for_operators_says(tmp_path: Path, is_used: bool) -> None:
    """No deletion, message, notice, restriction or move of a restored store has a number that the CRM may know."""
    page = PAGE.read_text()
    of_sqlite = re.findall(r'"([A-Z ]+ sqlite_sequence [^"]*)"', page)
    tables = re.findall(r"'(\w+)'", of_sqlite[-1])
    numbers = {table: "seq" if "seq" in METADATA.tables[table].c else "key" for table in tables}
    found = re.search(r"SELECT setval[^`]*", page)
    assert found is not None
    of_postgresql = [found[0].replace("deletion_key_seq", f"{table}_{one}_seq") for table, one in numbers.items()]
    place = Place(tmp_path, RULE, SETTINGS)
    place.take(PULSE, GHOST)
    if is_used:
        place.run()
        place.take(GHOST | {"category": "Customer"})
        place.run()
    with place.store.database.writing() as connection:
        for statement in of_sqlite if STORES.kind == SQLITE else of_postgresql:
            connection.exec_driver_sql(statement)
    place.take(GHOST)
    place.run()
    with place.store.database.reading() as connection:
        keys = connection.execute(select(DELETION.c.key).order_by(DELETION.c.key)).scalars().all()

    assert set(tables) == {"deletion", "intent", "notice", "restriction", "member_move"}
    assert keys[:-1] == ([1] if is_used else [])
    assert keys[-1] > 1_000_000
