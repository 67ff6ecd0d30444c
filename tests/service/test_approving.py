"""Approvals: what is due waits for people's word, for exactly what they saw; silence, and every change, keeps."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.service import deciding
from engine.service.approving import Word
from engine.service.config import Settings
from engine.service.deciding import Desk
from engine.service.naming import Declined
from engine.store import approvals, deletions, holds
from engine.store.approvals import Request
from tests.installations import Place
from tests.scripted_crm import ScriptedCrm
from tests.service.test_destroying import GHOST, PULSE, RULE, crowd, pass_days

PEOPLE = {
    "eva": {"email": "eva@firm.example", "roles": ["dpo"]},
    "dag": {"email": "dag@firm.example", "roles": ["dpo", "management"]},
    "ida": {"email": "ida@firm.example", "roles": ["sales"]},
}
SETTINGS = Settings.of({"people": PEOPLE, "limits": {"percent_per_day": 100}})
CONSENT = {"consents": [{"purpose": "storage", "status": "given", "at": "2026-03-10"}]}


def place_asking(folder: Path, approval: str, *records: dict[str, Any]) -> Place:
    """Return a place whose rule asks for an approval, on the day on which the deletions are due."""
    rule = RULE.replace("grace: 14 days", f"grace: 14 days\n          approval: {{{approval}}}")
    place = Place(folder, rule, SETTINGS)
    place.take(PULSE, *records)
    pass_days(place, 15)
    return place


def test_an_order_that_came_to_nothing_is_approved_anew(tmp_path: Path) -> None:
    """The word was for that order, of that day: another one does not go out on it."""
    with ScriptedCrm("accept") as crm:
        place = place_asking(tmp_path, "from: dpo", GHOST)
        place.crm, crm.clock = crm.asked, place.clock
        approve(place, "ghost")
        place.act()
        assert place.deletions()["ghost"] == ("ordered", "ACCEPTED")
        place.clock.move(timedelta(days=1, minutes=5))
        place.act()
        place.act()

        assert (place.deletions()["ghost"], crm.ledger.attempts) == (("due", "AWAITS_APPROVAL"), ["deletion-1"])


def batches(place: Place) -> list[Request]:
    """Return what waits for an approval."""
    with place.store.database.reading() as connection:
        return approvals.listing(connection)


def approve(place: Place, *contacts: str, by: str = "eva", digest: str = "") -> int:
    """Approve the deletions of contacts; return how many more words are needed."""
    with place.store.database.writing() as connection:
        chosen = [one for one in deletions.read(connection, place.store.tables) if one.contact in contacts]
        desk = Desk(place.installation, connection, place.store.tables, place.rules)
        return deciding.approve(desk, chosen, Word(by, "looked", digest), place.installation.moment())


def refused(place: Place, *contacts: str, **word: str) -> str:
    """Return the code with which an approval is refused."""
    with pytest.raises(Declined) as caught:
        approve(place, *contacts, **word)
    return caught.value.code


def test_what_is_due_waits_for_an_approval_and_goes_on_with_it(tmp_path: Path) -> None:
    """Nothing is ordered before somebody of the role has said so; then everything takes its course."""
    place = place_asking(tmp_path, "from: dpo", GHOST)
    assert place.deletions()["ghost"] == ("due", "AWAITS_APPROVAL")
    pass_days(place, 3)
    assert place.deletions()["ghost"] == ("due", "AWAITS_APPROVAL")
    assert approve(place, "ghost") == 0
    assert place.deletions()["ghost"] == ("approved", None)
    place.act()
    assert place.deletions()["ghost"] == ("in_recycle_bin", None)


def test_the_history_tells_every_state_with_who_moved_it(tmp_path: Path) -> None:
    """From scheduled to erased, with the name of the approver and nobody's where it moved by itself."""
    place = place_asking(tmp_path, "from: dpo", GHOST)
    approve(place, "ghost")
    pass_days(place, 15)
    with place.store.database.reading() as connection:
        told = deletions.history(connection, 1)

    assert [(one["state"], one["reason"], one["by"]) for one in told] == [
        ("scheduled", None, None),
        ("warned", None, None),
        ("due", "AWAITS_APPROVAL", None),
        ("approved", None, "eva"),
        ("ordered", None, None),
        ("confirmed", None, None),
        ("in_recycle_bin", None, None),
        ("erased", None, None),
    ]


def test_without_an_answer_in_time_it_is_kept_and_a_late_answer_still_counts(tmp_path: Path) -> None:
    """Silence never deletes."""
    place = place_asking(tmp_path, "from: dpo, within: 10 days, if_no_answer: keep", GHOST)
    pass_days(place, 11)
    assert place.deletions()["ghost"] == ("kept", "NO_APPROVAL")
    pass_days(place, 20)
    assert place.deletions()["ghost"] == ("kept", "NO_APPROVAL")
    approve(place, "ghost")
    place.act()
    assert place.deletions()["ghost"] == ("in_recycle_bin", None)


def test_l7_two_people_are_two_people(tmp_path: Path) -> None:
    """The same word twice is one; the second must be somebody else's."""
    place = place_asking(tmp_path, "from: dpo, people: 2", GHOST)
    assert [approve(place, "ghost"), approve(place, "ghost")] == [1, 1]
    place.act()
    assert place.deletions()["ghost"] == ("due", "AWAITS_APPROVAL")
    assert approve(place, "ghost", by="dag") == 0
    place.act()
    assert place.deletions()["ghost"] == ("in_recycle_bin", None)


@pytest.mark.parametrize(("by", "people"), [("ida", 1), ("nobody", 1), ("", 2)])
def test_a_word_of_somebody_who_is_not_asked_does_not_count(tmp_path: Path, by: str, people: int) -> None:
    """Not of the role, unknown, or without a name where names must differ."""
    place = place_asking(tmp_path, f"from: [dpo], people: {people}", GHOST)

    assert refused(place, "ghost", by=by) == "NOT_APPROVED"
    assert place.deletions()["ghost"] == ("due", "AWAITS_APPROVAL")


@pytest.mark.parametrize(
    ("edited_by", "by", "code"),
    [("eva", "eva", "REFUSED"), ("", "eva", "REFUSED"), ("ida", "", "NOT_APPROVED"), ("ida", "eva", None)],
)
def test_s3_with_four_eyes_the_approver_is_not_the_last_editor(
    tmp_path: Path, edited_by: str, by: str, code: str | None
) -> None:
    """Nobody approves a rule of their own; who changed it must be known, and so must the approver."""
    place = place_asking(tmp_path, "from: dpo", GHOST)
    settings = Settings.of({"people": PEOPLE, "approvals": {"four_eyes": True}, "limits": {"percent_per_day": 100}})
    place.installation = replace(place.installation, settings=settings)
    if edited_by:
        rule = replace(place.rules.rules["erase"], edited_by=edited_by)
        place.rules = replace(place.rules, rules={"erase": rule})
    pass_days(place, 1)
    if code is not None:
        assert refused(place, "ghost", by=by) == code
    else:
        assert approve(place, "ghost", by=by) == 0


def test_a_batch_is_approved_as_the_exact_set_that_was_seen(tmp_path: Path) -> None:
    """A part of it is refused; so is a digest from before one of them left."""
    place = place_asking(tmp_path, "from: dpo", *crowd(3))
    seen = batches(place)[0].digest
    assert len(batches(place)[0].deletions) == 3
    assert refused(place, "g0", "g1") == "SET_CHANGED"
    place.take({"id": "g2", **CONSENT})
    pass_days(place, 1)
    assert refused(place, "g0", "g1", digest=seen) == "SET_CHANGED"
    assert approve(place, "g0", "g1", digest=batches(place)[0].digest) == 0
    place.act()
    states = place.deletions()
    assert (states["g0"][0], states["g1"][0], states["g2"][0]) == ("in_recycle_bin", "in_recycle_bin", "cancelled")


def test_a_changed_state_changes_the_digest_although_the_rule_stays_true(tmp_path: Path) -> None:
    """Who looked at other data has not approved this."""
    place = place_asking(tmp_path, "from: dpo", GHOST)
    seen = batches(place)[0].digest
    place.take({"id": "ghost", "consents": [{"purpose": "storage", "status": "withdrawn", "at": "2026-03-10"}]})
    pass_days(place, 1)

    assert refused(place, "ghost", digest=seen) == "SET_CHANGED"


def test_what_changed_between_approval_and_order_is_asked_for_anew(tmp_path: Path) -> None:
    """The word was for the state that was seen."""
    place = place_asking(tmp_path, "from: dpo", GHOST)
    approve(place, "ghost")
    place.take({"id": "ghost", "consents": [{"purpose": "storage", "status": "withdrawn", "at": "2026-03-10"}]})
    place.act()
    assert place.deletions()["ghost"] == ("due", "AWAITS_APPROVAL")
    assert place.key_of("ghost") > 0
    approve(place, "ghost")
    place.act()
    assert place.deletions()["ghost"][0] == "in_recycle_bin"


def test_who_becomes_due_later_joins_what_nobody_has_answered_and_no_other(tmp_path: Path) -> None:
    """A word that was said stays valid: what comes later is asked for apart."""
    place = place_asking(tmp_path, "from: dpo, people: 2", GHOST)
    place.take(*crowd(1))
    pass_days(place, 15)
    assert [len(one.deletions) for one in batches(place)] == [2]
    approve(place, "ghost", "g0")
    place.take({**crowd(2)[1]})
    pass_days(place, 15)
    assert [len(one.deletions) for one in batches(place)] == [2, 1]
    assert approve(place, "ghost", "g0", by="dag") == 0


def test_one_by_one_where_the_rule_says_so(tmp_path: Path) -> None:
    """`as_batch: false`: each is approved by itself."""
    place = place_asking(tmp_path, "from: dpo, as_batch: false", *crowd(2))
    approve(place, "g0")
    place.act()

    assert (place.deletions()["g0"][0], place.deletions()["g1"]) == ("in_recycle_bin", ("due", "AWAITS_APPROVAL"))


def test_l7_a_guard_beats_an_approval(tmp_path: Path) -> None:
    """Restricted after the approval and before the order: kept, and once it is not, asked for again."""
    place = place_asking(tmp_path, "from: dpo", GHOST)
    approve(place, "ghost")
    place.take({"id": "ghost", "requests": [{"id": "r", "type": "objection", "status": "open"}]})
    place.act()
    assert place.deletions()["ghost"] == ("kept", "OBJECTION_PENDING")
    place.take({"id": "ghost", "requests": [{"id": "r", "type": "objection", "status": "closed"}]})
    pass_days(place, 1)
    assert place.deletions()["ghost"] == ("due", "AWAITS_APPROVAL")


def test_no_grace_needs_an_approval(tmp_path: Path) -> None:
    """With one, a deletion is due at once and waits for the word."""
    rule = RULE.replace("grace: 14 days", "grace: 0 days\n          approval: {from: dpo}")
    place = Place(tmp_path, rule, SETTINGS)
    place.take(PULSE, GHOST)
    place.live()

    assert place.deletions()["ghost"] == ("due", "AWAITS_APPROVAL")


def test_a_person_keeps_what_waits_for_an_approval(tmp_path: Path) -> None:
    """The other answer: cancelled, and while the case is open not asked for again."""
    place = place_asking(tmp_path, "from: dpo", GHOST)
    with place.store.database.writing() as connection:
        deciding.keep(
            place.installation, connection, deletions.read(connection, place.store.tables)[0], place.clock.now(), "eva"
        )
    pass_days(place, 20)

    assert place.deletions()["ghost"] == ("cancelled", "KEPT_BY_PERSON")
    assert batches(place) == []


def test_r7_approved_deletions_still_have_to_fit_under_the_daily_limit(tmp_path: Path) -> None:
    """An approval is about persons, the limit about their number: a second word releases it."""
    place = place_asking(tmp_path, "from: dpo", *crowd(3))
    approve(place, "g0", "g1", "g2")
    limits = {"deletions_per_day": 2, "percent_per_day": 100}
    settings = Settings.of({"people": PEOPLE, "limits": limits})
    place.installation = place.installation.__class__(settings, tmp_path, place.installation.model, place.clock)
    place.clock.move(timedelta(minutes=1))
    place.act()

    assert set(place.deletions().values()) == {("held", "LIMIT")}
    assert approve(place, "g0", "g1", "g2") == 0
    place.act()
    assert {state for state, _ in place.deletions().values()} == {"in_recycle_bin"}


def test_who_was_on_hold_when_the_others_were_approved_is_asked_for_apart(tmp_path: Path) -> None:
    """The word was for the set without them."""
    place = place_asking(tmp_path, "from: dpo", *crowd(2))
    with place.store.database.writing() as connection:
        hold = holds.add(connection, ("contact", place.key_of("g1")), "legal", "lawsuit", place.clock.now())
    pass_days(place, 1)
    approve(place, "g0")
    with place.store.database.writing() as connection:
        holds.lift(connection, hold, place.clock.now())
    pass_days(place, 1)

    assert (place.deletions()["g0"][0], place.deletions()["g1"]) == ("in_recycle_bin", ("due", "AWAITS_APPROVAL"))
