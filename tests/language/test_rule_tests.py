"""Tests of rules as text: what can be written, what it is read as, and what a mistake in it gets."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from actions.catalogue import ACTIONS
from engine.language.expectations import WORDS
from engine.language.load import Loader
from engine.language.rule_steps import Hold
from engine.language.rule_tests import RuleTest
from engine.model.shipped import SHIPPED_MODEL
from engine.store.deletions import MOVES
from engine.vocabulary.duration import Duration
from tests.rehearsals import load_with_tests
from tests.rulebooks import STOCKHOLM, load

RULES = """\
rules:
  - rule: the-rule
    if: [{field: category, is: Lead}]
    then: [{keep_in_selection: chosen}]
  - rule: of-companies
    applies_to: company
    if: [{field: category, is: Lead}]
    then: [{keep_in_selection: companies}]
  - rule: asked
    needs: {country: {type: text, ask: Which country}, among: {type: selection, ask: Which selection}}
    if: [{field: country, is: $country}, {selection: $among, is_member: true}]
    then: [{keep_in_selection: found}]
messages:
  hello: {subject: a, body: b}
"""


def one_test(text: str) -> RuleTest:
    """Return the one test of a text that must be right."""
    loaded = load_with_tests(RULES, t=f"tests:\n  - test: a sentence\n    now: 2026-03-01\n{text}")
    assert loaded.test_problems == (), "\n".join(problem.render() for problem in loaded.test_problems)
    return loaded.tests[0]


def test_values_are_read_as_their_fields_ask_from_the_text_as_written() -> None:
    """Norway is a country, a number keeps its zero where it is text, money is exact, days and instants are dates."""
    read = one_test("""\
    rule: the-rule
    given:
      country: NO
      phone: 0123
      email_bounces: 2
      created_on: 2026-01-10
      tags: [yes, 1e3]
      restrict_processing: true
      special_category: null
      birth_date: null
      sales: [{id: 7, amount: 12.50, at: 2026-02-10T10:00}]
    expect: match
""")

    snapshot = read.given[0].snapshot
    assert {
        "country": "NO",
        "phone": "0123",
        "email_bounces": Decimal(2),
        "created_on": date(2026, 1, 10),
        "tags": ("yes", "1e3"),
        "restrict_processing": True,
        "special_category": None,
        "birth_date": None,
    } == snapshot.values
    assert frozenset({"special_category"}) == snapshot.unclear
    (sale,) = snapshot.collections["sales"]
    assert ("7", Decimal("12.5"), datetime(2026, 2, 10, 9, tzinfo=UTC)) == (
        sale.id,
        sale.values["amount"],
        sale.values["at"],
    )


def test_a_record_that_is_referred_to_is_given_as_a_mapping_and_comes_first() -> None:
    """The company of a contact is a record of its own, to which the contact then refers."""
    read = one_test("    rule: the-rule\n    given: {company: {category: Key account}}\n    expect: match\n")

    company, contact = read.given
    assert (company.entity, company.snapshot.values) == ("company", {"category": "Key account"})
    assert {"company": company.snapshot.id} == contact.snapshot.values


def test_a_rule_that_needs_inputs_is_asked_with_them() -> None:
    """`with` has each of them and no other, and they are checked as those of a run are."""
    read = one_test("    rule: asked\n    with: {country: NO, among: chosen}\n    given: {}\n    expect: match\n")
    wrong = [
        load_with_tests(
            RULES, t=HEAD.replace("the-rule", "asked") + f"    {more}\n    given: {{}}\n    expect: match\n"
        )
        for more in ("with: {country: NO}", "with: {country: NO, among: chosn}", "broken_feeds: []")
    ]

    assert read.inputs == {"country": "NO", "among": "chosen"}
    assert [[one.code for one in each.test_problems] for each in wrong] == [["R102"], ["R112"], ["R102", "R102"]]
    assert wrong[0].test_problems[0].help == "write `with: {country: …, among: …}`"


def test_steps_are_read_in_their_order() -> None:
    """Each step has its movement, change or event, and what is then expected, lists sorted."""
    read = one_test("""\
    rule: the-rule
    given: {}
    broken_feeds: [sales]
    steps:
      - move_clock: 7 days
        expect: {case: waiting, messages: [hello, deletion-warning]}
      - change: {category: Lead}
      - event: {type: consent.given, id: 5, data: {purpose: storage, at: 2026-03-01}}
        expect: no_match
""")

    first, second, third = read.steps
    assert Duration(days=7) == first.move_clock
    assert first.expected == {"case": "waiting", "messages": ("deletion-warning", "hello")}
    assert second.change[0].snapshot.values == {"category": "Lead"}
    assert third.event == {"type": "consent.given", "id": "5", "data": {"purpose": "storage", "at": "2026-03-01"}}
    assert third.expected == {"verdict": "no_match"}
    assert frozenset({"sales"}) == read.broken_feeds


def test_what_people_do_in_steps_is_read() -> None:
    """A hold has a name, and a reason where one is given; it is lifted by its name, or with all others."""
    read = one_test("""\
    rule: the-rule
    given: {}
    steps:
      - place_hold: lawsuit
      - place_hold: {name: audit, reason: the tax office asks}
      - lift_hold: audit
      - lift_hold: any
      - decide: keep
        expect: {deletion: cancelled, refused: none}
""")

    first, second, third, fourth, fifth = read.steps
    assert first.place_hold == Hold("lawsuit")
    assert second.place_hold == Hold("audit", "the tax office asks")
    assert (third.lift_hold, fourth.lift_hold) == ("audit", "any")
    assert (fifth.decide, fifth.expected["refused"]) == ("keep", "none")
    assert [one.is_eventful for one in read.steps] == [True] * 5


def test_the_record_of_a_rule_on_companies_is_a_company() -> None:
    """What is given has the fields of the entity that the rule applies to."""
    read = one_test("    rule: of-companies\n    given: {category: Lead}\n    expect: match\n")

    assert [one.entity for one in read.given] == ["company"]


HEAD = "tests:\n  - test: a sentence\n    rule: the-rule\n    now: 2026-03-01\n"


@pytest.mark.parametrize(
    ("text", "code", "word", "help_"),
    [
        (HEAD + "    given: {catgory: Lead}\n    expect: match", "R103", "catgory", "did you mean `category`?"),
        (HEAD + "    given: {sales: [{stauts: open}]}\n    expect: match", "R103", "stauts", "did you mean `status`?"),
        (HEAD + "    given: {company: {nmae: x}}\n    expect: match", "R103", "nmae", "did you mean `name`?"),
        (HEAD + "    given: {id: x}\n    expect: match", "R103", "id", "leave it out: there is only one"),
        (HEAD + "    given: {created_on: soon}\n    expect: match", "R106", "soon", ""),
        (HEAD + "    given: {sales: [{amount: many}]}\n    expect: match", "R106", "many", ""),
        (HEAD + "    given: {sales: open}\n    expect: match", "R004", "open", "write `[a, b]`"),
        (HEAD + "    given: {sales: [open]}\n    expect: match", "R004", "open", ""),
        (HEAD + "    given: {email: [a]}\n    expect: match", "R106", "[", ""),
        (HEAD + "    given: {deceased: [a]}\n    expect: match", "R106", "[", "write `null`"),
        (HEAD + "    given: {restrict_processing: maybe}\n    expect: match", "R106", "maybe", "write `null`"),
        (HEAD + "    given: {consents: [{status: given}]}\n    expect: match", "R106", "{status", ""),
        (HEAD + "    given: []\n    expect: match", "R004", "[]", ""),
        (HEAD + "    given: {}\n    with: {a: b}\n    expect: match", "R122", "{a: b}", "leave `with` out"),
        (HEAD.replace("the-rule", "asked") + "    given: {}\n    with: [a]\n    expect: match", "R004", "[a]", ""),
        (HEAD + "    given: {}\n    expect: matches", "R106", "matches", "did you mean `match`?"),
        (HEAD + "    given: {}\n    expect: {}", "R122", "{}", "expect one of"),
        (HEAD + "    given: {}\n    expect: {cases: open}", "R101", "cases", "did you mean `case`?"),
        (HEAD + "    given: {}\n    expect: {case: opened}", "R106", "opened", "did you mean `open`?"),
        (HEAD + "    given: {}\n    expect: {deletion: warnd}", "R106", "warnd", "did you mean `warned`?"),
        (HEAD + "    given: {}\n    expect: {messages: [helo]}", "R116", "helo", "did you mean `hello`?"),
        (HEAD + "    given: {}\n    expect: {messages: hello}", "R004", "hello", "write `[a, b]`"),
        (HEAD + "    given: {}\n    expect: {selections: [choosen]}", "R112", "choosen", "did you mean `chosen`?"),
        (HEAD + "    given: {}\n    expect: {alerts: [the-rul]}", "R122", "the-rul", "did you mean `the-rule`?"),
        (HEAD + "    given: {}\n    expect: match\n    steps: [{expect: match}]", "R122", "expect", "into the first step"),
        (HEAD + "    given: {}\n    steps: []", "R122", "[]", ""),
        (HEAD + "    given: {}\n    steps: {expect: match}", "R004", "{expect", ""),
        (HEAD + "    given: {}\n    steps: [match]", "R004", "match", ""),
        (HEAD + "    given: {}\n    steps: [{}, {expect: match}]", "R122", "{}", "add one of"),
        (HEAD + "    given: {}\n    steps: [{move_clock: 7 days}]", "R122", "[{move", "to its last step"),
        (HEAD + "    given: {}\n    steps: [{move_clok: 7 days, expect: match}]", "R101", "move_clok", "did you mean `move_clock`?"),
        (HEAD + "    given: {}\n    steps: [{move_clock: 7 dayz, expect: match}]", "R113", "7 dayz", ""),
        (HEAD + "    given: {}\n    steps: [{change: {nme: x}, expect: match}]", "R103", "nme", "did you mean `name`?"),
        (HEAD + "    given: {}\n    steps: [{event: {data: {}}, expect: match}]", "R102", "{data", "add for example"),
        (HEAD + "    given: {}\n    steps: [{event: {typ: x, type: y}, expect: match}]", "R101", "typ", "did you mean `type`?"),
        (HEAD + "    given: {}\n    steps: [{event: {type: x, data: y}, expect: match}]", "R004", "y", ""),
        (HEAD + "    given: {}\n    steps: [{event: x, expect: match}]", "R004", "x", ""),
        (HEAD + "    given: {}\n    broken_feeds: [sale]\n    expect: match", "R103", "sale", "did you mean `sales`?"),
        (HEAD.replace("2026-03-01", "yesterday") + "    given: {}\n    expect: match", "R106", "yesterday", ""),
        (HEAD.replace("2026-03-01", "9998-12-31") + "    given: {}\n    expect: match", "R106", "9998-12-31", ""),
        (HEAD.replace("the-rule", "the-rul") + "    given: {}\n    expect: match", "R122", "the-rul", "`the-rule`?"),
        (HEAD + "    gvien: {}\n    given: {}\n    expect: match", "R101", "gvien", "did you mean `given`?"),
        (HEAD + "    expect: match", "R102", "test", "add `given: …`"),
        (HEAD + "    given: {}", "R102", "test", "add `expect: match`"),
        (HEAD.replace("a sentence", "[]") + "    given: {}\n    expect: match", "R004", "[]", ""),
        ("tests:\n  - {rule: the-rule, now: 2026-03-01, given: {}, expect: match}", "R102", "{rule", "add `test: …`"),
        ("tests:\n  - {test: a, now: 2026-03-01, given: {}, expect: match}", "R102", "{test", "add `rule: …`"),
        ("tests:\n  - {test: a, rule: the-rule, given: {}, expect: match}", "R102", "{test", "add `now: …`"),
        (HEAD + "    given: {}\n    steps: [{decide: aprove, expect: match}]", "R106", "aprove", "did you mean `approve`?"),
        (HEAD + "    given: {}\n    steps: [{decide: [keep], expect: match}]", "R004", "[keep", ""),
        (HEAD + "    given: {}\n    steps: [{place_hold: {reason: x}, expect: match}]", "R102", "{reason", "add `name: …`"),
        (HEAD + "    given: {}\n    steps: [{place_hold: {name: x, why: y}, expect: match}]", "R101", "why", ""),
        (HEAD + "    given: {}\n    steps: [{place_hold: [x], expect: match}]", "R004", "[x", ""),
        (HEAD + "    given: {}\n    steps: [{lift_hold: x, expect: match}]", "R122", "x, expect", "place it in a step before"),
        (HEAD + "    given: {}\n    steps: [{place_hold: lawsuit}, {lift_hold: lawsut, expect: match}]", "R122", "lawsut", "did you mean `lawsuit`?"),
        (HEAD + "    given: {}\n    steps: [{lift_hold: a, expect: match}, {place_hold: a}]", "R122", "a, expect", "place it in a step before"),
        (HEAD + "    given: {}\n    expect: {refused: erased}", "R106", "erased", "ERASED"),
        (HEAD + "    given: {}\n    events: {type: x}\n    expect: match", "R004", "{type", "write `[a, b]`"),
        (HEAD + "    given: {}\n    events: []\n    expect: match", "R122", "[]", "leave it out for none"),
        (HEAD + "    given: {}\n    events: [{tipe: x, type: y}]\n    expect: match", "R101", "tipe", "did you mean `type`?"),
        (HEAD + "    given: {}\n    events: [{type: x, time: soon}]\n    expect: match", "R106", "soon", ""),
        (HEAD + "    given: {}\n    events: [{data: {}}]\n    expect: match", "R102", "{data", "add for example"),
        ("tests:\n  - sentence", "R004", "sentence", ""),
        ("tests: {a: b}", "R004", "{a", ""),
        ("rules: []", "R101", "rules", "rules stand in a file of their own"),
        ("- a", "R101", "- a", ""),
        ("tests: [", "R002", "", ""),
        (
            HEAD.replace("the-rule", "of-companies") + "    given: {}\n    steps: [{event: {type: x}, expect: match}]",
            "R122",
            "{type",
            "write a `change` of the company",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_remedy_and_keeps_no_rulebook_from_loading(
    text: str, code: str, word: str, help_: str
) -> None:
    """Each mistake is one problem at the word that is wrong; the rules are as good as they were."""
    loaded = load_with_tests(RULES, t=text)

    (problem,) = loaded.test_problems
    assert (code, "t.test.yaml") == (problem.code, problem.place.source.name)
    line = problem.place.source.lines[problem.place.line - 1] if word else ""
    assert line[problem.place.column - 1 :].startswith(word)
    assert help_ in problem.help
    assert loaded.rulebook is not None
    assert loaded.problems == ()
    assert loaded.tests == ()
    assert (problem,) == loaded.all_problems


EVENT_RULES = """\
rules:
  - {rule: bounced, check: {when_event: {event: mailing.bounced, times: 2, within: 9 days}}, if: [{field: category, is: x}], then: [{keep_in_selection: a}]}
  - {rule: changed, check: {when_event: {event: category.changed, to: x}}, if: [{field: category, is: x}], then: [{keep_in_selection: b}]}
  - {rule: daily, check: {every: day, when_event: {event: mailing.bounced, times: 2, within: 9 days}}, if: [{field: category, is: x}], then: [{keep_in_selection: c}]}
"""


@pytest.mark.parametrize(
    ("rule", "expect", "help_"),
    [
        ("bounced", "match", "add `events: [{type: mailing.bounced, time: …}]`, or write `steps` with an `event`"),
        ("bounced", "undecided", "add `events"),
        ("bounced", "{verdict: match}", "add `events"),
        ("bounced", "{case: open}", "add `events"),
        ("changed", "match", "write `steps`, one of them with `change: {category: …}`"),
        ("bounced", "no_match", ""),
        ("bounced", "{case: none}", ""),
        ("daily", "match", ""),
    ],
)
def test_a_match_that_nothing_could_bring_about_is_refused(rule: str, expect: str, help_: str) -> None:
    """A rule that events alone bring up is looked at only when a test tells of some."""
    text = HEAD.replace("the-rule", rule) + "    given: {category: x}\n"
    found = load_with_tests(EVENT_RULES, t=f"{text}    expect: {expect}\n").test_problems
    with_steps = load_with_tests(EVENT_RULES, t=f"{text}    steps: [{{expect: {expect}}}]\n")

    assert [problem.code for problem in found] == (["R122"] if help_ else [])
    assert not help_ or found[0].help.startswith(help_)
    assert not help_ or (found[0].place.line, found[0].place.column) == (6, 5)
    assert with_steps.test_problems == ()


def test_events_of_before_are_read_with_their_times_in_the_zone() -> None:
    """A day or a time without offset is one of the zone, as `now` is."""
    read = one_test("""\
    rule: the-rule
    given: {}
    events: [{type: mailing.sent, time: 2026-02-20}, {type: mailing.sent, time: 2026-02-20T10:00, id: 7}]
    expect: match
""")

    assert read.events == (
        {"type": "mailing.sent", "time": "2026-02-19T23:00:00+00:00"},
        {"type": "mailing.sent", "time": "2026-02-20T09:00:00+00:00", "id": "7"},
    )


def test_all_mistakes_of_a_test_are_told_at_once_and_the_other_tests_are_kept() -> None:
    """Reading goes on after a mistake; a test that is right is not lost with one that is wrong."""
    text = HEAD + "    given: {catgory: Lead, created_on: soon, sales: [{at: never}]}\n    expect: {case: opened}\n"
    right = "  - {test: b, rule: the-rule, now: 2026-03-01, given: {}, expect: match}\n"
    loaded = load_with_tests(RULES, t=text + right)

    assert [problem.code for problem in loaded.test_problems] == ["R103", "R106"]
    assert [test.sentence for test in loaded.tests] == ["b"]


def test_several_bad_values_of_one_record_are_told_at_once() -> None:
    """Each is a problem of its own, where it stands."""
    text = (
        HEAD + "    given:\n      created_on: soon\n      sales:\n        - {at: never, amount: x}\n    expect: match\n"
    )
    loaded = load_with_tests(RULES, t=text)

    assert [(one.place.line, one.place.column) for one in loaded.test_problems] == [(6, 19), (8, 16), (8, 31)]


def test_tests_of_a_rule_that_is_wrong_itself_are_not_blamed() -> None:
    """What is reported is the rule; its test would be right once the rule is."""
    broken = RULES.replace("category, is: Lead", "catgory, is: Lead", 1)
    loaded = load_with_tests(broken, t=HEAD + "    given: {}\n    expect: match\n")

    assert [problem.code for problem in loaded.all_problems] == ["R103"]


def test_tests_stand_in_rule_files_too() -> None:
    """The section `tests` of a rule file is read where tests are asked for, and only there."""
    text = RULES + HEAD + "    given: {}\n    expect: match\n"
    wrong = text.replace("given: {}", "given: {x: y}")

    assert [test.sentence for test in load_with_tests(text).tests] == ["a sentence"]
    assert [problem.code for problem in load_with_tests(wrong).test_problems] == ["R103"]
    assert load(wrong).all_problems == ()


def test_files_of_tests_belong_to_no_rulebook(tmp_path: Path) -> None:
    """Rule loading leaves them out, broken or not; asked for tests, it reads them too."""
    (tmp_path / "a.yaml").write_text(RULES)
    (tmp_path / "a.test.yaml").write_text("tests: [")
    (tmp_path / "b.test.yml").write_bytes(b"\xff")
    loader = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM)
    without, with_tests = loader.load_paths([tmp_path]), loader.load_paths([tmp_path], with_tests=True)

    assert (str(tmp_path / "a.yaml"),) == without.files
    assert without.test_problems == ()
    assert [problem.code for problem in with_tests.test_problems] == ["R002", "R001"]
    assert with_tests.rulebook is not None


def test_every_state_of_a_deletion_can_be_expected() -> None:
    """The words for a deletion are the states that it can have, and `none`."""
    assert {*MOVES, "none"} <= set(WORDS["deletion"])
