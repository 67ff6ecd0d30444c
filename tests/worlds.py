"""Made-up worlds: a store that holds one of `strategies.worlds`, and two rules about it."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import delete, insert, select

from actions.catalogue import ACTIONS
from engine.language.load import Loader
from engine.language.rule import Rulebook
from engine.model.facts import Facts
from engine.model.shipped import SHIPPED_MODEL
from engine.model.snapshot import read_snapshot
from engine.store import holds
from engine.store.database import Connection
from engine.store.facts import Records
from engine.store.intake import Intake
from engine.store.schema import Store
from engine.store.tables import CASES, HOLD, RULE
from tests.stores import STORES
from tests.strategies import contacts

ZONES = {name: ZoneInfo(name) for name in ("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe")}
TAKEN_AT = datetime(2026, 1, 1, tzinfo=UTC)


def store_in(zone: str, module: str) -> Store:
    """Return a store in a zone, the same for all tests of a module."""
    return STORES.kept(ZONES[zone], module)


def two_rules(criteria: list[Any], source: list[Any], zone: str) -> Rulebook:
    """Return a rulebook of `rule`, with these criteria, and of `source`, which it can read."""
    rules = [
        {"rule": "source", "if": source, "then": [{"keep_in_selection": "source"}, {"raise_alert": "seen"}]},
        {"rule": "rule", "if": criteria, "then": [{"keep_in_selection": "chosen"}]},
    ]
    loader = Loader(SHIPPED_MODEL, ACTIONS, ZONES[zone])
    loaded = loader.load_texts({"rules.yaml": json.dumps({"rules": rules}, ensure_ascii=False)})
    assert loaded.rulebook is not None, "\n".join(problem.render() for problem in loaded.problems)
    return loaded.rulebook


def fill(connection: Connection, store: Store, world: dict[str, Any]) -> None:
    """Let a store hold a made-up world, and nothing else."""
    tables = store.tables
    for table in (*tables.items.values(), *tables.changes.values(), *tables.records.values(), HOLD, CASES, RULE):
        connection.execute(delete(table))
    for entity, records, prefix in (("company", world["companies"], "c-"), ("contact", world["contacts"], "p-")):
        _take(connection, store, entity, {f"{prefix}{n}": one for n, one in enumerate(records, 1)}, TAKEN_AT)
    people = [f"p-{n}" for n in range(1, len(world["contacts"]) + 1)]
    later, held, open_ = (
        {person: world[key][n] for n, person in enumerate(people) if n in world[key]}
        for key in ("later", "holds", "members")
    )
    _take(connection, store, "contact", later, world["taken_at"])
    records = store.tables.records["contact"]
    keys = {row.id: row.key for row in connection.execute(select(records.c.id, records.c.key))}
    for person, name in held.items():
        holds.add(connection, ("contact", keys[person]), name, "because", TAKEN_AT)
    rule = {"key": 1, "id": "source", "entity": "contact", "stage": "live", "state": "active", "version": "1"}
    connection.execute(
        insert(RULE).values(definition="{}", known_since=TAKEN_AT, evaluated_version="1", watched=(), **rule)
    )
    for person, opened in open_.items():
        connection.execute(insert(CASES).values(rule=1, record=keys[person], opened_at=opened, undecided=False))


def _take(connection: Connection, store: Store, entity: str, records: dict[str, Any], at: datetime) -> None:
    shape = SHIPPED_MODEL.entity(entity)
    snapshots = [read_snapshot(shape, {"id": name, **record}, store.zone) for name, record in records.items()]
    Intake(store.tables, shape, store.zone).take(connection, snapshots, at)


def facts_of(connection: Connection, store: Store) -> dict[str, Facts]:
    """Return what is stored of each contact."""
    records = Records(store.tables, store.zone)
    table = store.tables.records["contact"]
    found = {
        row.id: records.facts(connection, "contact", row.key)
        for row in connection.execute(select(table.c.id, table.c.key))
    }
    return {record: facts for record, facts in found.items() if facts is not None}


def drawn(count: int) -> list[dict[str, Any]]:
    """Return made-up contacts that rules can meet besides their own: drawing rules is what takes time."""
    found: list[dict[str, Any]] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(contacts)
    def draw(contact: dict[str, Any]) -> None:
        found.append(contact)

    draw()
    return found
