"""Notices: whoever is responsible is told once that something waits for a person, and nobody's data is in it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.crm.letter import Letter
from engine.service import holding
from engine.service.config import Settings
from engine.service.config_keys import Unfit
from engine.service.holding import HoldWanted
from engine.service.notice_text import Kind, text_of
from engine.service.notices import Notice, failed, post_in
from engine.store import notices
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure
from tests.installations import Place
from tests.service.test_approving import place_asking
from tests.service.test_destroying import GHOST, PULSE, RULE, ScriptedCrm, crowd, pass_days, place_with

PEOPLE = {
    "eva": {"email": "eva@firm.example", "roles": ["dpo"]},
    "ola": {"email": "ola@firm.example", "roles": ["ops"]},
}
DETAILS: dict[str, Any] = {
    "rule": "erase", "count": 3, "reason": "LIMIT", "approval": 1, "hold": 3, "deletion": 4,
    "recipient": "books",
}  # fmt: skip


class Broken:
    """A way out that fails as told, and keeps what it took."""

    def __init__(self, *failures: Exception) -> None:
        self.failures, self.taken = list(failures), list[Letter]()

    def deliver(self, letter: Letter) -> None:
        """Take a letter, or fail."""
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(letter)


def place_noticing(folder: Path, *records: dict[str, Any], to: tuple[str, ...] = (), **limits: int) -> Place:
    """Return a place whose notices go to somebody besides the owner of a rule."""
    wanted = {"people": PEOPLE, "limits": {"percent_per_day": 100} | limits, "notices": {"to": list(to)}}
    place = Place(folder, RULE, Settings.of(wanted))
    place.take(PULSE, *records)
    return place


def rows(place: Place) -> list[tuple[str, str, str]]:
    """Return kind, destination and state of each notice, the oldest first."""
    with place.store.database.reading() as connection:
        found = notices.listing(connection)
    return [(row["kind"], row["to"], row["state"]) for row in reversed(found)]


def needed(place: Place) -> list[tuple[str, str]]:
    """Return address and content of each letter that says that a person is needed."""
    return [
        (str(letter["To"]), letter.get_content())
        for letter in place.letters()
        if str(letter["Subject"]).startswith("A person is needed")
    ]


def test_r7_a_rule_that_its_limit_stops_is_one_letter_to_its_owner(tmp_path: Path) -> None:
    """However many runs follow: one letter, with the rule, the number and the commands, and nobody's data."""
    place = place_with(tmp_path, *crowd(26))
    for _ in range(3):
        place.live()
        place.clock.move(timedelta(hours=1))

    assert rows(place) == [("limit", "eva", "done")]
    ((to, said),) = needed(place)
    assert to == "eva@firm.example"
    assert "26" in said
    assert "ansgar rules release erase" in said
    assert not any(one["email"] in said or one["id"] in said.split() for one in crowd(26))


def test_r7_what_the_daily_limit_holds_is_one_letter_for_all_of_a_rule(tmp_path: Path) -> None:
    """Twenty are held for one reason: the owner and whom the configuration names get one letter each."""
    place = place_noticing(tmp_path, *crowd(20), to=("ops",), deletions_per_day=19)
    pass_days(place, 17)

    assert rows(place) == [("held", "eva", "done"), ("held", "ola", "done")]
    assert [to for to, _ in needed(place)] == ["eva@firm.example", "ola@firm.example"]
    assert "LIMIT" in needed(place)[0][1]


def test_what_a_stale_feed_holds_is_told(tmp_path: Path) -> None:
    """FEED_STALE: a person looks, so a person is told."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 17, pulse=False)

    assert rows(place) == [("held", "eva", "done")]
    assert "FEED_STALE" in needed(place)[0][1]


def test_l7_whoever_is_asked_for_an_approval_is_told_once_for_each_batch(tmp_path: Path) -> None:
    """Three deletions wait together: dag and eva are of the role that is asked, and each hears of it once."""
    place = place_asking(tmp_path, "from: dpo", *crowd(3))
    pass_days(place, 2)

    assert rows(place) == [("approval", "eva", "done"), ("approval", "dag", "done")]
    assert "ansgar deletions approve --batch" in needed(place)[0][1]


def test_l7_a_deletion_whose_outcome_is_unknown_is_told(tmp_path: Path) -> None:
    """Consent comes while the CRM does not answer: a week after the order's expiry somebody is told to look there."""
    place = place_with(tmp_path, GHOST, crm=ScriptedCrm(TemporaryFailure("time-out")))
    pass_days(place, 15)
    place.take({"id": "ghost", "consents": [{"purpose": "storage", "status": "given", "at": "2026-03-10"}]})
    pass_days(place, 9)

    assert place.deletions()["ghost"] == ("failed", "OUTCOME_UNKNOWN")
    assert rows(place) == [("failed", "eva", "done")]
    assert "ghost" not in needed(place)[0][1]


def test_l5_who_is_needed_for_reviews_is_told_once_a_day_however_many_open(tmp_path: Path) -> None:
    """Two open at once and one an hour later: one letter on the first day, and one on the next."""
    place = place_with(tmp_path, *({**GHOST, "id": one, "special_category": True} for one in ("ghost", "bo")))
    pass_days(place, 15)
    first = rows(place)
    place.take({**GHOST, "id": "cy", "special_category": True})
    pass_days(place, 20)

    assert first == [("review", "eva", "done")]
    assert rows(place) == first * 2
    assert needed(place)[0][1].startswith("Reviews that wait for a person's answer because of the rule erase: 2.")


def test_l7_whoever_answers_for_a_hold_is_told_when_it_is_time_to_look_again(tmp_path: Path) -> None:
    """On the day after that of the review, once."""
    place = place_noticing(tmp_path, GHOST)
    wanted = HoldWanted("ghost", "lawsuit", owner="ola", review="2026-03-10")
    holding.place(place.installation, place.store, wanted)
    pass_days(place, 9)
    assert rows(place) == []
    pass_days(place, 3)

    assert rows(place) == [("hold_review", "ola", "done")]


def test_a_notice_is_tried_again_later_and_parked_in_the_end_and_can_be_replayed(tmp_path: Path) -> None:
    """A server that is away costs time, one that refuses costs a replay; one that took it is not asked again."""
    place = place_noticing(tmp_path)
    post = place.post = Broken(TemporaryFailure("away"), PermanentFailure("refused"))
    with place.store.database.writing() as connection:
        post_in(place.scene(), connection, failed("erase", 1), place.installation.moment())
        assert post_in(place.scene(), connection, failed("erase", 1), place.installation.moment()) == 0
    place.act()
    assert rows(place) == [("failed", "eva", "pending")]
    place.act()
    assert len(post.failures) == 1
    place.clock.move(timedelta(hours=1))
    place.act()
    assert rows(place) == [("failed", "eva", "parked")]
    with place.store.database.writing() as connection:
        assert notices.replay(connection, 1, place.clock.now())
    place.act()
    place.act()
    assert rows(place) == [("failed", "eva", "done")]
    assert len(post.taken) == 1


def test_a_notice_to_nobody_is_there_to_be_seen(tmp_path: Path) -> None:
    """Neither owner nor configuration leads to anybody: the row says that nobody was told."""
    place = place_noticing(tmp_path)
    with place.store.database.writing() as connection:
        notice = Notice(Kind.RECIPIENT_GONE, "books", details={"recipient": "books"})
        assert post_in(place.scene(), connection, notice, place.installation.moment()) == 0

    assert rows(place) == [("recipient_gone", "", "withheld")]


@pytest.mark.parametrize("kind", Kind)
def test_every_notice_has_words_in_both_languages(kind: Kind) -> None:
    """English and Swedish differ, and both name a command."""
    english, swedish = (text_of(kind, DETAILS, [language]) for language in ("en", "sv"))

    assert english[0].startswith("A person is needed")
    assert swedish[0].startswith("En människa behövs")
    assert all("  ansgar " in body for _, body in (english, swedish))
    assert english[1].splitlines()[0] != swedish[1].splitlines()[0]


def test_a_name_that_nobody_has_is_refused(tmp_path: Path) -> None:
    """A notice that reaches nobody by a slip of the pen would be found out too late."""
    with pytest.raises(Unfit, match="nobody is called `evva`"):
        place_noticing(tmp_path, to=("evva",))
