"""The reference is what the lists in code give, and has a sentence for everything that a rule can write."""

from pathlib import Path

from actions.catalogue import ACTIONS
from engine.language.arguments import keys_of
from engine.language.expectations import LISTS, WORDS
from engine.language.rule_steps import EVENT_KEYS, STEP_KEYS
from engine.language.rule_tests import KEYS
from engine.language.subjects.catalogue import SUBJECTS
from engine.language.subjects.kind_of_subject import FURTHER_KEYS
from engine.service.guards import GUARDS
from engine.service.reference.page import page
from engine.service.reference.rule_tests import EVENTS, EXPECTED, STEPS, TEST_KEYS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference.md"


def test_the_reference_is_what_the_code_gives() -> None:
    """Whoever changes a list renews the page."""
    assert page() == REFERENCE.read_text(), "docs/reference.md is out of date: run `make reference`"


def test_every_subject_argument_and_guard_says_what_it_is() -> None:
    """No line of the reference is without its sentence."""
    arguments = [(verb, key, spec) for verb, action in ACTIONS.items() for key, spec in keys_of(action).items()]

    assert [one.key for one in SUBJECTS.values() if not one.about] == []
    assert {key for one in SUBJECTS.values() for key in one.further} == set(FURTHER_KEYS)
    assert [(verb, key) for verb, key, spec in arguments if not spec.metadata["about"]] == []
    assert [code for code, applies, _ in GUARDS if not applies.__doc__] == []


def test_every_key_of_a_test_has_a_sentence() -> None:
    """A key that is new in tests of rules gets its sentence in `engine/service/reference/rule_tests.py`."""
    assert set(KEYS) - set(TEST_KEYS) == set()
    assert set(STEP_KEYS) - set(STEPS) == set()
    assert set(EVENT_KEYS) - set(EVENTS) == set()
    assert {*WORDS, *LISTS} - set(EXPECTED) == set()
