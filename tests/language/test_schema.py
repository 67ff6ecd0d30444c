"""The JSON Schema of rule files: it takes all that loads, and underlines what an editor can know to be wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from actions.catalogue import ACTIONS
from engine.language.expectations import LISTS, WORDS
from engine.language.rule_steps import EVENT_KEYS, STEP_KEYS
from engine.language.rule_tests import KEYS
from engine.language.schema import schema_of
from engine.language.source import parse, plain_value
from engine.model.declared import with_additions
from engine.model.shipped import SHIPPED_MODEL

ROOT = Path(__file__).parents[2]
VALIDATOR = Draft7Validator(schema_of(SHIPPED_MODEL, ACTIONS))
SHIPPED = sorted((*(ROOT / "rules").rglob("*.yaml"), *(ROOT / "tests" / "rules_to_express").glob("*.yaml")))
RULE = "rules: [{{rule: a, if: {criteria}, then: {then}}}]"


def documents(text: str) -> list[Any]:
    """Return the documents of a text as an editor reads them."""
    return [plain_value(node) for node in parse(text, "rules.yaml").documents]


def faults(text: str) -> list[str]:
    """Return where an editor would underline."""
    return ["/".join(map(str, error.path)) for one in documents(text) for error in VALIDATOR.iter_errors(one)]


def test_the_schema_is_one() -> None:
    """It is a schema itself."""
    Draft7Validator.check_schema(schema_of(SHIPPED_MODEL, ACTIONS))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_rule_file_passes_with_its_tests(path: Path) -> None:
    """What loads is not underlined, be it shipped or one of those that the language must express."""
    assert faults(path.read_text()) == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_every_example_in_the_docs_passes(path: Path) -> None:
    """What an admin copies is not underlined."""
    for block in re.findall(r"```yaml\n(.*?)```", path.read_text(), re.DOTALL):
        assert faults(block) == []


@pytest.mark.parametrize(
    ("criteria", "then"),
    [
        ("[{field: category, iss: Lead}]", "[{raise_alert: x}]"),
        ("[{field: categry, is: Lead}]", "[{raise_alert: x}]"),
        ("[{field: created_on, older_than: 30 daze}]", "[{raise_alert: x}]"),
        ("[{field: created_on, contains: x}]", "[{raise_alert: x}]"),
        ("[{count: sails, at_least: 1}]", "[{raise_alert: x}]"),
        ("[{count: sales, where: {stat: sold}, at_least: 1}]", "[{raise_alert: x}]"),
        ("[{sum: sales.status, at_least: 1}]", "[{raise_alert: x}]"),
        ("[{consent: marketing, is: granted}]", "[{raise_alert: x}]"),
        ("{al: [{field: category, is: Lead}]}", "[{raise_alert: x}]"),
        ("[{field: category, is: Lead}]", "[{raise_alrt: x}]"),
        ("[{field: category, is: Lead}]", "[{raise_alert: {message: x, severity: bad}}]"),
        ("[{field: category, is: Lead}]", "[{notify: {to: dpo}}]"),
    ],
)
def test_what_an_editor_can_know_to_be_wrong_is_underlined(criteria: str, then: str) -> None:
    """Unknown fields, tests, words, verbs and keys, unreadable durations, and keys that are missing."""
    assert faults(RULE.format(criteria=criteria, then=then)) != []


TEST = "tests: [{{test: a, rule: b, now: 2026-03-01, given: {{category: Lead}}, {more}}}]"
RIGHT_TESTS = (
    "expect: match",
    "expect: {case: waiting, deletion: none, reason: HOLD, refused: ERASED, messages: [], alerts: [a]}",
    "with: {country: NO, incident: 7}, broken_feeds: [sales], expect: undecided",
    "events: [{type: mailing.sent, time: 2026-02-20, id: 7, data: {a: [1]}}], expect: no_match",
    "steps: [{move_clock: 7 days}, {place_hold: lawsuit}, {place_hold: {name: a, reason: b}}, {lift_hold: any}]",
    "steps: [{decide: approve}, {decide: release, expect: {selections: [a]}}]",
    "steps: [{change: {company: {category: x}, sales: [{id: 1, amount: 1.5, at: 2026-02-01}], birth_date: null}}]",
    "steps: [{change: {consents: [{purpose: a, status: given, legal_basis: CONSENT}], requests: null, phone: 0123}}]",
    "steps: [{change: {ends_on: 2026-02-01}}]",  # of a project
)
WRONG_TESTS = (
    "expect: mach",
    "expect: {cas: open}",
    "expect: {case: opened}",
    "expect: {deletion: waiting}",
    "expect: {refused: erased}",
    "expect: {messages: a}",
    "expect: {}",
    "steps: []",
    "steps: [{}]",
    "steps: [{move_clok: 7 days}]",
    "steps: [{move_clock: 7 daze}]",
    "steps: [{decide: aprove}]",
    "steps: [{place_hold: {nam: a}}]",
    "steps: [{event: {data: {}}}]",
    "steps: [{change: {catgory: x}}]",
    "steps: [{change: {created_on: soon}}]",
    "steps: [{change: {restrict_processing: 1}}]",
    "steps: [{change: {sales: [{amont: 1}]}}]",
    "steps: [{change: {consents: [{legal_basis: consnt}]}}]",
    "steps: [{change: {company: {catgory: x}}}]",
    "events: [], expect: match",
    "events: [{tipe: x}], expect: match",
    "broken_feeds: [sails], expect: match",
    "expect: match, steps: [{expect: match}]",
    "broken_feeds: []",
    "expct: match",
)


@pytest.mark.parametrize("more", RIGHT_TESTS)
def test_a_test_that_can_be_written_is_not_underlined(more: str) -> None:
    """Of whatever entity, with every key, values as they are written."""
    assert faults(TEST.format(more=more)) == []


@pytest.mark.parametrize("more", WRONG_TESTS)
def test_what_is_wrong_in_a_test_is_underlined(more: str) -> None:
    """Keys, words, durations, fields and items that are none, and what is missing."""
    assert faults(TEST.format(more=more)) != []


def test_editors_complete_every_key_of_tests_and_no_other() -> None:
    """The schema has the very keys that tests are read with."""
    found = schema_of(SHIPPED_MODEL, ACTIONS)["definitions"]
    expected = next(one for one in found["expected"]["anyOf"] if "properties" in one)

    assert set(found["tests"]["items"]["properties"]) == set(KEYS)
    assert set(found["test_step"]["properties"]) == set(STEP_KEYS)
    assert set(found["test_event"]["properties"]) == set(EVENT_KEYS)
    assert set(expected["properties"]) == {*WORDS, *LISTS}
    for entity in SHIPPED_MODEL.entities.values():
        assert set(found[f"given_{entity.name}"]["properties"]) == {*entity.fields, *entity.collections}


def test_custom_fields_are_known_and_rules_on_companies_have_their_own() -> None:
    """The schema is that of the installation's model, entity by entity."""
    model = with_additions(SHIPPED_MODEL, {"contact": {"fields": {"loyalty_level": "text"}}})
    validator = Draft7Validator(schema_of(model, ACTIONS))
    own = documents(RULE.format(criteria="[{field: loyalty_level, is: gold}]", then="[{raise_alert: x}]"))[0]
    project = (
        "rules: [{{rule: a, applies_to: {}, if: [{{field: ends_on, older_than: 1 day}}], then: [{{raise_alert: x}}]}}]"
    )

    assert list(validator.iter_errors(own)) == []
    assert list(VALIDATOR.iter_errors(own)) != []
    assert faults(project.format("project")) == []
    assert faults(project.format("contact")) != []
