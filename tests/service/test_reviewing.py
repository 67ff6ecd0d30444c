"""Reviews (L5): where a person must decide nothing is deleted until one has, with a reason, about the state as it is."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.service import reviewing
from engine.service.config import Settings
from engine.service.naming import NOT_THERE, REFUSED, UNFIT, Declined
from engine.service.reviewing import Answer, Shown
from engine.store import deletions, reviews
from engine.store.reviews import Review
from tests.installations import NOON, Place
from tests.rulebooks import rulebook
from tests.service.test_destroying import GHOST, RULE, crowd, pass_days, place_with

CAUSES: Mapping[str, dict[str, Any]] = {
    "no_automated_decisions": {"no_automated_decisions": True},
    "special_category": {"special_category": None},
    "under_16": {"birth_date": "2015-01-01"},
}
PEOPLE = {
    "eva": {"email": "eva@firm.example", "roles": ["dpo"]},
    "dag": {"email": "dag@firm.example", "roles": ["management"]},
}
ASKING = """\
rules:
  - rule: the-rule
    stage: live
    edited_by: dag
    if: [{field: category, is: Lead}]
    then:
      - request_review: {from: dpo, question: {en: Is it a customer?, sv: Är det en kund?}, within: 5 working days}
      - request_review: {from: management, question: Is it worth it?}
"""


def place_for(folder: Path, rules: str = "", *records: dict[str, Any], **approvals: bool) -> Place:
    """Return a place with two people, the deleting rule or another, and contacts."""
    place = place_with(folder, *records)
    settings = Settings.of({"people": PEOPLE, "limits": {"percent_per_day": 100}, "approvals": approvals})
    place.installation = place.installation.__class__(settings, folder, place.installation.model, place.clock)
    place.rules = rulebook(rules) if rules else place.rules
    return place


def waiting(folder: Path, state: dict[str, Any] | None = None, editor: str = "dag", **approvals: bool) -> Place:
    """Return a place in which a deletion waits for a person."""
    edited = RULE.replace("    owner: dpo\n", f"    owner: dpo\n    edited_by: {editor}\n") if editor else RULE
    place = place_for(folder, edited, GHOST | (state or CAUSES["no_automated_decisions"]), **approvals)
    pass_days(place, 15)
    assert place.deletions()["ghost"] == ("kept", "HUMAN_REVIEW")
    return place


def queue(place: Place, *, every: bool = False) -> list[Review]:
    """Return the open reviews, or all."""
    with place.store.database.reading() as connection:
        return reviews.read(connection, place.store.tables, *(() if every else (reviews.is_open(),)))


def show(place: Place, key: int = 1, language: str = "en") -> Shown:
    """Return what a person sees of a review."""
    return reviewing.shown(place.scene(), key, place.installation.moment(), language)


def say(place: Place, answer: str = "carry_out", by: str = "eva", reason: str = "looked", key: int = 1) -> None:
    """Answer a review."""
    reviewing.answer(place.scene(), key, Answer(answer, reason, by), place.installation.moment())


def declined(place: Place, **said: Any) -> str:
    """Return why an answer is declined, after it was."""
    with pytest.raises(Declined) as found:
        say(place, **said)
    return found.value.code


@pytest.mark.parametrize("cause", CAUSES)
def test_l5_what_nobody_answers_is_kept_for_as_long_as_it_takes(tmp_path: Path, cause: str) -> None:
    """Each cause opens one review, and a year later it is still that one, and nobody is deleted."""
    place = waiting(tmp_path, CAUSES[cause])
    opened = queue(place)
    assert [(one.contact, one.rule, one.state) for one in opened] == [("ghost", "erase", "open")]
    assert show(place).head["proposed"]["causes"] == [cause]
    for _ in range(12):
        place.clock.move(timedelta(days=30))
        pass_days(place, 1)

    assert place.deletions()["ghost"] == ("kept", "HUMAN_REVIEW")
    assert queue(place, every=True) == opened


@pytest.mark.parametrize("cause", CAUSES)
def test_l5_a_deletion_is_carried_out_once_a_person_says_so(tmp_path: Path, cause: str) -> None:
    """With the next pass; and the review keeps who it was, and nothing of whom it was about."""
    place = waiting(tmp_path, CAUSES[cause])
    say(place, reason="Canary asked for it")
    place.act()
    assert place.deletions()["ghost"][0] == "in_recycle_bin"
    (one,) = queue(place, every=True)

    assert (one.state, one.answer, one.answered_by, one.rule) == ("answered", "carry_out", "eva", "erase")
    assert (one.record, one.contact, one.reason, one.digest) == (None, None, None, None)


def test_l5_what_a_person_keeps_is_cancelled_for_good(tmp_path: Path) -> None:
    """It is not scheduled anew while the case is open, and nothing is asked again."""
    place = waiting(tmp_path)
    say(place, "keep")
    pass_days(place, 20)

    assert place.deletions()["ghost"] == ("cancelled", "KEPT_BY_PERSON")
    assert [(one.state, one.answer) for one in queue(place, every=True)] == [("answered", "keep")]


def test_l5_the_last_editor_of_the_rule_is_refused(tmp_path: Path) -> None:
    """Whoever wrote the rule does not judge what it does; nor does somebody whom nobody knows."""
    place = waiting(tmp_path)

    assert [declined(place, by="dag"), declined(place, by="mallory")] == [REFUSED, REFUSED]
    place.act()
    assert place.deletions()["ghost"] == ("kept", "HUMAN_REVIEW")


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_l5_an_answer_without_a_reason_is_refused(tmp_path: Path, reason: str) -> None:
    """Nothing is recorded."""
    place = waiting(tmp_path)

    assert declined(place, reason=reason) == REFUSED
    assert len(queue(place)) == 1


def test_an_answer_is_one_of_two_words_and_given_once(tmp_path: Path) -> None:
    """Other words, other ids and second answers are told."""
    place = waiting(tmp_path)
    assert (declined(place, answer="yes"), declined(place, key=7)) == (UNFIT, NOT_THERE)
    say(place)
    assert declined(place, answer="keep") == REFUSED


@pytest.mark.parametrize("change", [{"category": "Prospect", "requests": [{"id": "r", "type": "access", "at": "2026-03-02"}]},
                                    {"special_category": True}])  # fmt: skip
def test_l5_when_the_state_changes_after_the_answer_another_review_opens(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    """The answer was about what was looked at: that which the rule and the guards read, and why a person decides."""
    place = waiting(tmp_path)
    say(place)
    place.take({"id": "ghost"} | change)
    pass_days(place, 1)

    assert place.deletions()["ghost"] == ("kept", "HUMAN_REVIEW")
    assert [(one.state, one.answer) for one in queue(place, every=True)] == [("void", "carry_out"), ("open", None)]
    say(place, key=2)
    place.act()
    assert place.deletions()["ghost"][0] == "in_recycle_bin"


def test_l5_what_nobody_reads_can_change_after_the_answer(tmp_path: Path) -> None:
    """Neither rule nor guard reads the phone number: the answer stands."""
    place = waiting(tmp_path)
    say(place)
    place.take({"id": "ghost", "phone": "0123"})
    place.act()

    assert place.deletions()["ghost"][0] == "in_recycle_bin"


def test_l5_a_state_that_has_changed_before_the_answer_must_be_looked_at_first(tmp_path: Path) -> None:
    """Who has an old review open on the screen decides nothing about what is new."""
    place = waiting(tmp_path)
    place.take({"id": "ghost", "special_category": True})
    assert declined(place) == REFUSED
    place.act()
    assert [(one.key, one.state) for one in queue(place, every=True)] == [(1, "void"), (2, "open")]
    assert declined(place, key=1) == REFUSED


def test_l5_the_other_guards_are_asked_after_the_answer_too(tmp_path: Path) -> None:
    """A valid basis keeps whom a person would let go."""
    place = waiting(
        tmp_path,
        CAUSES["under_16"]
        | {"consents": [{"purpose": "x", "status": "given", "legal_basis": "contract", "at": "2020-01-01"}]},
    )
    say(place)
    place.act()

    assert place.deletions()["ghost"] == ("kept", "OTHER_BASIS")


def test_l5_the_cause_can_pass_by_itself(tmp_path: Path) -> None:
    """Who is no longer under it is deleted as others are, and the question is void."""
    place = waiting(tmp_path)
    place.take({"id": "ghost", "no_automated_decisions": False})
    place.act()

    assert place.deletions()["ghost"][0] == "in_recycle_bin"
    assert [one.state for one in queue(place, every=True)] == ["void"]


@pytest.mark.parametrize("end", ["closed", "gone", "kept", "off"])
def test_a_review_for_which_nothing_waits_is_void(tmp_path: Path, end: str) -> None:
    """The case closes, the rule goes or stops, or somebody keeps the deletion by its own command."""
    place = waiting(tmp_path)
    match end:
        case "closed":
            place.take({"id": "ghost", "category": "Customer"})
        case "gone":
            place.rules = rulebook("rules: [{rule: other, if: [{field: category, is: x}], then: [{raise_alert: x}]}]")
        case "off":
            place.rules = rulebook(RULE.replace("stage: live", "stage: watch"))
        case "kept":
            with place.store.database.writing() as connection:
                deletions.cancel(connection, deletions.is_one(1), "KEPT_BY_PERSON", place.clock.now())
    place.live()

    assert [one.state for one in queue(place, every=True)] == ["void"]
    assert declined(place) == REFUSED


def test_another_version_of_the_rule_asks_anew(tmp_path: Path) -> None:
    """Its deletions begin anew, and so do the questions about them."""
    place = waiting(tmp_path)
    say(place)
    place.rules = rulebook(RULE.replace("2 years", "3 years"))
    pass_days(place, 16)

    assert place.deletions()["ghost"] == ("kept", "HUMAN_REVIEW")
    assert [one.version for one in queue(place)] == [place.rules.rules["erase"].version]


def test_where_nobody_is_known_as_editor_anyone_answers_unless_four_eyes_are_asked_for(tmp_path: Path) -> None:
    """Then the rule has to say who edited it."""
    (tmp_path / "two").mkdir()
    strict, lenient = waiting(tmp_path, editor="", four_eyes=True), waiting(tmp_path / "two", editor="")

    assert declined(strict) == REFUSED
    say(lenient, by="dag")


def test_l5_what_is_shown_is_what_a_person_needs(tmp_path: Path) -> None:
    """Inputs, the rule in words, the verdict as a tree, the outcome that is proposed, and what the guards say of it."""
    found = show(waiting(tmp_path)).as_json()

    assert found["inputs"] == {
        "activities": [],
        "birth_date": None,
        "category": "Prospect",
        "consents": [],
        "no_automated_decisions": True,
        "special_category": None,
    }
    assert any("What must be true" in line for line in found["words"])
    assert any("category is “Prospect”" in line for line in found["words"])
    assert found["tree"]["truth"] == "true"
    assert found["proposed"]["says"].startswith("All data about the contact is deleted")
    assert [guard["code"] for guard in found["guards"]] == ["HUMAN_REVIEW"]
    assert (found["rule"], found["contact"], found["state"]) == ("erase", "ghost", "open")


def test_a_review_is_shown_in_the_languages_of_descriptions(tmp_path: Path) -> None:
    """In Swedish too, and in no language that nobody has written."""
    place = waiting(tmp_path)
    assert show(place, language="sv").head["proposed"]["says"].startswith("Alla uppgifter om kontakten raderas")
    for key, language, code in ((1, "fr", UNFIT), (9, "en", NOT_THERE)):
        with pytest.raises(Declined) as found:
            show(place, key, language)
        assert found.value.code == code


def test_a_review_of_somebody_who_is_gone_shows_what_was_answered(tmp_path: Path) -> None:
    """Without inputs: there is nobody any more."""
    place = waiting(tmp_path)
    say(place)
    place.act()
    found = show(place).as_json()

    assert (found["contact"], found["inputs"], found["tree"], found["answer"]) == (None, {}, None, "carry_out")


def test_a_rule_asks_whom_it_names_once_for_each_case(tmp_path: Path) -> None:
    """Each question by itself, with its own day; answered by somebody with that role alone."""
    place = place_for(tmp_path, ASKING, *({"id": one, "category": "Lead"} for one in "ab"))
    place.live()
    place.live()
    listed = reviewing.listed(place.installation, place.store, place.rules, with_ended=False)
    assert [(one["contact"], one["question"], one["from"]) for one in listed] == [
        (contact, question, whom)
        for question, whom in (("Is it a customer?", "dpo"), ("Is it worth it?", "management"))
        for contact in "ab"
    ]
    assert [one["due_at"] and one["due_at"] > NOON + timedelta(days=4) for one in listed] == [True, True, None, None]
    assert show(place).head["proposed"]["says"].startswith("For as long as this is true, a question is put to")
    assert [declined(place, by="dag"), declined(place, by="eva", key=3)] == [REFUSED, REFUSED]
    say(place, "keep", reason="no")
    place.live()
    assert next((one.key, one.state) for one in queue(place, every=True)) == (1, "answered")
    assert len(queue(place, every=True)) == 4


def test_a_question_is_void_once_its_case_closes_and_asked_again_when_another_opens(tmp_path: Path) -> None:
    """Also one that was answered: it is another case."""
    place = place_for(tmp_path, ASKING, {"id": "a", "category": "Lead"})
    place.live()
    say(place)
    for category in ("Customer", "Lead"):
        place.take({"id": "a", "category": category})
        place.live()

    assert [one.state for one in queue(place, every=True)] == ["answered", "void", "open", "open"]


def test_a_question_of_another_version_is_asked_anew(tmp_path: Path) -> None:
    """What its number stands for may be another question by now."""
    place = place_for(tmp_path, ASKING, {"id": "a", "category": "Lead"})
    place.live()
    place.rules = rulebook(ASKING.replace("5 working days", "6 working days"))
    place.live()

    assert [one.state for one in queue(place, every=True)] == ["void", "void", "open", "open"]


def test_overdue_questions_are_counted(tmp_path: Path) -> None:
    """From the instant on at which the answer is due; where no day was set none is."""
    place = place_for(tmp_path, ASKING, {"id": "a", "category": "Lead"})
    place.live()
    counted = []
    for days in (0, 30):
        place.clock.move(timedelta(days=days))
        with place.store.database.reading() as connection:
            counted.append(reviews.counts(connection, place.clock.now()))

    assert counted == [(2, 0), (2, 1)]


def test_many_deletions_have_a_review_each(tmp_path: Path) -> None:
    """One person's answer lets one contact go."""
    people = [one | {"no_automated_decisions": True} for one in crowd(3)]
    place = place_for(tmp_path, RULE, *people)
    pass_days(place, 15)
    asked = {one.contact: one.key for one in queue(place)}
    assert asked.keys() == {"g0", "g1", "g2"}
    say(place, key=asked["g1"])
    place.act()

    assert {contact: state for contact, (state, _) in place.deletions().items()} == {
        "g0": "kept",
        "g1": "in_recycle_bin",
        "g2": "kept",
    }
