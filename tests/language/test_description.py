"""Descriptions: shipped rules word for word, and for any rule of the language a sentence for every criterion.

After a change of words, `ANSGAR_RENEW=1 pytest tests/language/test_description.py` writes the golden files anew. Read
them, in both languages, before you commit them: somebody signs them.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.language.criteria import Criterion, Group
from engine.language.description import WIDTH
from engine.language.kinds import Kind, Literal
from engine.language.rule import Rulebook
from engine.language.subjects.aggregates import Count, ItemDate
from engine.language.subjects.changed import ChangedSubject
from engine.language.subjects.consent import Consent
from engine.language.subjects.field import FieldSubject
from engine.language.subjects.hold import HoldSubject
from engine.language.subjects.numbers import NumberOverItems
from engine.language.subjects.score import ScoreSubject
from engine.model.names import COLLECTIONS, FIELDS
from engine.vocabulary.tongue import LANGUAGES, TONGUES
from tests.descriptions import describe, raw, said, texts
from tests.rulebooks import load, load_folder, rulebook
from tests.strategies import conditions, crowds

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
SHIPPED = load_folder(ROOT / "rules")
TO_EXPRESS = load_folder(ROOT / "tests" / "rules_to_express")
RENEW = "ANSGAR_RENEW"
EXAMPLES = 5_000 if os.environ.get("ANSGAR_SOAK") else 150


def page(book: Rulebook, rule: str, language: str) -> str:
    """Return a description as a page; digests are left out, which change for reasons of their own."""
    found = describe(book, rule, language)
    text = "\n".join(found.as_text()) + "\n"
    return text.replace(found.version, "0" * len(found.version)).replace(
        found.fingerprint, "f" * len(found.fingerprint)
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", sorted(SHIPPED.rules))
def test_every_shipped_rule_word_for_word(rule: str, language: str) -> None:
    """Somebody read these words and would sign them; no word changes unnoticed."""
    file = GOLDEN / f"{rule}.{language}.txt"
    if os.environ.get(RENEW):
        file.write_text(page(SHIPPED, rule, language), encoding="utf-8")

    assert file.read_text(encoding="utf-8") == page(SHIPPED, rule, language)


def test_no_golden_file_is_left_over() -> None:
    """There is one for each shipped rule in each language."""
    expected = {f"{rule}.{language}.txt" for rule in SHIPPED.rules for language in LANGUAGES}

    assert expected == {path.name for path in GOLDEN.iterdir()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", sorted(TO_EXPRESS.rules))
def test_every_rule_that_must_be_expressed_has_words(rule: str, language: str) -> None:
    """No key, brace or None is left in them, and a page is as wide as paper."""
    found = describe(TO_EXPRESS, rule, language)
    names = [section.name for section in found.sections]

    assert raw(found) == []
    assert {"about", "stage", "grounds", "check", "criteria", "unknown", "then", "signed"} <= set(names)
    assert missing(TO_EXPRESS, rule, language) == []
    assert [line for line in found.as_text() if len(line) > WIDTH or line != line.rstrip()] == []


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(conditions, crowds))
def test_any_rule_of_the_language_has_a_sentence_for_every_criterion(criteria: list[Any]) -> None:
    """Describing never fails, leaves nothing raw, and tells of each criterion its subject and its tests."""
    source = {
        "rule": "source",
        "title": {"en": "Source", "sv": "Källa"},
        "if": [{"field": "email", "is": "x"}],
        "then": [{"keep_in_selection": "source"}, {"raise_alert": "seen"}],
    }
    rules = [source, {"rule": "the-rule", "if": criteria, "then": [{"raise_alert": "seen"}]}]
    book = rulebook(json.dumps({"rules": rules}, ensure_ascii=False))
    for language in LANGUAGES:
        found = describe(book, "the-rule", language)
        assert raw(found) == []
        assert missing(book, "the-rule", language) == []
        assert list(found.as_text())


def missing(book: Rulebook, rule: str, language: str) -> list[str]:
    """Return the criteria of which no sentence tells the name of the subject, every test, and every text in it."""
    told = list(texts(describe(book, rule, language), "criteria"))
    found = []
    for criterion in criteria_of(book.rules[rule].criteria):
        wanted = (*names(criterion, language), *words_of_tests(criterion, language))
        if not any(all(word.casefold() in text.casefold() for word in wanted) for text in told):
            found.append(f"{criterion.written}: {wanted}")
    return found


def criteria_of(part: Criterion | Group) -> Iterator[Criterion]:
    """Give every criterion, those on items and those that give points included."""
    if isinstance(part, Group):
        for one in part.parts:
            yield from criteria_of(one)
        return
    yield part
    match part.subject:
        case ScoreSubject(parts=parts):
            for group, _ in parts:
                yield from criteria_of(group)
        case Count(related=related) | ItemDate(related=related) | NumberOverItems(related=related):
            yield from criteria_of(related.where) if related.where else ()


def names(criterion: Criterion, language: str) -> Iterator[str]:
    """Give the words by which a reader knows what a criterion asks about."""
    match criterion.subject:
        case FieldSubject(path=path):
            yield from (FIELDS[step].in_language(language) for step in path)
        case ChangedSubject(field=field):
            yield FIELDS[field].in_language(language)
        case Count(related=related) | ItemDate(related=related) | NumberOverItems(related=related):
            yield COLLECTIONS[related.collection].in_language(language)
        case Consent(purpose=purpose):
            yield purpose
        case HoldSubject(name=str() as name):
            yield name


def words_of_tests(criterion: Criterion, language: str) -> Iterator[str]:
    """Give the fixed words of every test, and every text that it compares with."""
    for test in criterion.tests:
        chosen = test.operator.unless if test.operand is False and test.operator.unless else test.operator.words
        yield chosen.in_language(language).partition("{")[0].strip()
        for operand in test.operand if isinstance(test.operand, tuple) else (test.operand,):
            if criterion.subject.kind is Kind.TEXT and isinstance(operand, Literal) and operand.value:
                yield TONGUES[language].quoted(str(operand.value))


def test_the_fingerprint_is_that_of_the_words_and_the_version_that_of_the_deeds() -> None:
    """Rewording a title keeps the version and changes the fingerprint; so does a message's text."""
    text = "rules: [{{rule: the-rule, title: {}, if: [{{field: category, is: Lead}}], then: [{{raise_alert: {}}}]}}]"
    first, title, alert, again = (
        describe(rulebook(text.format(*words)), "the-rule", "en")
        for words in (("One", "x"), ("Two", "x"), ("One", "y"), ("One", "x"))
    )

    assert first == again
    assert first.version == title.version == alert.version
    assert len({first.fingerprint, title.fingerprint, alert.fingerprint}) == 3
    assert any(first.version in one for one in texts(first, "signed"))
    assert any(first.fingerprint in one for one in texts(first, "signed"))


def test_a_title_falls_back_as_messages_do() -> None:
    """What is not written in the language is told in the first configured one, or as it is."""
    text = "rules: [{rule: the-rule, title: {de: Nur Deutsch, en: English}, if: [{field: email, is: x}], then: [{raise_alert: x}]}]"

    assert describe(rulebook(text), "the-rule", "sv").title == "English"


def test_every_variant_of_a_table_is_described_with_its_own_values() -> None:
    """A variant says which it is, and of which rule."""
    found = describe(TO_EXPRESS, "company-in-need[Key account]", "sv")

    assert any("”Key account” av regeln ”company-in-need”" in one for one in texts(found, "about"))
    assert "företagets kategori är ”Key account”" in list(texts(found, "criteria"))


ASKED = """
rules:
  - rule: the-rule
    check: {when_asked: breach.declared}
    needs:
      incident: {type: text, ask: Incident number}
      affected: {type: selection, ask: Who is affected}
      least: {type: number, ask: How many}
      since: {type: date, ask: Since when}
      window: {type: duration, ask: How long}
      urgent: {type: flag, ask: Urgent}
      purpose: {type: text, ask: Which purpose}
    if:
      - {selection: $affected, is_member: true}
      - {field: country, one_of: [$incident, SE]}
      - {count: sales, in_last: $window, at_least: $least}
      - {field: created_on, before: $since}
      - {field: deceased, is: $urgent}
      - {consent: $purpose, is: given}
    then:
      - raise_alert: {message: x, priority: 7}
      - create_task: {for: dpo, title: x, due: $window}
    repeat: once per incident
"""


def test_inputs_stand_where_their_answers_will() -> None:
    """No stand-in of a missing answer looks like a value that the rule has."""
    criteria = said(ASKED, "criteria", "en")

    assert criteria == [
        "All of these:",
        "the selection that is named when the rule is asked for has the contact as a member",
        "the contact's country is one of the answer to “Incident number”, “SE”",
        "the number of the contact's sales (only those that are dated no more than the answer to “How long” ago) "
        "is at least the answer to “How many”",
        "the contact's creation date is before the answer to “Since when”",
        "the contact's mark “deceased” is “yes”",
        "the contact's consent to the answer to “Which purpose” is given",
    ]
    assert "”How long” (en tidslängd)" in said(ASKED, "inputs", "sv")
    assert "”Urgent” (ja eller nej; beskrivs här för ”ja”)" in said(ASKED, "inputs", "sv")
    assert "Only when a person, or another system, asks for it (“breach.declared”)." in said(ASKED, "check", "en")
    assert any("the answer to “How long”" in one for one in said(ASKED, "then", "en"))
    assert any("for each answer to “Incident number”" in one for one in said(ASKED, "then", "en"))


def test_answers_that_do_not_fit_leave_the_rule_as_it_was_read() -> None:
    """A rule whose inputs take only some values is described with what stands in for them."""
    text = ASKED.replace("priority: 7", "priority: $least")

    assert load(text).rulebook is not None
    assert any(one.endswith("is at least 1") for one in said(text, "criteria", "en"))
