"""The JSON Schema of rule files: it takes all that loads, and underlines what an editor can know to be wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from actions.catalogue import ACTIONS
from engine.language.schema import schema_of
from engine.language.source import parse, plain_value
from engine.model.declared import with_additions
from engine.model.shipped import SHIPPED_MODEL

ROOT = Path(__file__).parents[2]
VALIDATOR = Draft7Validator(schema_of(SHIPPED_MODEL, ACTIONS))
SHIPPED = sorted((ROOT / "rules").rglob("*.yaml"))
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
def test_every_shipped_rule_file_passes(path: Path) -> None:
    """What loads is not underlined."""
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
