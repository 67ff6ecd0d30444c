"""Sentences of criteria: every subject and every test has its words, in every language."""

import pytest

from engine.language.kinds import BASES, CONSENT_STATES, WORDS, OperandKind
from engine.language.operators.catalogue import OPERATORS
from engine.language.sentences import GROUPS
from engine.language.subjects.catalogue import SUBJECTS
from engine.vocabulary.tongue import LANGUAGES
from tests.descriptions import said

# One criterion with each subject, in the words of each language.
SUBJECT_WORDS = {
    "field": (
        "{field: company.category, is: Lead}",
        "the contact's company's category is “Lead”",
        "kontaktens företags kategori är ”Lead”",
    ),
    "count": (
        "{count: sales, where: {status: [open, sold], currency: SEK}, in_last: 12 months, equals: 0}",
        "the number of the contact's sales (only those that are dated no more than 1 year ago and whose status is one of "
        "“open”, “sold” and whose currency is “SEK”) equals 0",
        "kontaktens antal affärer (bara sådana som är daterade högst 1 år tillbaka i tiden och vars status är något av "
        "”open”, ”sold” och vars valuta är ”SEK”) är lika med 0",
    ),
    "first": (
        "{first: sales, before: 2026-03-01}",
        "the earliest date among the contact's sales is before 1 March 2026",
        "det tidigaste datumet bland kontaktens affärer är före 1 mars 2026",
    ),
    "last": (
        "{last: sales, older_than: 30 days}",
        "the latest date until now among the contact's sales is older than 30 days",
        "det senaste datumet hittills bland kontaktens affärer är äldre än 30 dagar",
    ),
    "next": (
        "{next: sales, is_missing: true}",
        "the nearest coming date among the contact's sales is missing",
        "det närmast kommande datumet bland kontaktens affärer saknas",
    ),
    "sum": (
        "{sum: sales.amount, since: {field: created_on}, at_least: 1234.5}",
        "the total amount of the contact's sales (only those that are dated from the contact's creation date until now) "
        "is at least 1,234.5",
        "sammanlagt belopp för kontaktens affärer (bara sådana som är daterade från kontaktens skapandedatum till nu) är "
        "minst 1\N{NO-BREAK SPACE}234,5",
    ),
    "average": (
        "{average: sales.amount, in_next: 1 month, less_than: 5}",
        "the average amount of the contact's sales (only those that are dated no more than 1 month ahead) is less than 5",
        "genomsnittligt belopp för kontaktens affärer (bara sådana som är daterade högst 1 månad framåt i tiden) är "
        "mindre än 5",
    ),
    "highest": (
        "{highest: sales.amount, between: [1, 2], if_missing: match}",
        "the highest amount among the contact's sales is between 1 and 2; where this cannot be told, it counts as true",
        "högsta belopp bland kontaktens affärer är mellan 1 och 2; om det inte går att avgöra räknas det som uppfyllt",
    ),
    "lowest": (
        "{lowest: sales.amount, at_most: 2, if_missing: no_match}",
        "the lowest amount among the contact's sales is at most 2; where this cannot be told, it counts as not true",
        "lägsta belopp bland kontaktens affärer är högst 2; om det inte går att avgöra räknas det som inte uppfyllt",
    ),
    "consent": (
        "{consent: marketing, one_of: [withdrawn, never_given]}",
        "the contact's consent to “marketing” is one of withdrawn, never given",
        "kontaktens samtycke till ”marketing” är något av återkallat, aldrig givet",
    ),
    "legal_basis": (
        "{legal_basis: any, is: none}",
        "among the contact's legal bases that are valid now for any purpose there is no basis at all",
        "bland kontaktens rättsliga grunder som nu gäller, oavsett ändamål, finns ingen alls",
    ),
    "selection": (
        "{selection: others, for_at_least: 60 days, is_member: false}",
        "the selection of the rule “Others”, counting members of at least 60 days only, does not have the contact as a "
        "member",
        "urvalet från regeln ”Andra”, där bara medlemmar sedan minst 60 dagar räknas, har inte kontakten som medlem",
    ),
    "alert": (
        "{alert: other, is_raised: true}",
        "the alert of the rule “Others” on the contact is raised",
        "aviseringen från regeln ”Andra” för kontakten är utlöst",
    ),
    "condition": (
        "{condition: big}",
        "at least one of these (“big”): / the contact's country is “SE” / the contact's country is “NO”",
        "minst ett av dessa (”big”): / kontaktens land är ”SE” / kontaktens land är ”NO”",
    ),
    "latest_of": (
        "{latest_of: [created_on, {last: activities}], newer_than: 1 day}",
        "the latest of the contact's creation date and the latest date until now among the contact's activities (missing "
        "ones are left out) is newer than 1 day",
        "det senaste av kontaktens skapandedatum och det senaste datumet hittills bland kontaktens aktiviteter (sådana "
        "som saknas räknas inte) är nyare än 1 dag",
    ),
    "earliest_of": (
        "{earliest_of: [created_on, birth_date], today: true}",
        "the earliest of the contact's creation date and the contact's date of birth (missing ones are left out) is today",
        "det tidigaste av kontaktens skapandedatum och kontaktens födelsedatum (sådana som saknas räknas inte) är i dag",
    ),
    "score": (
        "{score: [{if: {field: country, is: SE}, points: 1}, {if: {none: [{field: country, is: NO}]}, points: -1.5}], at_least: 2}",
        "the sum of the points below is at least 2 / 1 point if the contact's country is “SE” / -1.5 points if none of "
        "these: / the contact's country is “NO”",
        "summan av poängen nedan är minst 2 / 1 poäng om kontaktens land är ”SE” / -1,5 poäng om inget av dessa: / "
        "kontaktens land är ”NO”",
    ),
    "hold": (
        "{hold: lawsuit, is_active: false}",
        "the hold “lawsuit” on the contact is not in force",
        "spärren ”lawsuit” mot radering av kontakten gäller inte",
    ),
    "changed": (
        "{changed: category, in_last: 5 working days}",
        "the date on which the contact's category was last set is no more than 5 working days ago",
        "datumet då kontaktens kategori senast fick ett nytt värde ligger högst 5 arbetsdagar tillbaka i tiden",
    ),
}
BOOK = """
conditions: {{big: {{any: [{{field: country, is: SE}}, {{field: country, is: NO}}]}}}}
rules:
  - {{rule: other, title: {{en: Others, sv: Andra}}, if: [{{field: email, is: x}}], then: [{{keep_in_selection: others}}, {{raise_alert: x}}]}}
  - {{rule: the-rule, if: {criteria}, then: [{{raise_alert: x}}]}}
"""


def sentences(criteria: str, language: str) -> str:
    """Return the sentences of criteria, one after the other."""
    return " / ".join(said(BOOK.format(criteria=criteria), "criteria", language))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_has_its_words(subject: str) -> None:
    """A subject without an entry in this table, or without words in a language, is not finished."""
    criterion, *expected = SUBJECT_WORDS[subject]
    for language, words in zip(LANGUAGES, expected, strict=True):
        assert words[:1].upper() + words[1:] == sentences(f"[{criterion}]", language)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda one: f"{one.name}-{min(kind.value for kind in one.kinds)}")
def test_every_test_has_its_words(operator: object) -> None:
    """Each test says itself in every language, its operand where it has one, and what `false` means."""
    one = next(each for each in OPERATORS if each is operator)
    for words in (one.words, *((one.unless,) if one.unless else ())):
        assert set(LANGUAGES) == set(words.texts)
        assert len(LANGUAGES) == len(set(words.texts.values()))
        shows = one.operand not in {OperandKind.YES_NO, OperandKind.YES}
        assert all(("{}" in text) == shows for text in words.texts.values())
    assert (one.operand is OperandKind.YES_NO) == (one.unless is not None)


def test_the_words_of_the_language_have_words() -> None:
    """States of consents, legal bases and groups are told in every language."""
    assert {*CONSENT_STATES, *BASES, "none"} == set(WORDS)
    assert {"all", "any", "none", "at_least_of"} == set(GROUPS)
    assert all(set(LANGUAGES) == set(one.texts) for one in (*WORDS.values(), *GROUPS.values()))


def test_groups_nest_as_they_are_written() -> None:
    """What must hold together is one list; other groups stand below their own words, a single part for itself."""
    criteria = (
        "{all: [{field: country, is: SE}, {all: [{field: country, is: NO}]}, {any: [{field: country, is: FI}]}],"
        " none: [{field: country, is: DK}], at_least_of: {count: 1, of: [{field: country, is: a}, {field: country, is: b}]}}"
    )

    assert sentences(criteria, "en") == (
        "All of these: / the contact's country is “SE” / the contact's country is “NO” / the contact's country is “FI” / "
        "none of these: / the contact's country is “DK” / "
        "at least 1 of these: / the contact's country is “a” / the contact's country is “b”"
    )


def test_criteria_on_items_that_are_no_plain_list_stand_below() -> None:
    """So that nobody has to read brackets within brackets."""
    criteria = "[{count: sales, where: [{any: [{field: status, is: a}, {field: amount, at_least: 1}]}], at_least: 1}]"

    assert sentences(criteria, "sv") == (
        "Kontaktens antal affärer (bara sådana som uppfyller det som står nedan) är minst 1 / "
        "av alla affärer räknas de som uppfyller detta: / minst ett av dessa: / dess status är ”a” / dess belopp är minst 1"
    )


@pytest.mark.parametrize(
    ("criterion", "english", "swedish"),
    [
        (
            "{field: deceased, is: false}",
            "The contact's mark “deceased” is “no”",
            "Kontaktens markering ”avliden” är ”nej”",
        ),
        ("{field: tags, has_all: [a, b]}", "The contact's list “tags” includes all of “a”, “b”", None),
        (
            "{field: tags, is_empty: false}",
            "The contact's list “tags” is not empty",
            "Kontaktens lista ”taggar” är inte tom",
        ),
        ("{field: name, is: ''}", "The contact's name is an empty text", "Kontaktens namn är en tom text"),
        (
            "{field: name, none_of: [a, b]}",
            "The contact's name is none of “a”, “b”",
            "Kontaktens namn är inget av ”a”, ”b”",
        ),
        ("{field: name, is: {field: company.name}}", "The contact's name is the contact's company's name", None),
        (
            "{field: name, starts_with: A, case: exact, ends_with: b}",
            "The contact's name starts with “A” (upper and lower case must agree) and ends with “b” (upper and lower case "
            "must agree)",
            None,
        ),
        (
            "{field: birth_date, anniversary_in_next: 1 month 3 days}",
            "The contact's date of birth has an anniversary within 1 month and 3 days",
            "Kontaktens födelsedatum har årsdag inom 1 månad och 3 dagar",
        ),
        (
            "{legal_basis: marketing, is_not: legal_obligation}",
            "Among the contact's legal bases that are valid now for “marketing” it is not so that there is a legal "
            "obligation",
            "Bland kontaktens rättsliga grunder som nu gäller, för ”marketing”, gäller inte att det finns en rättslig "
            "förpliktelse",
        ),
    ],
)
def test_operands(criterion: str, english: str, swedish: str | None) -> None:
    """Values are quoted, marks say yes or no, an empty text is told, and fields are named with their owners."""
    assert english == sentences(f"[{criterion}]", "en")
    assert swedish in {None, sentences(f"[{criterion}]", "sv")}


def test_a_field_of_an_item_is_its_own() -> None:
    """Also where it is compared with another one of the same item."""
    criteria = "[{count: sales, where: [{field: status, is: {field: currency}}], at_least: 1}]"

    assert (
        sentences(criteria, "en")
        == "The number of the contact's sales (only those whose status is its currency) is at least 1"
    )


def test_rules_of_one_title_are_told_apart() -> None:
    """A reader who is told of another rule knows which."""
    text = BOOK.format(criteria="[{selection: others, is_member: true}]").replace(
        "rule: the-rule", "rule: the-rule, title: Others"
    )

    assert said(text, "criteria", "en") == ["The selection of the rule “Others” (“other”) has the contact as a member"]


def test_a_deletion_rule_says_that_a_missing_date_leaves_the_latest_of_unknown() -> None:
    """In a rule that deletes a missing member weighs more, and the reader is told."""
    text = (
        "rules: [{rule: the-rule, owner: dpo, legal_basis: x, stop_if_more_than: {contacts: 1},"
        " if: [{latest_of: [created_on, birth_date], older_than: 1 year}], then: [{schedule_deletion: {grace: 1 day}}]}]"
    )

    assert "(unknown if one of them is missing)" in said(text, "criteria", "en")[0]
    assert "(okänt om något av dem saknas)" in said(text, "criteria", "sv")[0]
