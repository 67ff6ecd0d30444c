"""Reviews (Art. 22): a person decides, who is not the rule's editor, gives a reason, and is bound to what they saw."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.service.config import Settings
from engine.service.naming import Declined
from engine.service.reviewing import Answer, answer, listed, shown
from tests.doors import Api
from tests.installations import Place
from tests.rulebooks import rulebook
from tests.service.test_destroying import GHOST, PULSE, RULE, pass_days

PEOPLE = {
    "eva": {"email": "eva@firm.example", "roles": ["dpo"]},
    "dag": {"email": "dag@firm.example", "roles": ["dpo"]},
    "ida": {"email": "ida@firm.example", "roles": ["sales"]},
}
SETTINGS = Settings.of({"people": PEOPLE, "limits": {"percent_per_day": 100}})
EDITED = RULE.replace("    stage: live\n", "    stage: live\n    edited_by: ida\n", 1)
CAUSES: list[dict[str, Any]] = [
    {"no_automated_decisions": True},
    {"special_category": "maybe"},
    {"birth_date": "2012-01-01"},
]


def kept(folder: Path, cause: dict[str, Any] = CAUSES[0]) -> Place:
    """Return a place in which a deletion is due and a person has to decide."""
    place = Place(folder, EDITED, SETTINGS)
    place.take(PULSE, GHOST | cause)
    pass_days(place, 15)
    return place


def waiting(place: Place) -> list[dict[str, Any]]:
    """Return the reviews that wait for an answer."""
    return listed(place.installation, place.store, place.rules, with_ended=False)


def say(place: Place, word: str, by: str = "eva", reason: str = "looked") -> None:
    """Answer the newest review that waits."""
    key = max(int(one["id"]) for one in waiting(place))
    answer(place.scene(), key, Answer(word, reason, by), place.installation.moment())


@pytest.mark.parametrize("cause", CAUSES)
def test_l5_unanswered_means_keep_however_long(tmp_path: Path, cause: dict[str, Any]) -> None:
    """One review is opened, and a year later the contact is still here."""
    place = kept(tmp_path, cause)
    assert place.deletions()["ghost"] == ("kept", "HUMAN_REVIEW")
    place.clock.move(timedelta(days=365))
    place.live()

    assert place.deletions()["ghost"] == ("kept", "HUMAN_REVIEW")
    assert len(waiting(place)) == 1
    assert place.key_of("ghost") > 0


def test_l5_the_review_shows_inputs_the_rule_in_words_and_what_is_proposed(tmp_path: Path) -> None:
    """All that a person needs to decide."""
    found = shown(kept(tmp_path).scene(), 1, kept(tmp_path / "b").installation.moment(), "sv").as_json()

    assert found["inputs"]["category"] == "Prospect"
    assert found["inputs"]["no_automated_decisions"] is True
    assert any("raderas" in line for line in found["words"])
    assert (found["proposed"]["action"], found["guards"][0]["code"]) == ("schedule_deletion", "HUMAN_REVIEW")
    assert found["tree"] is not None


def test_l5_a_person_lets_it_be_carried_out(tmp_path: Path) -> None:
    """With a reason; then the deletion takes its course."""
    place = kept(tmp_path)
    say(place, "carry_out")
    place.act()

    assert place.deletions()["ghost"][0] == "in_recycle_bin"
    assert waiting(place) == []


@pytest.mark.parametrize(
    ("by", "reason", "word"),
    [("ida", "fine", "carry_out"), ("", "fine", "carry_out"), ("eva", "  ", "keep"), ("eva", "fine", "perhaps")],
)
def test_l5_a_word_that_does_not_count_is_declined(tmp_path: Path, by: str, reason: str, word: str) -> None:
    """The rule's last editor, nobody, no reason, no answer: nothing changes."""
    place = kept(tmp_path)
    with pytest.raises(Declined):
        say(place, word, by, reason)
    place.act()

    assert place.deletions()["ghost"] == ("kept", "HUMAN_REVIEW")
    assert len(waiting(place)) == 1


def test_l5_an_answer_is_about_what_was_seen(tmp_path: Path) -> None:
    """What changes between answer and order opens another review; the first answer is void."""
    place = kept(tmp_path)
    say(place, "carry_out")
    place.take({"id": "ghost", "consents": [{"purpose": "storage", "status": "withdrawn", "at": "2026-03-10"}]})
    place.live()

    assert place.deletions()["ghost"] == ("kept", "HUMAN_REVIEW")
    assert [one["id"] for one in waiting(place)] == [2]


def test_l5_a_person_keeps(tmp_path: Path) -> None:
    """The deletion is cancelled, and while the case is open not begun anew."""
    place = kept(tmp_path)
    say(place, "keep", "dag")
    pass_days(place, 20)

    assert place.deletions()["ghost"] == ("cancelled", "KEPT_BY_PERSON")
    assert waiting(place) == []


def test_a_review_for_which_nothing_waits_any_more_is_void(tmp_path: Path) -> None:
    """The case has closed."""
    place = kept(tmp_path)
    place.take({"id": "ghost", "category": "Customer"})
    place.live()

    assert waiting(place) == []
    ended = listed(place.installation, place.store, place.rules, with_ended=True)
    assert [one["state"] for one in ended] == ["void"]


def test_l5_over_http_the_caller_is_who_answers(tmp_path: Path) -> None:
    """Nobody answers in another's name; the editor's own token is refused."""
    place = kept(tmp_path)
    api = Api(place)
    said = {"answer": "carry_out", "reason": "looked"}
    assert api.caller("ida", "operate").post("/v1/reviews/1/answer", said).status_code == 409
    assert api.caller("eva", "read").post("/v1/reviews/1/answer", said).status_code == 403
    assert api.caller("eva", "operate").post("/v1/reviews/1/answer", said | {"by": "dag"}).status_code == 422
    assert api.caller("eva", "operate").post("/v1/reviews/1/answer", said).status_code == 200
    assert api.caller("eva", "read").get("/v1/reviews").json()["reviews"] == []


ASKING = """\
rules:
  - rule: ask
    stage: live
    edited_by: ida
    if: [{field: category, is: Prospect}]
    then: [{request_review: {from: dpo, question: Is this a prospect?, within: 5 days}}]
"""


def asked(folder: Path) -> Place:
    """Return a place in which a rule asks about a contact."""
    place = Place(folder, ASKING, SETTINGS)
    place.take(GHOST)
    place.live()
    return place


def test_a_rule_asks_once_per_case_and_the_answer_is_recorded(tmp_path: Path) -> None:
    """However often it runs; until when an answer is due is told."""
    place = asked(tmp_path)
    place.clock.move(timedelta(days=1))
    place.live()
    (one,) = waiting(place)
    assert str(one["due_at"]).startswith("2026-03-06")
    say(place, "carry_out")
    place.live()
    ended = listed(place.installation, place.store, place.rules, with_ended=True)

    assert [(one["state"], one["answer"], one["by"]) for one in ended] == [("answered", "carry_out", "eva")]


@pytest.mark.parametrize(
    "change",
    [
        lambda place: place.take({"id": "ghost", "category": "Customer"}),
        lambda place: setattr(place, "rules", rulebook(ASKING.replace("Prospect", "Lead"))),
    ],
)
def test_a_question_about_a_case_that_closed_is_void(tmp_path: Path, change: Callable[[Place], object]) -> None:
    """Nobody is to decide about what is over."""
    place = asked(tmp_path)
    change(place)
    place.live()

    assert waiting(place) == []


def test_a_question_is_answered_by_whom_the_rule_asks(tmp_path: Path) -> None:
    """Of the role that is named."""
    place = asked(tmp_path)
    place.rules = replace(place.rules, rules={"ask": replace(place.rules.rules["ask"], edited_by="")})
    place.live()
    with pytest.raises(Declined):
        say(place, "keep", "ida")
    say(place, "keep", "dag")

    assert waiting(place) == []
