"""Holds: each has a reason, somebody who answers for it, a day on which to look again, and beats every deletion."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.service import holding
from engine.service.holding import HoldWanted
from engine.service.naming import Declined
from tests.doors import Api
from tests.installations import Place
from tests.service.test_destroying import GHOST, PULSE, RULE, SETTINGS, pass_days


def place_with(folder: Path) -> Place:
    """Return a place with one contact who is to be deleted."""
    place = Place(folder, RULE, SETTINGS)
    place.take(PULSE, GHOST)
    return place


def test_a_hold_tells_its_owner_and_when_it_is_to_be_looked_at_again(tmp_path: Path) -> None:
    """After that day it is overdue, and stays: it never lifts by itself."""
    place = place_with(tmp_path)
    holding.place(place.installation, place.store, HoldWanted("ghost", "lawsuit", "legal", "dpo", "2026-03-05"))
    (one,) = holding.listed(place.installation, place.store)
    assert (one["owner"], str(one["review"]), one["overdue"]) == ("dpo", "2026-03-05", False)
    pass_days(place, 20)
    (one,) = holding.listed(place.installation, place.store)

    assert one["overdue"]
    assert place.deletions()["ghost"] == ("kept", "HOLD")


@pytest.mark.parametrize(
    "wanted",
    [
        HoldWanted("nobody", "lawsuit"),
        HoldWanted("ghost", "lawsuit", owner="stranger"),
        HoldWanted("ghost", "lawsuit", review="2026-02-01"),
        HoldWanted("ghost", "lawsuit", review="later"),
        HoldWanted("ghost", "lawsuit", entity="planet"),
        HoldWanted("ghost", " "),
    ],
)
def test_a_hold_that_cannot_be_is_declined(tmp_path: Path, wanted: HoldWanted) -> None:
    """And none is placed."""
    place = place_with(tmp_path)
    with pytest.raises(Declined):
        holding.place(place.installation, place.store, wanted)

    assert holding.listed(place.installation, place.store) == []


def test_l7_a_hold_placed_over_http_between_decision_and_order_beats_the_deletion(tmp_path: Path) -> None:
    """The day has come, nobody has acted yet; once it is lifted the deletion goes on."""
    place = place_with(tmp_path)
    pass_days(place, 13)
    place.clock.move(timedelta(days=2, hours=1))
    operator = Api(place).caller("eva", "operate", "read")
    hold = operator.post("/v1/holds", {"contact": "ghost", "reason": "lawsuit"}).json()["hold"]
    place.act()
    assert place.deletions()["ghost"] == ("kept", "HOLD")
    assert [one["id"] for one in operator.get("/v1/holds").json()["holds"]] == [hold]
    assert operator.post(f"/v1/holds/{hold}/lift").json()["lifted"] is True
    assert operator.post(f"/v1/holds/{hold}/lift").status_code == 404
    place.act()
    assert place.deletions()["ghost"][0] == "in_recycle_bin"
