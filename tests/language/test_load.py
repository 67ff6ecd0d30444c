"""Loading: all problems of a folder at once, each with its place and its remedy; all or nothing."""

from pathlib import Path

import pytest

from actions.catalogue import ACTIONS
from engine.language.codes import CODES
from engine.language.load import Loader
from engine.model.shipped import SHIPPED_MODEL
from tests.rulebooks import STOCKHOLM, codes, load, rule, rulebook

FIVE_MISTAKES = """\
rules:
  - rule: five-mistakes
    if:
      all:
        - {field: emial, is: x}
        - {field: created_on, oldr_than: 30 days}
        - {field: created_on, older_than: 30 dayz}
        - {count: sales, at_least: many}
    then:
      - keep_in_selektion: five
"""


def test_a_file_with_five_mistakes_reports_five_with_line_column_and_help() -> None:
    """Every mistake is found in one go, in the order of the text, each with the nearest right word."""
    problems = load(FIVE_MISTAKES).problems

    assert [(problem.code, problem.place.line, problem.place.column) for problem in problems] == [
        ("R103", 5, 19),
        ("R104", 6, 31),
        ("R113", 7, 43),
        ("R106", 8, 36),
        ("R115", 10, 9),
    ]
    assert problems[0].help == "did you mean `email`?"
    assert problems[1].help == "did you mean `older_than`?"
    assert problems[4].help == "did you mean `keep_in_selection`?"


def test_a_problem_shows_the_line_with_a_caret_under_the_word() -> None:
    """The rendering names file, line, column and code, and points at the word."""
    assert load(FIVE_MISTAKES).problems[1].render() == (
        "rules.yaml:6:31: error[R104]: unknown test `oldr_than`\n"
        "  |\n"
        "6 |         - {field: created_on, oldr_than: 30 days}\n"
        "  |                               ^^^^^^^^^\n"
        "    = help: did you mean `older_than`?"
    )


def test_norway_is_a_country_and_numbers_keep_their_zeros_as_text() -> None:
    """A plain operand is read as the type of the field, from the text as written."""
    chosen = rule("[{field: country, is: NO}, {field: phone, is: 0123}, {field: owner, one_of: [yes, true, 1e3]}]")

    operands = [part.tests[0].operand for part in chosen.criteria.parts]  # type: ignore[union-attr]
    assert operands[0].value == "NO"
    assert operands[1].value == "0123"
    assert [one.value for one in operands[2]] == ["yes", "true", "1e3"]


@pytest.mark.parametrize(
    ("criterion", "wrong"),
    [
        ("{field: email_bounces, one_of: [1, two, 3, four]}", ["two", "four"]),
        ("{field: created_on, between: [2026-01-01, 2026-13-01]}", ["2026-13-01"]),
        ("{field: tags, has_any: [a, '', {field: tags}]}", ["''", "{field"]),
        ("{consent: marketing, one_of: [given, [granted], null]}", ["[granted", "null"]),
        ("{count: sales, where: {amount: [1, x]}, at_least: 1}", ["x"]),
        ("{field: email_bounces, one_of: [{field: created_on}, 1]}", ["{field"]),
        ("{field: email_bounces, between: [5, 1]}", ["[5"]),  # only together are they wrong
        ("{field: email_bounces, one_of: []}", ["[]"]),
    ],
)
def test_every_member_of_a_list_that_does_not_fit_is_pointed_at(criterion: str, wrong: list[str]) -> None:
    """The list is not to blame for its members; it is where nothing is wrong with each of them alone."""
    problems = load(f"rules:\n  - {{rule: a, if: [{criterion}], then: [{{raise_alert: x}}]}}\n").problems

    assert [problem.code for problem in problems] == ["R106"] * len(wrong)
    pointed = [problem.place.source.lines[1][problem.place.column - 1 :] for problem in problems]
    assert all(text.startswith(word) for text, word in zip(pointed, wrong, strict=True)), pointed


WRONG = {
    "an unknown key in a file": ("rulez: []", "R101"),
    "an unknown key in a rule": ("rules: [{rule: a, if: [{field: email, is: x}], then: [], owenr: me}]", "R101"),
    "a rule without an id": ("rules: [{if: [{field: email, is: x}], then: []}]", "R102"),
    "a rule without criteria": ("rules: [{rule: a, then: []}]", "R102"),
    "an id in capitals": ("rules: [{rule: Inactive Customers, if: [{field: email, is: x}], then: []}]", "R110"),
    "an unknown stage": ("rules: [{rule: a, stage: lvie, if: [{field: email, is: x}], then: []}]", "R106"),
    "an unknown entity": ("rules: [{rule: a, applies_to: kompany, if: [{field: name, is: x}], then: []}]", "R103"),
    "two rules of one id": (
        "rules: [{rule: a, if: [{field: email, is: x}], then: []}, {rule: a, if: [{field: email, is: y}], then: []}]",
        "R111",
    ),
    "two rules that keep one selection": (
        "rules: [{rule: a, if: [{field: email, is: x}], then: [{keep_in_selection: s}]},"
        " {rule: b, if: [{field: email, is: x}], then: [{keep_in_selection: s}]}]",
        "R111",
    ),
    "a circle of rules": (
        "rules: [{rule: a, if: [{selection: sb, is_member: true}], then: [{keep_in_selection: sa}]},"
        " {rule: b, if: [{selection: sa, is_member: true}], then: [{keep_in_selection: sb}]}]",
        "R112",
    ),
    "a live rule that reads a sleeping one": (
        "rules: [{rule: a, if: [{field: email, is: x}], then: [{keep_in_selection: sa}]},"
        " {rule: b, stage: live, if: [{selection: sa, is_member: true}], then: []}]",
        "R119",
    ),
    "an unknown selection": ("rules: [{rule: a, if: [{selection: nowhere, is_member: true}], then: []}]", "R112"),
    "an unknown condition": ("rules: [{rule: a, if: [{condition: nothing}], then: []}]", "R109"),
    "a condition made of itself": ("conditions: {a: [{condition: b}], b: [{condition: a}]}", "R109"),
    "no subject": ("rules: [{rule: a, if: [{older_than: 3 days}], then: []}]", "R107"),
    "two subjects": ("rules: [{rule: a, if: [{field: email, count: sales, is: x}], then: []}]", "R107"),
    "no test": ("rules: [{rule: a, if: [{field: email}], then: []}]", "R108"),
    "a date test on text": ("rules: [{rule: a, if: [{field: email, older_than: 3 days}], then: []}]", "R105"),
    "a day that does not exist": (
        "rules: [{rule: a, if: [{field: created_on, before: 2026-02-30}], then: []}]",
        "R106",
    ),
    "a duration of nothing": ("rules: [{rule: a, if: [{field: created_on, older_than: 0 days}], then: []}]", "R113"),
    "a duration beyond all bounds": (
        "rules: [{rule: a, if: [{field: created_on, older_than: 999999999 years}], then: []}]",
        "R113",
    ),
    "a pattern that RE2 refuses": ("rules: [{rule: a, if: [{field: email, matches: '(a'}], then: []}]", "R114"),
    "a backreference": ("rules: [{rule: a, if: [{field: email, matches: '(a)\\1'}], then: []}]", "R114"),
    "a number that is none": ("rules: [{rule: a, if: [{field: email_bounces, equals: .nan}], then: []}]", "R106"),
    "a pair the wrong way round": (
        "rules: [{rule: a, if: [{field: email_bounces, between: [5, 1]}], then: []}]",
        "R106",
    ),
    "fields of two kinds compared": (
        "rules: [{rule: a, if: [{field: email, is: {field: created_on}}], then: []}]",
        "R106",
    ),
    "a template that reaches out": (
        "rules: [{rule: a, if: [{field: email, is: x}], then: [{raise_alert: '{{ contact.__class__ }}'}]}]",
        "R116",
    ),
    "a key of a later version": (
        "rules: [{rule: a, if: [{field: email, is: x}], then: [{keep_in_selection: b}], approval: {from: dpo}}]",
        "R120",
    ),
    "if_missing that settles nothing": (
        "rules: [{rule: a, if: [{field: email, is: x, if_missing: maybe}], then: []}]",
        "R106",
    ),
    "case on a number": ("rules: [{rule: a, if: [{field: email_bounces, is: 1, case: exact}], then: []}]", "R105"),
    "a cron that never comes": (
        "rules: [{rule: a, check: {cron: '0 0 31 2 *'}, if: [{field: email, is: x}], then: []}]",
        "R117",
    ),
}


@pytest.mark.parametrize(("text", "code"), WRONG.values(), ids=WRONG.keys())
def test_each_mistake_has_its_code(text: str, code: str) -> None:
    """Each kind of mistake is told by its own code, and nothing loads."""
    assert code in codes(text)
    assert load(text).rulebook is None


def test_every_code_that_is_told_is_listed() -> None:
    """No problem has a code that the list does not know."""
    told = {problem.code for text, _ in WRONG.values() for problem in load(text).problems}

    assert told <= set(CODES)


def test_one_broken_file_keeps_all_from_loading(tmp_path: Path) -> None:
    """A folder loads whole or not at all, and says which file is at fault."""
    (tmp_path / "good.yaml").write_text("rules: [{rule: a, if: [{field: email, is: x}], then: []}]")
    (tmp_path / "bad.yaml").write_text("rules: [{rule: b, if: [{field: emial, is: x}], then: []}]")
    (tmp_path / ".hidden.yaml").write_text("nonsense")
    (tmp_path / "good.test.yaml").write_text("nonsense")
    loaded = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM).load_paths([tmp_path])

    assert loaded.rulebook is None
    assert [Path(problem.place.source.name).name for problem in loaded.problems] == ["bad.yaml"]


def test_rewording_a_title_does_not_change_the_version() -> None:
    """The version follows the normal form: wording and order of keys are no part of it, thresholds are."""
    base = rule("[{field: created_on, older_than: 3 days}]").version

    assert base == rule("{all: [{older_than: 3 days, field: created_on}]}", more="    title: Other words\n").version
    assert base != rule("[{field: created_on, older_than: 4 days}]").version


def test_rules_stand_in_the_order_in_which_they_read_each_other() -> None:
    """A rule follows the rule whose selection it reads, wherever it stands in the text."""
    text = (
        "rules: [{rule: reader, if: [{selection: s, is_member: true}], then: []},"
        " {rule: source, if: [{field: email, is: x}], then: [{keep_in_selection: s}]}]"
    )

    assert list(rulebook(text).rules) == ["source", "reader"]


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """A symbolic link that leads out of the rules folder is not followed."""
    outside = tmp_path / "outside.yaml"
    outside.write_text("rules: []")
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(outside)
    loaded = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM).load_paths([folder])

    assert [problem.code for problem in loaded.problems] == ["R001"]
