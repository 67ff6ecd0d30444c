"""Returning: what of the erased and of those in the recycle bin is refused, and that nothing else is refused with it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.crm.orders import Answered
from engine.model.snapshot import Refused
from engine.service import erasing
from engine.service.events import read_events, take_events, take_one
from engine.service.pruning import prune
from engine.store import deletions
from tests.installations import Place
from tests.service.test_destroying import GHOST, ScriptedCrm, pass_days, place_with

KNOWN = {"specversion": "1.0", "source": "/crm", "type": "crm.contact.changed"}
ABOUT_GHOST: dict[str, Any] = KNOWN | {"id": "e1", "subject": "ghost", "data": {"country": "NO"}}
ABOUT_NEW: dict[str, Any] = KNOWN | {"id": "e2", "subject": "new", "data": {"country": "NO"}}
SAME_ADDRESS: dict[str, Any] = KNOWN | {"id": "e3", "subject": "other", "data": {"email": "CANARY.quill@example.se "}}
GONE: dict[str, Any] = KNOWN | {"id": "e4", "subject": "ghost", "type": "crm.contact.deleted"}


def batch(place: Place, *events: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a batch of events, of those that were refused their ids and why in a word."""
    answer = take_events(place.scene(), read_events(list(events)), place.installation.moment()).as_json()
    listed: Any = answer["refused"]
    return answer | {"refused": [{name: one[name] for name in ("id", "reason")} for one in listed]}


@pytest.mark.parametrize(("days", "reason"), [(30, "ERASED"), (15, "IN_RECYCLE_BIN")])
def test_an_event_about_one_who_is_away_is_refused_alone(tmp_path: Path, days: int, reason: str) -> None:
    """The others of its batch are taken, also when the CRM sends the batch again."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, days)
    refused = [{"id": "e1", "reason": reason}]

    assert batch(place, ABOUT_GHOST, ABOUT_NEW) == {"accepted": 1, "repeated": 0, "refused": refused}
    assert batch(place, ABOUT_GHOST, ABOUT_NEW) == {"accepted": 0, "repeated": 1, "refused": refused}
    assert (place.key_of("ghost"), place.key_of("new") > 0) == (0, True)


def test_a_single_event_about_one_who_is_away_is_a_failure(tmp_path: Path) -> None:
    """Nothing else was asked for, so the answer is the refusal, with its remedy."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 15)
    with pytest.raises(Refused, match=r"/subject: IN_RECYCLE_BIN: .* restore it first"):
        take_one(place.scene(), read_events(ABOUT_GHOST)[0], place.installation.moment())


def test_l11_an_event_with_an_erased_address_is_refused(tmp_path: Path) -> None:
    """Under another id, and in other letters, as an import is."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 30)

    assert batch(place, SAME_ADDRESS)["refused"] == [{"id": "e3", "reason": "ERASED"}]
    assert place.key_of("other") == 0


@pytest.mark.parametrize("days", [15, 30])
def test_that_the_crm_deleted_one_who_is_away_is_accepted(tmp_path: Path, days: int) -> None:
    """It agrees with what was done here, and must not hold up a batch for ever."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, days)

    assert batch(place, GONE) == {"accepted": 1, "repeated": 0, "refused": []}


def test_a_contact_in_the_bin_is_not_imported_until_it_is_restored(tmp_path: Path) -> None:
    """Else it would be held and have a tombstone at once; the other lines are taken."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 15)
    report = place.take(GHOST, {"id": "new"})
    assert (report.taken.created, [(one.line, one.reason[:14]) for one in report.refused]) == (
        1,
        [(1, "IN_RECYCLE_BIN")],
    )
    with place.store.database.reading() as connection:
        one = next(one for one in deletions.read(connection, place.store.tables) if one.contact == "ghost")
    erasing.restore(place.scene(), one, place.installation.moment())

    assert place.take(GHOST | {"country": "NO"}).taken.changed == 1


def test_a_restored_contact_keeps_its_version(tmp_path: Path) -> None:
    """So that a snapshot that is older than what was put away does not overwrite it."""
    place = place_with(tmp_path, GHOST | {"version": 7})
    pass_days(place, 15)
    with place.store.database.reading() as connection:
        one = next(one for one in deletions.read(connection, place.store.tables) if one.contact == "ghost")
    erasing.restore(place.scene(), one, place.installation.moment())

    assert place.take(GHOST | {"name": "older", "version": 3}).taken.outdated == 1


def test_a_contact_that_the_crm_deleted_takes_its_letters_along(tmp_path: Path) -> None:
    """No letter that speaks of it stays in the outbox."""
    place = place_with(tmp_path, GHOST)
    place.live()
    assert len(place.letters()) == 1
    batch(place, GONE)

    assert place.letters() == []


def test_l9_letters_go_with_the_messages_whose_time_is_over(tmp_path: Path) -> None:
    """A letter in the outbox is a message: it is pruned with its intent, so that nothing loses track of it."""
    place = place_with(tmp_path, GHOST)
    place.live()
    place.take(GHOST | {"category": "Customer"})
    place.live()
    assert len(place.letters()) == 1
    place.clock.move(timedelta(days=91))
    prune(place.scene(), place.installation.moment())

    assert place.letters() == []


def test_l9_letters_of_one_who_was_restored_once_go_with_a_later_erasure(tmp_path: Path) -> None:
    """The record came back under another key; what was written to it before goes all the same."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 15)
    with place.store.database.reading() as connection:
        one = next(one for one in deletions.read(connection, place.store.tables) if one.contact == "ghost")
    erasing.restore(place.scene(), one, place.installation.moment())
    pass_days(place, 31)

    assert place.key_of("ghost") == 0
    assert place.letters() == []


def test_r5_an_order_that_the_crm_accepted_is_confirmed_when_it_tells_that_the_contact_is_gone(tmp_path: Path) -> None:
    """It ends in a receipt, as any deletion does."""
    place = place_with(tmp_path, GHOST, crm=ScriptedCrm(Answered("accepted")))
    pass_days(place, 15)
    assert place.deletions()["ghost"] == ("ordered", "ACCEPTED")
    batch(place, GONE)
    assert place.deletions()["ghost"][0] == "in_recycle_bin"
    pass_days(place, 15)

    assert place.deletions() == {None: ("erased", None)}
