"""The audit of verdicts: what is stored is derived again, told where it differs, and never repaired."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from engine.service.audit import Audit
from engine.service.auditing import audit
from engine.service.example_contacts import example_companies, example_contacts
from engine.service.example_rarities import example_projects
from engine.service.shipped import shipped
from engine.service.tick import follow_changes
from engine.store import changes, holds
from engine.store.tables import CASES, RULE
from tests.installations import NOON, Place
from tests.rulebooks import load_folder, rulebook

RULES = """\
rules:
  - rule: norwegians
    stage: live
    if: [{field: country, is: NO}, {field: created_on, older_than: 1 year}]
    then: [{keep_in_selection: norwegians}]
  - rule: of-leads
    stage: watch
    if: [{field: company.category, is: Lead}]
    then: [{keep_in_selection: of-leads}]
  - rule: readers
    stage: live
    if: [{selection: norwegians, is_member: true}]
    then: [{keep_in_selection: readers}]
  - rule: patient
    stage: live
    if: {all: [{field: country, is: NO}], for_at_least: 30 days}
    then: [{keep_in_selection: patient}]
"""
PEOPLE: tuple[dict[str, Any], ...] = (
    {"id": "a", "country": "NO", "created_on": "2020-01-01", "company": "c-1"},
    {"id": "b", "country": "SE", "created_on": "2020-01-01", "company": "c-1"},
    {"id": "c", "country": "NO", "created_on": "2025-06-01"},
    {"id": "d", "country": "NO"},
)


def place_with(folder: Path, rules: str = RULES) -> Place:
    """Return a place whose rules were evaluated once."""
    place = Place(folder, rules)
    place.take({"id": "c-1", "category": "Lead"}, entity="company")
    place.take(*PEOPLE)
    place.run()
    return place


def audited(place: Place) -> Audit:
    """Return an audit that is made now."""
    return audit(place.installation, place.store, place.rules, place.installation.moment())


def differing(found: Audit) -> list[tuple[object, ...]]:
    """Return (rule, contact, stored, derived) of every difference."""
    return [tuple(one[name] for name in ("rule", "contact", "stored", "derived")) for one in found.differences()]


def case_of(place: Place, rule: str, contact: str) -> Any:
    """Return the condition of a stored case."""
    key = select(RULE.c.key).where(RULE.c.id == rule).scalar_subquery()
    return (CASES.c.rule == key) & (CASES.c.record == place.key_of(contact))


def written(place: Place, statement: Any) -> None:
    """Do to the store what nobody should."""
    with place.store.database.writing() as connection:
        connection.execute(statement)


def test_what_was_evaluated_is_found_as_it_is(tmp_path: Path) -> None:
    """After a run nothing differs, undecided and waiting verdicts included, and also when time has passed since."""
    place = place_with(tmp_path)
    place.clock.move(timedelta(days=900))

    found = audited(place)

    assert differing(found) == []
    assert (found.compared, found.changed_since, found.not_audited) == (16, 0, {})


def test_the_shipped_rules_agree_on_the_example_contacts(tmp_path: Path) -> None:
    """Each rule that can be audited is, over all example contacts; those that cannot be are named with the reason."""
    place = Place(tmp_path)
    place.rules = load_folder(shipped("rules"))
    today = NOON.date()
    place.take_lines((json.dumps(one).encode() for one in example_companies(today)), entity="company")
    place.take_lines((json.dumps(one).encode() for one in example_projects(today)), entity="project")
    place.take_lines(json.dumps(one).encode() for one in example_contacts(today))
    place.run()

    found = audited(place)

    assert differing(found) == []
    assert len(found.rules) > 5
    there = {
        "contact": len(list(example_contacts(today))),
        "company": len(list(example_companies(today))),
        "project": len(list(example_projects(today))),
    }
    rules = place.rules.rules
    assert all(one.findings.compared == there[rules[one.rule].entity] for one in found.rules)
    assert set(found.not_audited) | {one.rule for one in found.rules} == set(place.rules.rules)


def test_a_case_that_was_tampered_with_is_told_and_nothing_is_repaired(tmp_path: Path) -> None:
    """One that is missing, one too many, one that is decided and should not be: each by rule and contact, again and again."""
    place = place_with(tmp_path)
    rule = select(RULE.c.key).where(RULE.c.id == "norwegians").scalar_subquery()
    written(place, delete(CASES).where(case_of(place, "norwegians", "a")))
    written(place, insert(CASES).values(rule=rule, record=place.key_of("b"), opened_at=NOON, undecided=False))
    written(place, update(CASES).where(case_of(place, "norwegians", "d")).values(undecided=False, opened_at=NOON))
    before = place.cases()

    for _ in range(2):
        found = audited(place)
        # The verdicts of `readers` were made of those that were there before, and so differ, too.
        assert [one for one in differing(found) if one[0] == "norwegians"] == [
            ("norwegians", "a", "no_match", "match"),
            ("norwegians", "b", "match", "no_match"),
            ("norwegians", "d", "match", "undecided"),
        ]
        assert {one["evaluated_at"] for one in found.differences()} == {NOON}
    assert place.cases() == before


def test_a_case_that_waited_for_long_enough_and_is_not_open_is_told(tmp_path: Path) -> None:
    """Who waits is no difference until the term has passed; then the case should have been opened."""
    place = place_with(tmp_path)
    place.clock.move(timedelta(days=40))
    place.run()
    assert differing(audited(place)) == []
    since = NOON - timedelta(days=1)
    written(place, update(CASES).where(case_of(place, "patient", "a")).values(opened_at=None, true_since=since))

    assert differing(audited(place)) == [("patient", "a", "waiting", "match")]


def test_a_case_of_a_record_that_is_gone_is_told(tmp_path: Path) -> None:
    """Nobody can be named; the verdict should not be there."""
    place = place_with(tmp_path)
    rule = select(RULE.c.key).where(RULE.c.id == "norwegians").scalar_subquery()
    written(place, insert(CASES).values(rule=rule, record=4711, opened_at=NOON, undecided=False))

    assert differing(audited(place)) == [("norwegians", None, "match", "no_match")]


def _edit_country(place: Place) -> None:
    place.take({"id": "a", "country": "SE"})


def _edit_company(place: Place) -> None:
    place.take({"id": "c-1", "category": "Customer"}, entity="company")


def _arrive(place: Place) -> None:
    place.take({"id": "new", "country": "NO", "created_on": "2020-01-01", "company": "c-1"})


@pytest.mark.parametrize(
    ("happens", "set_aside"),
    [
        (_edit_country, {"norwegians": 1, "of-leads": 0, "readers": 1, "patient": 1}),
        (_edit_company, {"norwegians": 0, "of-leads": 2, "readers": 0, "patient": 0}),
        (_arrive, {"norwegians": 1, "of-leads": 1, "readers": 1, "patient": 1}),
    ],
)
def test_who_changed_since_is_set_aside_and_not_told(
    tmp_path: Path, happens: Callable[[Place], None], set_aside: dict[str, int]
) -> None:
    """What is not due yet is no difference: of the contact itself, of what it refers to, of what its rule reads of it."""
    place = place_with(tmp_path)
    place.clock.move(timedelta(days=1))
    happens(place)

    found = audited(place)

    assert differing(found) == []
    assert {one.rule: one.findings.changed_since for one in found.rules} == set_aside


def test_a_change_that_was_judged_when_it_happened_is_no_difference(tmp_path: Path) -> None:
    """Its verdict is newer than the rule's last evaluation; a rule that reads one that has moved waits for its own run."""
    place = place_with(tmp_path)
    place.clock.move(timedelta(days=1))
    _edit_country(place)
    follow_changes(place.scene(), place.installation.moment())

    found = audited(place)

    assert differing(found) == []
    assert found.not_audited == {"readers": "norwegians, which it reads, has moved since this rule was last evaluated"}
    place.run()
    assert (audited(place).changed_since, audited(place).not_audited) == (0, {})


def test_what_nobody_reads_is_set_aside_nowhere(tmp_path: Path) -> None:
    """A change of a field that no rule reads leaves all verdicts to be audited."""
    place = place_with(tmp_path)
    place.take({"id": "a", "email": "a@x.example"})

    assert audited(place).changed_since == 0


def _change_rule(place: Place) -> None:
    place.rules = rulebook(RULES.replace("{field: country, is: NO}, {", "{field: country, is: SE}, {"))


def _forget_changes(place: Place) -> None:
    _edit_country(place)
    with place.store.database.writing() as connection:
        changes.mark_seen(connection, changes.newest(connection))
        assert changes.prune(connection, NOON + timedelta(days=1)) > 0


def _remove_rule(place: Place) -> None:
    place.rules = rulebook(RULES.partition("  - rule: patient")[0])


@pytest.mark.parametrize(
    ("happens", "rule", "reason"),
    [
        (_change_rule, "norwegians", "the rule has changed since it was last evaluated"),
        (_forget_changes, "patient", "the change log does not reach back to its last evaluation"),
        (_remove_rule, "patient", "it is not in the rulebook any more"),
    ],
)
def test_what_cannot_be_audited_is_named_with_the_reason(
    tmp_path: Path, happens: Callable[[Place], None], rule: str, reason: str
) -> None:
    """No verdict is derived where what it came from is not known any more."""
    place = place_with(tmp_path)
    happens(place)

    assert audited(place).not_audited[rule] == reason


OTHERS = """\
rules:
  - {rule: asleep, stage: 'off', if: [{field: country, is: NO}], then: [{keep_in_selection: asleep}]}
  - {rule: told, stage: live, check: {when_event: {event: restrict_processing.changed, to: true}}, if: [{field: country, is: NO}], then: [{keep_in_selection: told}]}
  - {rule: reads-told, stage: live, if: [{selection: told, is_member: true}], then: [{keep_in_selection: more}]}
  - {rule: fresh, stage: live, if: [{field: country, is: NO}], then: [{keep_in_selection: fresh}]}
"""


def test_rules_without_verdicts_of_one_instant_are_named(tmp_path: Path) -> None:
    """Those that are off, wait for events, read such a rule, or were not evaluated yet."""
    place = Place(tmp_path, OTHERS)

    assert audited(place).not_audited == {
        "asleep": "it is off",
        "told": "it waits for events",
        "reads-told": "told, which it reads, waits for events",
        "fresh": "it was not evaluated yet",
    }


def test_a_hold_is_a_change(tmp_path: Path) -> None:
    """Who is put on hold after the evaluation is set aside where the rule asks for holds."""
    rules = "rules: [{rule: held, stage: live, if: [{hold: any, is_active: true}], then: [{keep_in_selection: held}]}]"
    place = place_with(tmp_path, rules)
    with place.store.database.writing() as connection:
        holds.add(connection, ("contact", place.key_of("a")), "lawsuit", "because", NOON)

    assert (differing(audited(place)), audited(place).changed_since) == ([], 1)
    place.run()
    assert (differing(audited(place)), audited(place).changed_since) == ([], 0)
