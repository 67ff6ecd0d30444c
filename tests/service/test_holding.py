"""Holds: placed with a reason, an owner and a day to look again; they never lift by themselves (L7)."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.service import destroying, holding
from engine.service.holding import HoldWanted
from engine.service.naming import NOT_THERE, REFUSED, UNFIT, Declined
from tests.doors import Api
from tests.installations import Place
from tests.service.test_destroying import GHOST, ScriptedCrm, pass_days, place_with


def placed(place: Place, **wanted: Any) -> int:
    """Place a hold."""
    return holding.place(place.installation, place.store, HoldWanted(**{"record": "ghost", "reason": "suit"} | wanted))


def test_l7_a_hold_stays_until_a_person_lifts_it(tmp_path: Path) -> None:
    """Long after its review was due it keeps, and is told as overdue."""
    place = place_with(tmp_path, GHOST)
    hold = placed(place, name="lawsuit", owner="dpo", review="2026-03-02")
    seen = []
    for days in (0, 1, 1, 400):
        place.clock.move(timedelta(days=days))
        place.live()
        (one,) = holding.listed(place.installation, place.store)
        with place.store.database.reading() as connection:
            assert holding.overdue(connection, place.installation.moment()) == one["overdue"]
        seen.append(one["overdue"])
        assert (one["owner"], one["review"], one["name"]) == ("dpo", date(2026, 3, 2), "lawsuit")

    assert seen == [False, False, True, True]
    assert place.deletions()["ghost"] == ("kept", "HOLD")
    holding.lift(place.installation, place.store, hold)
    assert holding.listed(place.installation, place.store) == []


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"reason": " "}, UNFIT),
        ({"owner": "nobody"}, UNFIT),
        ({"review": "2026-02-28"}, REFUSED),
        ({"review": "soon"}, UNFIT),
        ({"record": "nobody"}, NOT_THERE),
        ({"entity": "planet"}, UNFIT),
    ],
)
def test_a_hold_that_does_not_fit_is_told(tmp_path: Path, wanted: dict[str, str], code: str) -> None:
    """No hold is placed, and the code says why."""
    place = place_with(tmp_path, GHOST)

    with pytest.raises(Declined) as found:
        placed(place, **wanted)
    assert found.value.code == code
    assert holding.listed(place.installation, place.store) == []


def test_a_hold_needs_neither_owner_nor_review(tmp_path: Path) -> None:
    """Then it is never overdue; a person or a role can own it; lifting what is not there is told."""
    place = place_with(tmp_path, GHOST)
    for owner in ("", "eva", "dpo"):
        placed(place, owner=owner)

    listed = holding.listed(place.installation, place.store)
    assert [(one["owner"], one["review"], one["overdue"]) for one in listed] == [
        (owner, None, False) for owner in (None, "eva", "dpo")
    ]
    with pytest.raises(Declined):
        holding.lift(place.installation, place.store, 99)


def test_l7_a_hold_placed_by_the_route_between_decision_and_order_beats_the_deletion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion was found ready, and right before the order is written somebody places a hold: nothing goes out."""
    crm = ScriptedCrm()
    place = place_with(tmp_path, GHOST, crm=crm)
    pass_days(place, 14)
    operator, order = Api(place).caller("olga", "operate"), vars(destroying)["_go"]
    answers: list[int] = []

    def held_first(*given: Any, **named: Any) -> str:
        answers.append(operator.post("/v1/holds", {"contact": "ghost", "reason": "lawsuit"}).status_code)
        return str(order(*given, **named))

    monkeypatch.setattr(destroying, "_go", held_first)
    pass_days(place, 1)

    assert (answers, crm.keys, place.deletions()["ghost"]) == ([201], [], ("kept", "HOLD"))
    assert place.key_of("ghost") > 0
