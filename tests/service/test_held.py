"""Deletions that wait for a person, begin anew, are void, or are moved by somebody else meanwhile."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from sqlalchemy import select

from engine.crm.orders import Answered, Order
from engine.evaluate.decision import Decider, Decision
from engine.language.criteria import Record
from engine.language.rule import Rule, Rulebook
from engine.service import effects
from engine.service.acting import carry_out
from engine.service.config import Settings
from engine.store import deletions, holds, registry
from engine.store.tables import INTENT
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth
from tests.installations import NOON, Place
from tests.rulebooks import rulebook
from tests.service.test_destroying import GHOST, PULSE, RULE, ScriptedCrm, crowd, pass_days, place_with

CONSENT = {"consents": [{"purpose": "storage", "status": "given", "at": "2026-03-10"}]}


def _limited(folder: Path, number: int, most: int) -> Place:
    """Return a place with so many contacts to delete and a daily limit, at the day on which they are held."""
    place = place_with(folder, *crowd(number))
    limits = {"deletions_per_day": most, "percent_per_day": 100}
    place.installation = place.installation.__class__(
        Settings.of({"limits": limits}), folder, place.installation.model, place.clock
    )
    pass_days(place, 15)
    return place


def test_r7_what_a_limit_holds_waits_for_a_person_even_when_fewer_are_left(tmp_path: Path) -> None:
    """One of twenty consents, so that nineteen would pass: nobody goes without an approval."""
    place = _limited(tmp_path, 20, 19)
    place.take({"id": "g0", **CONSENT})
    pass_days(place, 3)

    assert {state for contact, state in place.deletions().items() if contact != "g0"} == {("held", "LIMIT")}
    assert place.deletions()["g0"] == ("cancelled", "NO_LONGER_TRUE")


def test_r7_what_a_stale_feed_holds_waits_for_a_person_even_when_the_feed_is_back(tmp_path: Path) -> None:
    """One fresh item proves little: a person looks."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 16, pulse=False)
    pass_days(place, 3)

    assert place.deletions()["ghost"] == ("held", "FEED_STALE")


def test_a_rule_that_was_gone_and_returns_deletes_after_a_new_grace(tmp_path: Path) -> None:
    """Nobody lawfully deletable is forgotten because a file was away for a day."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 10)
    rules, place.rules = place.rules, rulebook("rules: []")
    pass_days(place, 1)
    assert place.deletions()["ghost"] == ("cancelled", "RULE_GONE")
    place.rules = rules
    pass_days(place, 13)
    assert place.deletions()["ghost"][0] == "warned"
    pass_days(place, 2)
    assert place.deletions()["ghost"][0] == "in_recycle_bin"


def test_an_edited_rule_voids_what_is_due_and_begins_anew(tmp_path: Path) -> None:
    """STALE: decided under one version, it is not carried out under another, and not forgotten either."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 14)
    place.rules = rulebook(RULE.replace("2 years", "3 years"))
    place.clock.move(timedelta(days=1))
    place.take(PULSE | {"activities": [{"id": "a", "at": place.clock.now().isoformat()}]})
    place.act()

    assert place.deletions()["ghost"] == ("cancelled", "STALE")
    place.live()
    assert place.deletions()["ghost"][0] in {"scheduled", "warned"}


def test_l7_r6_an_order_that_was_written_but_never_went_out_is_void_after_a_hold(tmp_path: Path) -> None:
    """A crash between the order's row and its call: what a person says meanwhile counts, and the CRM hears nothing."""
    crm = ScriptedCrm()
    place = place_with(tmp_path, GHOST, crm=crm)
    pass_days(place, 13)
    place.clock.move(timedelta(days=2))
    with place.store.database.writing() as connection:
        one = deletions.read(connection, place.store.tables)[0]
        deletions.move(connection, one, "due", at=place.clock.now())
        due = deletions.read(connection, place.store.tables)[0]
        deletions.move(
            connection,
            due,
            "ordered",
            at=place.clock.now(),
            ordered_at=place.clock.now(),
            next_at=place.clock.now(),
            digest="x",
        )
        holds.add(connection, ("contact", place.key_of("ghost")), "legal", "lawsuit", NOON)
    place.act()

    assert place.deletions()["ghost"] == ("kept", "HOLD")
    assert crm.keys == []


def test_r9_a_deletion_that_somebody_moves_meanwhile_stops_no_other(tmp_path: Path) -> None:
    """While the CRM thinks about the first, a person ends it: the second goes on."""
    place = place_with(tmp_path, *crowd(2))

    class Interrupted(ScriptedCrm):
        """A CRM that takes so long over the first order that somebody ends it meanwhile."""

        def order(self, order: Order, now: datetime) -> Answered:
            """End the first deletion by hand, then answer."""
            if not self.keys:
                with place.store.database.writing() as connection:
                    one = deletions.by_key(connection, place.store.tables, int(order.key.removeprefix("deletion-")))
                    assert one is not None
                    deletions.move(connection, one, "failed", at=place.clock.now(), ended_at=now)
            return super().order(order, now)

    place.crm = Interrupted()
    pass_days(place, 15)

    assert sorted(state for state, _ in place.deletions().values()) == ["failed", "in_recycle_bin"]


def test_a_warning_that_cannot_be_delivered_holds_for_a_person(tmp_path: Path) -> None:
    """Nobody is deleted unwarned by accident, and nobody is forgotten: an approval lets it go on."""
    place = place_with(tmp_path, GHOST)
    place.live()
    with place.store.database.writing() as connection:
        key = connection.execute(select(INTENT.c.key).where(INTENT.c.part == "warn-1")).scalar_one()
        connection.execute(INTENT.update().where(INTENT.c.key == key).values(state="parked", reason="550"))
    pass_days(place, 15)

    assert place.deletions()["ghost"] == ("held", "WARNING_FAILED")
    with place.store.database.writing() as connection:
        held = deletions.read(connection, place.store.tables)[0]
        deletions.move(connection, held, "due", at=place.clock.now(), reason=None, released_at=place.clock.now())
    place.act()
    assert place.deletions()["ghost"][0] == "in_recycle_bin"


def test_r7_a_release_is_for_the_set_that_was_seen(tmp_path: Path) -> None:
    """Somebody joins after the limit tripped: the release is refused once, and then is for the set as it is."""
    place = place_with(tmp_path, *crowd(26))
    place.run()
    place.take(GHOST)
    place.clock.move(timedelta(hours=1))
    place.run()
    rule = place.rules.rules["erase"]
    found = []
    for _ in range(2):
        with place.store.database.writing() as connection:
            stored = registry.registered(connection)["erase"]
            found.append(
                effects.release(connection, rule, stored.key, place.installation.moment(), stored.paused or "")
            )

    assert found == [None, 27]


class Doubter:
    """A second opinion that never agrees."""

    trouble = ""

    def load(self, _rulebook: Rulebook) -> None:
        """Take a rulebook in."""

    def decide(self, rules: Iterable[Rule], _record: Record, _moment: Moment, _event: str) -> dict[str, Decision]:
        """Say of every rule that it is false."""
        return {rule.id: Decision(Truth.FALSE) for rule in rules}


def test_what_sql_finds_true_and_a_single_evaluation_does_not_deletes_nobody(tmp_path: Path) -> None:
    """The executions must agree before anything irreversible; that they do not is told, and keeps."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 13)
    place.clock.move(timedelta(days=2))
    scene = replace(place.scene(), decider=cast("Decider", Doubter()))
    carry_out(scene, place.installation.moment())

    assert place.deletions()["ghost"] == ("kept", "DISAGREEMENT")
    assert place.key_of("ghost") > 0


def _with_limits(place: Place, folder: Path, **limits: int) -> None:
    settings = Settings.of({"limits": limits})
    place.installation = place.installation.__class__(settings, folder, place.installation.model, place.clock)


def test_the_daily_limit_is_a_share_of_the_contacts(tmp_path: Path) -> None:
    """Twenty of eighty at once are more than a tenth: none of them goes."""
    place = place_with(tmp_path, *crowd(20), *({"id": f"other{n}"} for n in range(59)))
    _with_limits(place, tmp_path, deletions_per_day=500, percent_per_day=10)
    pass_days(place, 15)

    assert list(place.deletions().values()) == [("held", "LIMIT")] * 20


def test_the_daily_limit_counts_what_was_ordered_in_the_last_24_hours(tmp_path: Path) -> None:
    """Ten go at noon; ten more in the evening would be twenty, and fifteen is the most."""
    place = place_with(tmp_path, *crowd(10))
    _with_limits(place, tmp_path, deletions_per_day=15, percent_per_day=100)
    place.live()
    place.clock.move(timedelta(hours=6))
    place.take(*({**one, "id": f"late-{one['id']}", "email": f"late-{one['email']}"} for one in crowd(10)))
    place.live()
    pass_days(place, 13)
    for hours in (19, 6):
        place.clock.move(timedelta(hours=hours))
        place.take(PULSE | {"activities": [{"id": "a", "at": place.clock.now().isoformat()}]})
        place.act()

    found = {contact: state for contact, (state, _) in place.deletions().items()}
    assert {found[f"g{n}"] for n in range(10)} == {"in_recycle_bin"}
    assert {found[f"late-g{n}"] for n in range(10)} == {"held"}


def test_nobody_is_deleted_while_a_warning_is_still_to_go_out(tmp_path: Path) -> None:
    """Whatever puts a warning off puts the deletion off."""
    place = place_with(tmp_path, GHOST)
    place.live()
    later = place.clock.now() + timedelta(days=30)
    with place.store.database.writing() as connection:
        connection.execute(INTENT.update().where(INTENT.c.part == "warn-1").values(not_before=later))
    pass_days(place, 16)

    assert place.deletions()["ghost"][1] == "WARNING_PENDING"
    assert place.key_of("ghost") > 0
