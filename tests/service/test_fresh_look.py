"""The fresh look (R6): what changes at the last moment counts, right before an order is written, goes out, or goes again."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from engine.service import destroying
from engine.store import holds, pauses
from tests.installations import NOON, Place
from tests.rulebooks import rulebook
from tests.scripted_crm import ScriptedCrm
from tests.service.test_approving import approve, place_asking
from tests.service.test_destroying import GHOST
from tests.service.test_ordering import RULE, hop, one_of, place_of, state

Change = Callable[[Place], object]


def take(**fields: object) -> Change:
    """Return the change in which the CRM sends something that no run has seen yet."""
    return lambda place: place.take({"id": "ghost", **fields})


def hold(place: Place) -> None:
    """Place a hold."""
    with place.store.database.writing() as connection:
        holds.add(connection, ("contact", place.key_of("ghost")), "legal", "lawsuit", NOON)


def pause(place: Place) -> None:
    """Pause the rule."""
    with place.store.database.writing() as connection:
        pauses.pause(connection, one_of(place).rule_key, "why", place.clock.now())


def edit(place: Place) -> None:
    """Change what the rule means; the contact fits it still."""
    place.rules = rulebook(RULE.replace("is: Prospect", "one_of: [Prospect, Lead]"))


def remove(place: Place) -> None:
    """Take the rule away."""
    place.rules = rulebook("rules: []")


CHANGES: dict[str, tuple[Change, tuple[str, str]]] = {
    "no longer true": (take(category="Customer"), ("cancelled", "NO_LONGER_TRUE")),
    "unknown": (take(category=None), ("cancelled", "UNDECIDED")),
    "restricted": (take(restrict_processing=True), ("kept", "RESTRICTED")),
    "disputed": (take(requests=[{"id": "r", "type": "dispute", "status": "open"}]), ("kept", "OBJECTION_PENDING")),
    "on hold": (hold, ("kept", "HOLD")),
}
OF_RULES: dict[str, tuple[Change, tuple[str, str]]] = {
    "rule edited": (edit, ("cancelled", "STALE")),
    "rule gone": (remove, ("cancelled", "RULE_GONE")),
}
each_change = pytest.mark.parametrize("name", CHANGES)
each_change_of_either = pytest.mark.parametrize("name", [*CHANGES, *OF_RULES])


def at_the_barrier(patch: pytest.MonkeyPatch, place: Place, change: Change) -> None:
    """Let something change when all that is due has been examined, and nothing is ordered yet."""
    over_limit = vars(destroying)["_over_limit"]

    def between(*given: object) -> frozenset[int]:
        found: frozenset[int] = over_limit(*given)
        change(place)
        return found

    patch.setattr(destroying, "_over_limit", between)


def fall(*_: object, **__: object) -> str:
    """Die."""
    raise KeyboardInterrupt


@each_change
@pytest.mark.parametrize("is_alone", [False, True])
def test_r6_what_changes_between_the_examination_and_the_order_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_alone: bool
) -> None:
    """It was ready a moment ago: it is examined once more in the transaction that writes the order, with a CRM or without."""
    change, expected = CHANGES[name]
    with ScriptedCrm() as crm:
        place = place_of(tmp_path, crm)
        place.crm = None if is_alone else place.crm
        at_the_barrier(monkeypatch, place, change)
        place.act()

        assert (state(place), crm.calls) == (expected, [])
        assert place.key_of("ghost") > 0


def test_r6_a_rule_that_is_paused_between_the_examination_and_the_order_orders_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its deletions wait, as those of every paused rule."""
    with ScriptedCrm() as crm:
        place = place_of(tmp_path, crm)
        at_the_barrier(monkeypatch, place, pause)
        place.act()

        assert (one_of(place).state in {"scheduled", "due"}, crm.calls) == (True, [])


def test_r6_what_was_approved_and_changes_before_the_order_is_asked_for_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is true still, and no guard speaks against it; but it is not what somebody has said yes to."""
    with ScriptedCrm() as crm:
        place = place_asking(tmp_path, "from: dpo", GHOST)
        place.crm, crm.clock = crm.asked, place.clock
        approve(place, "ghost")
        with monkeypatch.context() as patch:
            at_the_barrier(patch, place, take(birth_date="1980-01-01"))
            place.act()
        place.act()

        assert (place.deletions()["ghost"], crm.calls) == (("due", "AWAITS_APPROVAL"), [])


@each_change_of_either
@pytest.mark.parametrize("is_alone", [False, True])
def test_r6_what_changes_between_the_order_and_its_call_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_alone: bool
) -> None:
    """Killed in between: the order never went out, so it is examined again, void, and decided anew."""
    change, expected = (CHANGES | OF_RULES)[name]
    with ScriptedCrm() as crm:
        place = place_of(tmp_path, crm)
        place.crm = None if is_alone else place.crm
        with monkeypatch.context() as patch:
            patch.setattr(destroying, "ask", fall)
            with pytest.raises(KeyboardInterrupt):
                place.act()
        assert (one_of(place).state, one_of(place).attempts) == ("ordered", 0)
        change(place)
        place.act()
        place.act()

        assert (state(place), crm.calls) == (expected, [])
        assert place.key_of("ghost") > 0


@pytest.mark.parametrize("is_out", [False, True])
def test_r6_an_order_of_a_rule_that_is_paused_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_out: bool
) -> None:
    """Whether it went out or not: nothing goes to the CRM until the rule is released, then it goes on."""
    with ScriptedCrm("error") as crm:
        place = place_of(tmp_path, crm)
        with monkeypatch.context() as patch:
            if is_out:
                place.act()
            else:
                patch.setattr(destroying, "ask", fall)
                with pytest.raises(KeyboardInterrupt):
                    place.act()
        calls = len(crm.calls)
        pause(place)
        place.clock.move(timedelta(hours=1))
        place.act()
        assert (one_of(place).state, len(crm.calls)) == ("ordered", calls)
        with place.store.database.writing() as connection:
            pauses.release(connection, one_of(place).rule_key, place.clock.now())
        for _ in range(2):
            place.clock.move(timedelta(hours=1))
            place.act()

        assert state(place)[0] == "in_recycle_bin"


def test_r6_a_rule_that_is_paused_during_a_pass_sends_no_further_order(tmp_path: Path) -> None:
    """While the CRM answers about the first of two a person pauses the rule: neither goes out again, or is asked for."""
    with ScriptedCrm("error", "error") as crm:
        place = place_of(tmp_path, crm)
        place.take({"id": "other", "category": "Prospect"})
        place.live()
        place.clock.move(timedelta(days=1))
        place.act()
        calls = len(crm.calls)
        place.clock.move(timedelta(hours=1))
        crm.before_answer = lambda: pause(place)
        place.act()

        assert [(call.method, call.headers["webhook-id"]) for call in crm.calls[calls:]] == [("GET", "deletion-1")]


def test_r6_an_order_whose_record_has_changed_is_decided_anew_and_goes_out_as_it_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule is true still, but of another state than was decided about: another order says so."""
    with ScriptedCrm() as crm:
        place = place_of(tmp_path, crm)
        with monkeypatch.context() as patch:
            patch.setattr(destroying, "ask", fall)
            with pytest.raises(KeyboardInterrupt):
                place.act()
        decided = one_of(place).digest
        place.take({"id": "ghost", "birth_date": "1980-01-01"})
        place.act()

        assert (state(place)[0], crm.ledger.attempts) == ("in_recycle_bin", ["deletion-1-2"])
        assert crm.ledger.orders["deletion-1-2"]["digest"] != decided


def test_r5_an_order_that_never_went_out_before_its_expiry_does_not_go_out_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before its call, and back a day later: it is void, and another one is good from now on."""
    with ScriptedCrm() as crm:
        place = place_of(tmp_path, crm)
        with monkeypatch.context() as patch:
            patch.setattr(destroying, "ask", fall)
            with pytest.raises(KeyboardInterrupt):
                place.act()
        place.clock.move(timedelta(days=1))
        place.act()
        place.act()

        assert (state(place)[0], crm.ledger.attempts, crm.ledger.late) == ("in_recycle_bin", ["deletion-1-2"], [])


@each_change_of_either
def test_r6_what_changes_while_the_outcome_is_unknown_keeps_an_order_from_going_out_again(
    tmp_path: Path, name: str
) -> None:
    """The contact is still there, and the order good; it stays where it is until it is void, and is decided anew."""
    change, expected = (CHANGES | OF_RULES)[name]
    with ScriptedCrm("error") as crm:
        place = place_of(tmp_path, crm)
        place.act()
        change(place)
        hop(place)
        assert (state(place)[0], crm.count("GET"), crm.ledger.attempts) == ("ordered", 1, ["deletion-1"])
        while one_of(place).state in {"ordered", "due"}:
            hop(place)

        assert (state(place), crm.ledger.attempts) == (expected, ["deletion-1"])


def test_r6_an_order_whose_record_has_changed_does_not_go_out_again(tmp_path: Path) -> None:
    """The same order about another state: it is asked for until it is void, and another one says what holds now."""
    with ScriptedCrm("error") as crm:
        place = place_of(tmp_path, crm)
        place.act()
        place.take({"id": "ghost", "birth_date": "1980-01-01"})
        place.clock.move(timedelta(hours=1))
        place.act()
        assert (state(place)[0], crm.ledger.attempts) == ("ordered", ["deletion-1"])
        while one_of(place).state in {"ordered", "due"}:
            hop(place)

        assert (state(place)[0], crm.ledger.attempts) == ("in_recycle_bin", ["deletion-1", "deletion-1-2"])


def test_r6_what_was_examined_by_another_version_of_the_rules_is_not_ordered_by_this_one(tmp_path: Path) -> None:
    """Due under one version, examined under another: STALE, and nobody is told anything."""
    with ScriptedCrm() as crm:
        place = place_of(tmp_path, crm)
        edit(place)
        place.act()

        assert (state(place), crm.calls) == (("cancelled", "STALE"), [])
