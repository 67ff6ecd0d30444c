"""Vacancies: warnings about fields that rules read and no record has a value for, where a store is there to ask."""

from collections.abc import Iterator
from contextlib import closing

from engine.language.criteria import Group, criteria_of
from engine.language.reads import paths
from engine.language.rule import Rulebook
from engine.model.entity import Model
from engine.service.config import resolved_url
from engine.service.installation import Installation
from engine.store.database import Database, open_existing
from engine.store.records import RecordTables, tables_of
from engine.store.unavailable import StoreUnavailable
from engine.store.vacancy import vacant
from engine.vocabulary.problem import Place, Problem

Reading = tuple[Place, str, str]  # where a rule reads which field of which entity


def vacancies(installation: Installation, rulebook: Rulebook) -> tuple[Problem, ...]:
    """Return a warning for each place that reads a field without any value; without a store none, and none is made."""
    awake = [rule for rule in rulebook.rules.values() if rule.stage != "off"]
    wanted = [one for rule in awake for one in _readings(rule.criteria, rule.entity, installation.model)]
    empty = _vacant(installation, wanted)
    found = {
        Problem("W207", place, f"no {entity} has a value for `{field}`", _remedy(entity), is_warning=True)
        for place, entity, field in wanted
        if (entity, field) in empty
    }
    return tuple(sorted(found, key=lambda one: one.order))


def _remedy(entity: str) -> str:
    return f"let the CRM send it; until then what is asked of it is unknown for every {entity}"


def _readings(criteria: Group, entity: str, model: Model) -> Iterator[Reading]:
    for criterion in criteria_of(criteria):
        for path in sorted(paths(criterion.form())):
            owner = entity
            for step in path:
                yield criterion.place, owner, step
                owner = model.entity(owner).fields[step].references or owner


def _vacant(installation: Installation, wanted: list[Reading]) -> set[tuple[str, str]]:
    fields: dict[str, set[str]] = {}
    for _, entity, field in wanted:
        fields.setdefault(entity, set()).add(field)
    try:
        database = open_existing(resolved_url(installation.settings.store.url, installation.home))
        return set() if database is None else _empty_in(database, tables_of(installation.model), fields)
    except StoreUnavailable:
        return set()  # `ansgar doctor` says what is wrong with it


def _empty_in(database: Database, tables: RecordTables, fields: dict[str, set[str]]) -> set[tuple[str, str]]:
    with closing(database), database.reading() as connection:
        return {(entity, one) for entity, names in fields.items() for one in vacant(connection, tables, entity, names)}
