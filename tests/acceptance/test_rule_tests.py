"""`ansgar test` as its users meet it: what it runs, what a failure looks like, how it exits."""

import json
from pathlib import Path

import pytest

from tests.acceptance.test_commands import Folder

ROOT = Path(__file__).parents[2]
RULE = """\
rules:
  - rule: norwegians
    stage: watch
    if:
      all:
        - {field: country, is: NO}
        - {field: created_on, older_than: 1 year}
    then: [{keep_in_selection: norwegians}]
"""
TESTS = """\
tests:
  - test: a Norwegian of old is one
    rule: norwegians
    now: 2026-03-01T08:00:00+01:00
    given: {country: NO, created_on: 2020-01-01}
    expect: match
  - test: a Swede is none
    rule: norwegians
    now: 2026-03-01T08:00:00+01:00
    given: {country: SE, created_on: 2020-01-01}
    expect: no_match
"""
WRONG = """\
tests:
  - test: a Norwegian becomes one within a year
    rule: norwegians
    now: 2026-03-01T08:00:00+01:00
    given: {country: NO, created_on: 2026-01-01}
    steps:
      - expect: no_match
      - move_clock: 6 months
        expect: {verdict: match, selections: [norwegians]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a working directory with a rule and its tests, and no configuration."""
    made = Folder(tmp_path)
    made.write(RULE)
    made.write(TESTS, "rules.test.yaml")
    return made


def test_the_shipped_rules_pass_their_tests() -> None:
    """Every shipped rule has tests that pass, and together they see each criterion true and false."""
    root = Folder.__new__(Folder)
    root.path = ROOT
    found = json.loads(root.run("--json", "test", "rules", "--coverage").stdout)

    assert (found["failed"], found["problems"]) == ([], [])
    assert found["tests"] == found["passed"] > 50
    assert found["coverage"]["percent"] == 100.0
    assert all(rule["tests"] >= 3 for rule in found["coverage"]["rules"])


def test_tests_that_pass_say_so_in_one_line(folder: Folder) -> None:
    """Nothing is configured or stored: the tests of the rules folder run, and nothing is left behind."""
    done = folder.run("test")

    assert (done.returncode, done.stdout, done.stderr) == (0, "2 tests: 2 passed, 0 failed\n", "")
    assert [path.name for path in folder.path.iterdir()] == ["rules"]


def test_a_failure_shows_both_sides_and_the_reason(folder: Folder) -> None:
    """File and line, the sentence, expected and found side by side, and why the verdict is what it is."""
    folder.write(WRONG, "wrong.test.yaml")
    done = folder.run("test")

    assert done.returncode == 1
    assert done.stdout == (
        "FAILED rules/wrong.test.yaml:2: a Norwegian becomes one within a year\n"
        "  norwegians, step 2 in line 8, at 2026-09-01 08:00\n"
        "                expected    found\n"
        "    verdict     match       no_match\n"
        "    selections  norwegians  nothing\n"
        "  ✗ all of these\n"
        "    ✓ field country is NO  [is NO]\n"
        "    ✗ field created_on is older than 1 year  [is 2026-01-01]  [asked: before 2025-09-02]\n"
        "\n"
        "3 tests: 2 passed, 1 failed\n"
    )


def test_a_failure_as_json(folder: Folder) -> None:
    """One document with the sums, each failure with its place and differences, and no coverage unless asked for."""
    folder.write(WRONG, "wrong.test.yaml")
    found = folder.json("test")

    assert {"tests": 3, "passed": 2, "problems": [], "coverage": None}.items() <= found.items()
    (failed,) = found["failed"]
    assert {
        "test": "a Norwegian becomes one within a year",
        "rule": "norwegians",
        "file": "rules/wrong.test.yaml",
        "line": 2,
        "step": 2,
        "step_line": 8,
        "now": "2026-09-01T06:00:00+00:00",
        "said": [],
        "differences": [
            {"what": "verdict", "expected": "match", "found": "no_match"},
            {"what": "selections", "expected": ["norwegians"], "found": []},
        ],
    }.items() <= failed.items()
    assert failed["tree"]["truth"] == "false"


def test_coverage_names_what_was_never_seen_and_changes_no_exit_code(folder: Folder) -> None:
    """A criterion counts when it was seen true and false; which side is missing is told with its place."""
    done = folder.run("test", "--coverage")
    found = folder.json("test", "--coverage")["coverage"]

    assert done.returncode == 0
    assert "rules/rules.yaml:7:12: norwegians: never false: field created_on is older than 1 year\n" in done.stdout
    assert "coverage: 50.0 %\n" in done.stdout
    assert found["percent"] == 50.0
    (rule,) = found["rules"]
    assert (rule["rule"], rule["tests"], rule["percent"]) == ("norwegians", 2, 50.0)
    assert [(one["true"], one["false"]) for one in rule["criteria"]] == [(True, True), (True, False)]


def test_a_wrong_test_is_a_problem_of_its_own(folder: Folder) -> None:
    """It is told like every mistake, by `check` too, and keeps neither rules nor other tests from working."""
    folder.write(TESTS.replace("given: {country: SE", "given: {contry: SE"), "rules.test.yaml")
    done, checked = folder.run("test"), folder.run("check")

    assert (done.returncode, checked.returncode) == (1, 1)
    assert "rules/rules.test.yaml:10:13: error[R103]: unknown field or collection `contry` of contact" in done.stdout
    assert "1 test: 1 passed, 0 failed; 1 problem to mend first" in done.stdout
    assert "did you mean `country`?" in checked.stdout
    assert "1 rule, 1 error, 0 warnings in 2 files" in checked.stdout
    assert [problem["code"] for problem in folder.json("test")["problems"]] == ["R103"]
    assert folder.run("run").returncode == 0


def test_rules_that_are_wrong_are_not_tested(folder: Folder) -> None:
    """What is wrong with them is shown instead."""
    folder.write(RULE.replace("country", "contry"))
    done = folder.run("test")

    assert done.returncode == 1
    assert "error[R103]" in done.stdout
    assert done.stdout.endswith("0 tests: 0 passed, 0 failed; 1 problem to mend first\n")


@pytest.mark.parametrize(
    ("paths", "tests"),
    [
        (("rules",), 3),
        (("rules/rules.yaml",), 2),
        (("rules/rules.test.yaml",), 2),
        (("rules/sub",), 1),
        (("rules/sub/more.test.yaml", "rules/rules.yaml"), 3),
        (("elsewhere",), 2),
        (("elsewhere/rules.yaml",), 2),
        (("elsewhere/rules.test.yaml",), 2),
        (("elsewhere", "rules/sub"), 3),
        (("elsewhere/alone.yaml",), 0),
    ],
)
def test_paths_choose_what_is_tested(folder: Folder, paths: tuple[str, ...], tests: int) -> None:
    """What lies in the rules folder is tested with the whole rulebook; elsewhere a folder or file is one of its own."""
    (folder.path / "rules" / "sub").mkdir()
    folder.write(TESTS.split("  - test: a Swede", maxsplit=1)[0], "sub/more.test.yaml")
    (folder.path / "elsewhere").mkdir()
    (folder.path / "elsewhere" / "rules.yaml").write_text(RULE)
    (folder.path / "elsewhere" / "rules.test.yaml").write_text(TESTS)
    (folder.path / "elsewhere" / "alone.yaml").write_text(RULE.replace("norwegians", "others"))
    found = folder.json("test", *paths)

    assert (tests, [], []) == (found["tests"], found["failed"], found["problems"])


def test_a_path_that_is_not_there_is_a_wrong_call(folder: Folder) -> None:
    """It exits as usage does and names the path."""
    done = folder.run("test", "nowhere")

    assert (done.returncode, done.stderr) == (2, "nowhere: there is no such file or folder\n")
