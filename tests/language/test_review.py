"""Warnings about what loads and is seldom meant: each with an example that has it and one that has not."""

from datetime import date
from pathlib import Path
from time import process_time

import pytest

from actions.catalogue import ACTIONS
from engine.language.codes import CODES
from engine.language.load import Loader
from engine.model.shipped import SHIPPED_MODEL
from engine.vocabulary.problem import Problem
from tests.rulebooks import STOCKHOLM, load

ROOT = Path(__file__).parent.parent.parent
OLD = "{field: created_on, older_than: 1 year}"


def _warnings(text: str, *, languages: tuple[str, ...] = ("en",)) -> list[Problem]:
    loaded = load(text, languages=languages)
    assert loaded.rulebook is not None, "\n".join(problem.render() for problem in loaded.problems)
    return list(loaded.problems)


def _keep(name: str, criteria: str, stage: str = "live") -> str:
    return f"  - {{rule: {name}, stage: {stage}, if: {criteria}, then: [{{keep_in_selection: {name}}}]}}\n"


def _delete(name: str, criteria: str, stage: str = "live", more: str = "") -> str:
    needs = "owner: dpo, legal_basis: x, stop_if_more_than: {contacts: 5}"
    return f"  - {{rule: {name}, stage: {stage}, {needs}, {more} if: {criteria}, then: [{{schedule_deletion: {{grace: 14 days}}}}]}}\n"


def _rules(*rules: str) -> str:
    return "rules:\n" + "".join(rules)


LEADS, CUSTOMERS = f"[{{field: category, is: Lead}}, {OLD}]", f"[{{field: category, is: Customer}}, {OLD}]"
SHARED = "{any: [{field: category, is: Lead}, {field: country, is: NO}], all: [" + OLD + "]}"
WITH = {
    "never true": ("W201", _rules(_keep("a", "[{field: category, is: x}, {field: category, is: y}]"))),
    "never true, in watch": ("W201", _rules(_keep("a", "[{count: sales, less_than: 0}]", "watch"))),
    "always true": ("W202", _rules(_keep("a", "[{count: sales, at_least: 0}]"))),
    "two that delete": ("W203", _rules(_delete("a", LEADS), _delete("b", SHARED))),
    "one deletes what another keeps": ("W204", _rules(_keep("a", LEADS), _delete("b", SHARED))),
    "one deletes what another keeps, later in the text": ("W204", _rules(_delete("b", LEADS), _keep("a", SHARED))),
    "deletes the newborn": ("W205", _rules(_delete("a", "[{count: sales, equals: 0}]"))),
    "deletes the newborn, in watch": ("W205", _rules(_delete("a", "[{legal_basis: any, is: none}]", "watch"))),
    "deletes whom nothing is known of": (
        "W205",
        _rules(_delete("a", "[{last: sales, older_than: 1 year, if_missing: match}]")),
    ),
    "deletes whom another field calls old": (
        "W205",
        _rules(_delete("a", "[{field: last_activity_on, older_than: 1 year}]")),
    ),
    "deletes the newborn as it comes": (
        "W205",
        _rules(_delete("a", "[{count: sales, at_least: 0}]", more="check: {when: [created]},")),
    ),
    "deletes whom an hour makes old": (
        "W205",
        _rules(_delete("a", "{all: [{count: sales, equals: 0}], for_at_least: 1 hour}")),
    ),
    "a waiting rule's selection says little of who is no member": (
        "W203",
        _rules(
            _keep("a", "{all: [{field: category, is: Lead}], for_at_least: 1 week}"),
            _delete("b", f"[{{selection: a, is_member: false}}, {OLD}]"),
            _delete("c", f"[{{field: category, is: Lead}}, {OLD}, {{selection: a, is_member: false}}]"),
        ),
    ),
    "a title without a language": ("W206", _rules(_keep("a", "[{field: email, is: x}], title: {sv: Titel}"))),
    "an alert without a language": (
        "W206",
        _rules("  - {rule: a, if: [{field: email, is: x}], then: [{raise_alert: {message: {sv: Hej}}}]}\n"),
    ),
    "a message without a language": ("W206", "messages: {hello: {subject: {en: Hello}, body: {de: Hallo, sv: Hej}}}"),
}
WITHOUT = {
    "never true, off": _rules(_keep("a", "[{field: category, is: x}, {field: category, is: y}]", "off")),
    "two that delete apart": _rules(_delete("a", LEADS), _delete("b", CUSTOMERS)),
    "two that delete, one in watch": _rules(_delete("a", LEADS), _delete("b", SHARED, "watch")),
    "two that delete different things": _rules(
        _delete("a", LEADS), _delete("b", f"[{OLD}]", more="applies_to: company,")
    ),
    "one deletes what another does not keep": _rules(_keep("a", CUSTOMERS), _delete("b", LEADS)),
    "one deletes only non-members": _rules(
        _keep("a", LEADS),
        _delete("b", f"[{{field: country, is: NO}}, {OLD}, {{selection: a, is_member: false}}]"),
    ),
    "deletes the old": _rules(_delete("a", LEADS)),
    "deletes those with old sales": _rules(_delete("a", "[{last: sales, older_than: 1 year}]")),
    "deletes those with sales": _rules(_delete("a", "[{count: sales, where: {status: lost}, at_least: 1}]")),
    "deletes those that withdrew": _rules(_delete("a", "[{consent: storage, is: withdrawn}]")),
    "deletes where all is old, creation included": _rules(
        _delete("a", "[{latest_of: [created_on, last_invoice_on, {last: sales}], missing: skip, older_than: 1 year}]")
    ),
    "deletes what has lasted": _rules(_delete("a", "{all: [{count: sales, equals: 0}], for_at_least: 30 days}")),
    "deletes members of long standing": _rules(
        _keep("a", "[{count: sales, equals: 0}]", "watch"),
        _delete("b", "[{selection: a, is_member: true, for_at_least: 30 days}]", "watch"),
    ),
    "deletes members that had to wait": _rules(
        _keep("a", "{all: [{count: sales, equals: 0}], for_at_least: 30 days}", "watch"),
        _delete("b", "[{selection: a, is_member: true}]", "watch"),
    ),
    "deletes what has not changed for long": _rules(_delete("a", "[{changed: category, older_than: 1 year}]")),
    "deletes for two reasons of which one takes time": _rules(
        _delete(
            "a",
            f"{{at_least_of: {{count: 2, of: [{OLD}, {{field: email, is_missing: true}}, {{last: sales, older_than: 1 year}}]}}}}",
        )
    ),
    "two that delete, one only who is no member of what the other asks": _rules(
        _keep("a", "[{field: category, is: Lead}]"),
        _delete("b", f"[{{selection: a, is_member: false}}, {OLD}]"),
        _delete("c", f"[{{field: category, is: Lead}}, {OLD}, {{selection: a, is_member: false}}]"),
    ),
    "asks everybody of whom something is heard": _rules(
        "  - {rule: a, check: {when_event: {event: mailing.bounced, times: 3, within: 30 days}},"
        " if: [{count: sales, at_least: 0}], then: [{keep_in_selection: a}]}\n"
    ),
    "deletes whoever asks for it": _rules(
        _delete(
            "a",
            "[{count: sales, at_least: 0}]",
            more="check: {when_event: {event: request.received, times: 2, within: 1 day}},",
        )
    ),
    "greets everybody new": _rules(
        "  - {rule: a, check: {when: [created]}, if: [{count: sales, at_least: 0}], then: [{raise_alert: Hello}]}\n"
    ),
    "asks everybody, when asked": _rules(
        "  - {rule: a, check: {when_asked: breach}, needs: {incident: {type: text, ask: Number}}, repeat: once per incident,"
        " if: [{count: sales, at_least: 0}], then: [{keep_in_selection: a}]}\n"
    ),
    "deletes old members": _rules(
        _keep("a", LEADS, "watch"), _delete("b", "[{selection: a, is_member: true}]", "watch")
    ),
    "deletes the newborn, off": _rules(_delete("a", "[{count: sales, equals: 0}]", "off")),
    "a text for everybody": "messages: {hello: {subject: Hello, body: {en: Hello, sv: Hej}}}",
}


@pytest.mark.parametrize(("code", "text"), WITH.values(), ids=WITH)
def test_each_warning_is_told(code: str, text: str) -> None:
    """It has its code and a remedy, the rules load all the same, and nothing else is said."""
    found = _warnings(text)

    assert [code] == [one.code for one in found]
    assert found[0].is_warning
    assert found[0].help
    assert code in CODES


@pytest.mark.parametrize("text", WITHOUT.values(), ids=WITHOUT)
def test_what_is_meant_is_not_warned_of(text: str) -> None:
    """Rules that are told apart, asleep or safe load without a word."""
    assert _warnings(text) == []


def test_what_excludes_itself_is_shown_by_its_places() -> None:
    """The help names the two criteria that cannot hold together, groups and negations looked into."""
    text = "rules:\n  - rule: a\n    if:\n      all:\n        - {field: email, is: x}\n        - {field: category, is: y}\n      none:\n        - {field: category, is: y}\n    then: []\n"
    found = _warnings(text)[0]

    assert (found.place.line, found.place.column) == (2, 5)
    assert found.message == "`a` can never be true"
    assert found.help == "what stands at rules.yaml:6:12 excludes what stands at rules.yaml:8:12"


def test_a_criterion_that_is_never_true_is_shown_by_its_place() -> None:
    """One criterion alone can be to blame."""
    found = _warnings("rules: [{rule: a, if: [{field: email, is: x}, {count: sales, at_most: -1}], then: []}]")[0]

    assert found.help == "what stands at rules.yaml:1:48 is never true, whatever else holds"


def test_two_rules_that_delete_are_both_named_with_the_place_of_the_other() -> None:
    """The warning stands at the later one; of many others the first few are named."""
    found = _warnings(_rules(*(_delete(name, LEADS) for name in "abcdef")))

    assert [one.place.line for one in found] == [3, 4, 5, 6, 7]
    assert "`a` and `b` both delete" in found[0].message
    assert found[0].help.endswith("see `a` at rules.yaml:2:6")
    assert found[-1].help.endswith("`c` at rules.yaml:4:6 and more")


def test_members_of_selections_that_are_apart_are_not_deleted_twice() -> None:
    """What a selection's rule asks counts for the rules that read it: one contact is a lead or a customer."""
    text = _rules(
        _keep("leads", "[{field: category, is: Lead}]"),
        _keep("customers", "[{field: category, is: Customer}]"),
        _delete("a", f"[{{selection: leads, is_member: true}}, {OLD}]"),
        _delete("b", f"[{{selection: customers, is_member: true}}, {OLD}]"),
    )

    assert [(one.code, one.place.line) for one in _warnings(text)] == [("W204", 4), ("W204", 5)]


def test_old_contacts_by_a_fixed_date_are_no_newborns_today() -> None:
    """The day on which the rules are read tells that nobody new was created years before it."""
    text = _rules(_delete("a", "[{field: created_on, before: 2020-01-01}]"))
    loader = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM, today=date(2026, 3, 1))

    assert [one.code for one in _warnings(text)] == ["W205"]
    assert loader.load_texts({"rules.yaml": text}).problems == ()


def test_a_broken_rulebook_has_its_errors_told_first() -> None:
    """Rules are held against each other once all of them are read."""
    text = _rules(_keep("a", "[{count: sales, at_least: 0}]"), "  - {rule: b, if: [{field: emial, is: x}], then: []}\n")

    assert [one.code for one in load(text).problems] == ["R103"]


def test_shipped_rules_have_no_warnings() -> None:
    """What ships is an example of rules that are meant."""
    loaded = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM, ("en", "sv")).load_paths([ROOT / "rules"])

    assert loaded.problems == ()


@pytest.mark.parametrize("stage", ["watch", "live"])
def test_a_hundred_rules_load_at_once(stage: str) -> None:
    """Reading and reviewing them takes well under a second of the processor, also where each is held against each."""
    criteria = (
        "{{all: [{{field: category, is: Category {0}}}, {{field: created_on, older_than: 24 months}},"
        " {{latest_of: [created_on, {{last: sales}}], missing: skip, older_than: 2 years}}],"
        " none: [{{count: sales, where: {{status: [open, sold]}}, in_last: 1 year, at_least: 1}}]}}"
    )
    text = _rules(*(_delete(f"rule-{number}", criteria.format(number), stage) for number in range(100)))
    load(text)
    started = process_time()

    assert _warnings(text) == []
    assert process_time() - started < 0.9
