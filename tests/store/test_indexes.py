"""Indexes: rules have those that they need, and none stays that no rule needs."""

from pathlib import Path

from sqlalchemy import inspect

from engine.store.indexes import PREFIX
from tests.installations import Place
from tests.rulebooks import rulebook

RULES = "rules: [{{rule: the-rule, if: {criteria}, then: [{{keep_in_selection: chosen}}]}}]"
OLD = "[{field: created_on, older_than: 30 days}]"
QUIET = "[{count: activities, in_last: 7 days, equals: 0}, {field: company.created_on, older_than: 1 year}]"


def indexes(place: Place) -> set[str]:
    """Return the indexes that were made for rules."""
    inspector = inspect(place.store.database.engine)
    found = [one["name"] or "" for table in inspector.get_table_names() for one in inspector.get_indexes(table)]
    return {name.removeprefix(PREFIX) for name in found if name.startswith(PREFIX)}


def test_a_run_makes_the_indexes_that_its_rules_need_and_drops_those_of_rules_that_are_gone(tmp_path: Path) -> None:
    """One for each date that time passes, on its table, and for references that are followed; off rules need none."""
    place = Place(tmp_path, RULES.format(criteria=OLD))
    place.run()
    assert indexes(place) == {"record_contact__created_on"}

    place.rules = rulebook(RULES.format(criteria=QUIET))
    place.run()
    assert indexes(place) == {
        "item_contact__activities__at__owner_key",
        "record_contact__company",
        "record_company__created_on",
    }

    place.rules = rulebook(RULES.format(criteria=OLD).replace("if:", "stage: off, if:"))
    place.run()
    assert indexes(place) == set()
