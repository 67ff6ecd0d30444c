"""Live rules that delete are warned about until tests show a match, a non-match and a missing value."""

from pathlib import Path

import pytest

from actions.catalogue import ACTIONS
from engine.language.load import Loader
from engine.model.shipped import SHIPPED_MODEL
from engine.vocabulary.problem import Problem
from tests.rehearsals import load_with_tests
from tests.rulebooks import STOCKHOLM, load

ROOT = Path(__file__).parents[2]
RULE = """\
rules:
  - rule: a
    stage: live
    owner: dpo
    legal_basis: x
    stop_if_more_than: {contacts: 5}
    if: [{field: category, is: Lead}, {field: created_on, older_than: 1 year}]
    then: [{schedule_deletion: {grace: 14 days}}]
"""
LACKING = "`a` is live and deletes, and no test shows "
MATCH, NONE, MISSING = "{expect: match}", "{expect: no_match}", "{expect: undecided}"


def warnings(text: str, **files: str) -> list[Problem]:
    """Return the warnings of that kind about a text with its tests."""
    return [one for one in load_with_tests(text, **files).problems if one.code == "W208"]


def shown_by(*steps: str, rule: str = "a", given: str = "{category: Lead}") -> str:
    """Return the text of a test for each step."""
    head = f"test: s, rule: '{rule}', now: 2026-03-01, given: {given}"
    return "tests:\n" + "".join(f"  - {{{head}, steps: [{step}]}}\n" for step in steps)


@pytest.mark.parametrize(
    ("steps", "lacking"),
    [
        ((), "a match, a non-match or a missing value"),
        ((MATCH,), "a non-match or a missing value"),
        ((NONE,), "a match or a missing value"),
        ((MISSING,), "a match or a non-match"),
        ((MATCH, MISSING), "a non-match"),
        ((NONE, MISSING), "a match"),
        ((MATCH, NONE), "a missing value"),
        ((MATCH, NONE, MISSING), ""),
        # The same, said in other words.
        (("{expect: {deletion: warned}}", "{expect: {case: none}}", "{expect: {case: undecided}}"), ""),
        (("{expect: {case: open}}", "{expect: {reason: NO_LONGER_TRUE}}", MISSING), ""),
        (("{expect: {case: open}}, {expect: {case: closed}}", MISSING), ""),
        # A case that closes because the contact is deleted is no non-match, and one that waits is neither.
        ((MATCH, "{expect: {case: closed, deletion: erased}}", MISSING), "a non-match"),
        (("{expect: {case: waiting}}", NONE, MISSING), "a match"),
        (("{expect: {deletion: none}}", NONE, MISSING), "a match"),
        (("{expect: {messages: []}}",), "a match, a non-match or a missing value"),
    ],
)
def test_what_no_test_shows_is_named(steps: tuple[str, ...], lacking: str) -> None:
    """Each of the three, alone and with the others; nothing where all are shown."""
    found = warnings(RULE, t=shown_by(*steps) if steps else "tests: []")

    assert [one.message for one in found] == ([LACKING + lacking] if lacking else [])
    assert all((one.is_warning, one.place.line) == (True, 2) for one in found)


def test_the_remedy_says_what_to_expect() -> None:
    """With the words that stand in tests."""
    (found,) = warnings(RULE)

    assert found.help == "add a test with `expect: match`, `expect: no_match` and one with `expect: undecided`"


@pytest.mark.parametrize(
    "text",
    [
        RULE.replace("stage: live", "stage: watch"),
        RULE.replace("schedule_deletion: {grace: 14 days}", "raise_alert: x"),
    ],
)
def test_rules_that_are_not_live_or_do_not_delete_need_none(text: str) -> None:
    """What they do can be undone."""
    assert warnings(text) == []


def test_who_does_not_read_tests_does_not_miss_any() -> None:
    """The running service leaves them out, and is not warned."""
    assert [one.code for one in load(RULE).problems] == []


def test_a_test_that_cannot_be_used_is_the_problem_then() -> None:
    """It may be the one that lacks."""
    loaded = load_with_tests(RULE, t=shown_by(MATCH, NONE, "{expect: undecidd}"))

    assert [one.code for one in loaded.all_problems] == ["R106"]


def test_a_value_that_if_missing_settles_is_shown_by_leaving_it_out() -> None:
    """Then nothing is undecided, and a verdict of a record without it is what can be shown."""
    text = RULE.replace("older_than: 1 year", "older_than: 1 year, if_missing: no_match")
    full = "{category: Lead, created_on: 2020-01-01}"

    assert [one.message for one in warnings(text, t=shown_by(MATCH, NONE, given=full))] == [LACKING + "a missing value"]
    assert warnings(text, t=shown_by(MATCH, NONE)) == []
    assert warnings(text, t=shown_by(MATCH, NONE, given="{category: Lead, created_on: null}")) == []


def test_the_rules_of_a_table_share_their_tests() -> None:
    """They are one text: what a test shows of one row it shows of all, and the warning comes once."""
    text = RULE.replace("    if:", "    for_each: [{category: Lead}, {category: x}]\n    if:").replace(
        "is: Lead", "is: $category"
    )
    of_rows = [shown_by(MATCH, NONE, rule="a[Lead]"), shown_by(MISSING, rule="a[x]").removeprefix("tests:\n")]

    assert len(warnings(text)) == 1
    assert warnings(text, t="".join(of_rows)) == []


def test_a_rule_file_is_checked_with_the_tests_beside_it(tmp_path: Path) -> None:
    """Named alone it does not miss them; the suffix of the two is the same."""
    loader = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM)
    (tmp_path / "a.yaml").write_text(RULE)
    alone = loader.load_paths([tmp_path / "a.yaml"], with_tests=True)
    (tmp_path / "a.test.yaml").write_text(shown_by(MATCH, NONE, MISSING))
    beside = loader.load_paths([tmp_path / "a.yaml"], with_tests=True)

    assert [one.code for one in alone.problems] == ["W208"]
    assert beside.problems == ()
    assert len(beside.tests) == 3


def test_shipped_rules_would_have_their_tests_if_they_were_live(tmp_path: Path) -> None:
    """They are free of warnings as they are, and when somebody makes them live."""
    for path in (ROOT / "rules").rglob("*.yaml"):
        name = "-".join(path.relative_to(ROOT / "rules").parts)
        (tmp_path / name).write_text(path.read_text().replace("stage: watch", "stage: live"))
    loaded = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM, ("en", "sv")).load_paths([tmp_path], with_tests=True)

    assert loaded.rulebook is not None
    assert sum(rule.deletes and rule.stage == "live" for rule in loaded.rulebook.rules.values()) >= 2
    assert [one for one in loaded.all_problems if one.code == "W208"] == []
