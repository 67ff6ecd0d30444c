"""The schema: migrations make what the tables say; the model adds columns; days survive a change of zone."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from engine.model.declared import ModelError, with_additions
from engine.model.shipped import SHIPPED_MODEL
from engine.service import holding, restricting
from engine.service.holding import HoldWanted
from engine.service.holiday_calendar import workdays_of
from engine.service.restricting import Permit
from engine.store import finding, ledger, restrictions, runs
from engine.store.database import open_database
from engine.store.facts import Records
from engine.store.indexes import PREFIX
from engine.store.migrating import MIGRATIONS, newest
from engine.store.records import bring_up_to_date, tables_of
from engine.store.schema import NEWEST, open_store
from engine.store.tables import METADATA
from engine.store.unavailable import StoreUnavailable
from engine.vocabulary.workdays import MONDAY_TO_FRIDAY
from tests.installations import NOON, Place
from tests.stores import SQLITE, STORES


def test_the_migrations_make_exactly_the_fixed_tables(tmp_path: Path) -> None:
    """Nothing that the tables declare is missing from a migrated store."""
    place = Place(tmp_path)
    with place.store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = [one for one in compare_metadata(context, METADATA) if not _is_made_later(one)]

    assert differences == []


def test_a_store_that_is_made_is_at_the_newest_migration() -> None:
    """The version that is looked for is that of the last file."""
    assert newest() == NEWEST


def _is_made_later(difference: object) -> bool:
    """True for what the model and the rules ask for; the store may have served another test before."""
    words = str(difference)
    return any(
        name in words for name in ("record_", "item_", PREFIX, finding.PREFIX, "alembic_version", "sqlite_sequence")
    )


def test_a_custom_field_becomes_a_typed_column_without_a_migration_by_hand(tmp_path: Path) -> None:
    """Adding a field or a collection to the model is enough; what was held stays."""
    place = Place(tmp_path)
    place.take({"id": "1", "country": "NO"})
    additions = {
        "contact": {"fields": {"shoe_size": "number", "nick": "text"}, "collections": {"bookings": {"status": "text"}}}
    }
    model = with_additions(SHIPPED_MODEL, additions)
    store = open_store(place.store.database, model, place.store.zone)
    place.store = store
    place.take(
        {"id": "1", "shoe_size": 42.5, "nick": "Ö", "bookings": [{"id": "b", "status": "open", "at": "2026-01-01"}]}
    )
    with store.database.reading() as connection:
        held = Records(store.tables, store.zone).facts(connection, "contact", 1)

    assert held is not None
    assert (held.values["country"], str(held.values["shoe_size"]), held.values["nick"]) == ("NO", "42.5000", "Ö")
    assert held.items("bookings")[0].values["status"] == "open"


@pytest.mark.parametrize(
    ("additions", "path"),
    [
        ({"contact": {"fields": {"email": "number"}}}, "model.contact.fields.email"),
        ({"contact": {"fields": {"x": "txt"}}}, "model.contact.fields.x"),
        ({"contact": {"fields": {"Bad Name": "text"}}}, "model.contact.fields.Bad Name"),
        ({"contact": {"fields": {"key": "text"}}}, "model.contact.fields.key"),
        ({"contact": {"fields": {"boss": {"type": "text", "references": "nobody"}}}}, "model.contact.fields.boss"),
        ({"contact": {"feilds": {}}}, "model.contact.feilds"),
        ({"contact": 5}, "model.contact"),
    ],
)
def test_a_model_that_cannot_be_used_names_every_fault(additions: dict[str, object], path: str) -> None:
    """Each fault in the model is told with its path."""
    with pytest.raises(ModelError) as caught:
        with_additions(SHIPPED_MODEL, additions)

    assert path in [where for where, _ in caught.value.faults]


def test_days_stay_what_they_are_when_the_zone_changes(tmp_path: Path) -> None:
    """A stored day is the same day in the new zone, and every rule is evaluated fully again."""
    place = Place(tmp_path, "rules: [{rule: a, if: [{field: country, is: NO}], then: []}]")
    place.take({"id": "1", "created_on": "2026-03-01", "requests": [{"id": "r", "due_on": "2026-04-01"}]})
    place.run()
    store = open_store(place.store.database, SHIPPED_MODEL, ZoneInfo("America/Havana"))
    with store.database.reading() as connection:
        held = Records(store.tables, store.zone).facts(connection, "contact", 1)
        evaluated = connection.execute(text("SELECT evaluated_version FROM rule")).scalar_one()

    assert held is not None
    assert (date(2026, 3, 1), date(2026, 4, 1)) == (
        held.values["created_on"],
        held.items("requests")[0].values["due_on"],
    )
    assert evaluated is None


def test_days_that_people_name_stay_what_they_are_when_the_zone_changes(tmp_path: Path) -> None:
    """When a hold is to be looked at again, when somebody was told, and when a use was permitted."""
    place = Place(tmp_path)
    place.take({"id": "1", "restrict_processing": True})
    holding.place(place.installation, place.store, HoldWanted("1", "lawsuit", review="2026-04-01"))
    restricting.lift(place.installation, place.store, "1", "2026-03-01")
    restricting.permit(place.installation, place.store, "1", Permit("message", "consent", "2026-02-01"))
    havana = replace(place.installation, settings=replace(place.installation.settings, time_zone="America/Havana"))
    store = open_store(place.store.database, SHIPPED_MODEL, ZoneInfo("America/Havana"))
    (restricted,) = restricting.listed(havana, store)

    assert [one["review"] for one in holding.listed(havana, store)] == [date(2026, 4, 1)]
    assert (restricted["told"], restricted["permissions"][0]["said"]) == (date(2026, 3, 1), date(2026, 2, 1))


def test_l3_who_was_restricted_before_an_upgrade_is_so_after_it(tmp_path: Path) -> None:
    """The flag will not be set anew, so the migration opens the row; since when is told by when the flag came."""
    if STORES.kind == SQLITE:
        url = f"sqlite:///{tmp_path / 'old.db'}"
    else:
        url = STORES.server.make("template0", "ENCODING 'UTF8'")
    database, tables = open_database(url), tables_of(SHIPPED_MODEL)
    contacts = tables.records["contact"]
    flagged: dict[str, object] = {"restrict_processing": True, "restrict_processing__unclear": False}
    unclear: dict[str, object] = {"restrict_processing": None, "restrict_processing__unclear": True}
    free: dict[str, object] = {"restrict_processing": False, "restrict_processing__unclear": False}
    with database.writing() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        bring_up_to_date(connection, tables)
        rows = [
            {"id": name, "stored_at": NOON} | one for name, one in zip("abc", (flagged, unclear, free), strict=True)
        ]
        connection.execute(contacts.insert(), rows)
    store = open_store(database, SHIPPED_MODEL, ZoneInfo("Europe/Stockholm"))
    with store.database.reading() as connection:
        found = restrictions.listing(connection, store.tables)
    database.close()

    assert [(one["contact"], one["since"], one["flag"]) for one in found] == [("a", NOON, True), ("b", NOON, True)]


def test_r15_runs_of_before_an_upgrade_have_sums_and_no_books(tmp_path: Path) -> None:
    """What they found is summed up; what they planned was not noted, which is known of the last of them."""
    if STORES.kind == SQLITE:
        url = f"sqlite:///{tmp_path / 'old.db'}"
    else:
        url = STORES.server.make("template0", "ENCODING 'UTF8'")
    database = open_database(url)
    run = (
        "INSERT INTO run (started_at, now, mode, trigger, rulebook, evaluate_seconds, act_seconds) "
        "VALUES (0, 0, 'full', 'api', 'x', 1, 1)"
    )
    of_rule = (
        'INSERT INTO run_rule (run, rule, stage, version, matched, entered, "left", undecided, candidates, actions, basis) '
        "VALUES ({run}, '{rule}', 'live', 'v', 3, 2, 1, 0, 9, '{{}}', 'full')"
    )
    with database.writing() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for one in (run, run, *(of_rule.format(run=2, rule=rule) for rule in "ab")):
            connection.execute(text(one))
    store = open_store(database, SHIPPED_MODEL, ZoneInfo("Europe/Stockholm"))
    with store.database.reading() as connection:
        newest_run, first = runs.listing(connection)
        books = [ledger.has_books(connection, number) for number in (1, 2, 3)]
    database.close()

    assert (newest_run["rules"], newest_run["matched"], newest_run["entered"], newest_run["left"]) == (2, 6, 4, 2)
    assert (first["rules"], first["matched"]) == (0, 0)
    assert books == [False, False, True]


def test_every_rule_is_evaluated_again_when_other_days_are_holidays(tmp_path: Path) -> None:
    """Opening a store with other holidays asks for a full evaluation, opening it with the same ones does not."""
    place = Place(tmp_path, "rules: [{rule: a, if: [{field: created_on, older_than: 5 working days}], then: []}]")
    evaluated = []
    for workdays in (MONDAY_TO_FRIDAY, workdays_of("SE"), workdays_of("SE"), workdays_of("DE-BY"), MONDAY_TO_FRIDAY):
        place.run()
        open_store(place.store.database, SHIPPED_MODEL, place.store.zone, workdays)
        with place.store.database.reading() as connection:
            version = connection.execute(text("SELECT evaluated_version FROM rule")).scalar_one()
        evaluated.append(version is not None)

    assert evaluated == [True, False, True, False, False]


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """An older program refuses a newer store and says what to do."""
    place = Place(tmp_path)
    with place.store.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreUnavailable, match="upgrade ansgar"):
        open_store(place.store.database, SHIPPED_MODEL, place.store.zone)


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite:////proc/nowhere/x.db"])
def test_a_store_that_cannot_be_opened_says_why(url: str) -> None:
    """A wrong URL, a foreign database and a folder that cannot be made are sentences, not tracebacks."""
    with pytest.raises(StoreUnavailable):
        open_database(url)


def test_r12_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A damaged store is told as such, and nothing is written to it."""
    file = tmp_path / "store.db"
    file.write_bytes(b"this is no database at all" * 100)

    with pytest.raises(StoreUnavailable, match="not a database"):
        open_database(f"sqlite:///{file}")
    assert file.read_bytes().startswith(b"this is no database")


def test_writing_is_undone_when_it_fails(tmp_path: Path) -> None:
    """A transaction that ends in an error leaves nothing behind."""
    place = Place(tmp_path)

    def write_and_fail() -> None:
        with place.store.database.writing() as connection:
            connection.execute(text("INSERT INTO setting VALUES ('a', 'b')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with place.store.database.reading() as connection:
        found = connection.execute(text("SELECT count(*) FROM setting WHERE name = 'a'")).scalar_one()

    assert (found, place.clock.now()) == (0, NOON)
