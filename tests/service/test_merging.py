"""Merging: a contact ends in another; its items go over, no protection is lost, and nothing of its own stays behind."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from engine.crm.orders import Answered
from engine.model.shipped import CONTACT
from engine.service import restricting
from engine.service.events import read_events, take_events
from engine.service.restricting import Permit
from engine.store import holds, restrictions, reviews
from engine.store.tables import CHAIN, INBOX, INTENT, RESTRICTION, REVIEW
from tests.installations import Place
from tests.service.test_destroying import GHOST, ScriptedCrm, pass_days, place_with
from tests.service.test_reviewing import ASKING, place_for

FLAGS = tuple(name for name, one in CONTACT.fields.items() if one.guards)
KNOWN = {"specversion": "1.0", "source": "/crm"}


def tell(place: Place, number: object, kind: str, subject: str, **data: Any) -> dict[str, Any]:
    """Tell an event in a batch of one; return the answer."""
    event = KNOWN | {"id": str(number), "type": f"crm.{kind}", "subject": subject, "data": data}
    return take_events(place.scene(), read_events([event]), place.installation.moment()).as_json()


def merge(place: Place, ends: str = "old", into: str = "new", number: object = "m") -> list[tuple[str, str]]:
    """Let a contact end in another; return why that was refused, with the pointer."""
    listed = tell(place, number, "contact.merged", ends, into=into)["refused"]
    return [(one["reason"], one["refusals"][0]["pointer"]) for one in listed]


def facts_of(place: Place, contact: str) -> Any:
    """Return what is held about a contact."""
    with place.store.database.reading() as connection:
        return place.scene().records.facts(connection, "contact", place.key_of(contact))


def set_flags(place: Place, contact: str) -> frozenset[str]:
    """Return the guarding flags of a contact that count as set, an open restriction included."""
    with place.store.database.reading() as connection:
        return place.scene().records.set_flags(connection, "contact", place.key_of(contact))


flags = st.fixed_dictionaries({}, optional={name: st.sampled_from([True, False, None]) for name in FLAGS})
items = st.lists(st.sampled_from(["1", "2", "3"]), unique=True)
people = st.tuples(flags, items, items, st.booleans(), st.booleans())


def described(contact: str, one: tuple[Any, ...]) -> dict[str, Any]:
    """Return the state of a made-up contact; items of one id differ by whose they are."""
    activities = [{"id": f"a{name}", "subject": contact} for name in one[1]]
    requests = [{"id": f"r{name}", "status": "open", "type": contact} for name in one[2]]
    flagged: dict[str, Any] = one[0]
    return {"id": contact, "name": contact, "activities": activities, "requests": requests} | flagged


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(people, people)
def test_l3_l4_l7_no_protection_and_no_item_is_lost_by_merging(old: tuple[Any, ...], new: tuple[Any, ...]) -> None:
    """Flags, holds, restrictions whose flag is not set any more: what either had, the one that stays has."""
    with TemporaryDirectory() as folder:
        place = Place(Path(folder))
        for contact, one in (("old", old), ("new", new)):
            place.take(described(contact, one))
            if one[4]:  # the CRM has unset the flag, and nobody was told yet: the restriction stands
                place.take({"id": contact, "restrict_processing": True})
                place.take({"id": contact, "restrict_processing": False})
            with place.store.database.writing() as connection:
                if one[3]:
                    holds.add(connection, ("contact", place.key_of(contact)), contact, "r", place.clock.now())
        before = set_flags(place, "old") | set_flags(place, "new")
        assert merge(place) == []
        facts = facts_of(place, "new")

        assert set_flags(place, "new") == before
        assert facts.holds == {contact for contact, one in (("old", old), ("new", new)) if one[3]}
        assert facts.values["name"] == "new"
        for name, field, letter, at in (("activities", "subject", "a", 1), ("requests", "type", "r", 2)):
            wanted = {f"{letter}{one}": "old" for one in old[at]} | {f"{letter}{one}": "new" for one in new[at]}
            assert {item.id: item.values[field] for item in facts.items(name)} == wanted
        assert place.key_of("old") == 0
        place.store.database.close()


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        ([], None, []),
        (["message"], None, ["message"]),
        (["message"], [], []),
        ([], ["message"], []),
        (["message", "export"], ["export", "selection"], ["export"]),
        (None, ["message"], ["message"]),
    ],
)
def test_l3_of_two_restrictions_the_stricter_holds(
    tmp_path: Path, old: list[str] | None, new: list[str] | None, left: list[str]
) -> None:
    """A permission goes over with its restriction, and never into another: what both permit stays permitted."""
    place = Place(tmp_path)
    for contact, uses in (("old", old), ("new", new)):
        place.take({"id": contact, "restrict_processing": uses is not None})
        for use in uses or ():
            permit = Permit(use, "consent", "2026-03-01")
            restricting.permit(place.installation, place.store, contact, permit)
    merge(place)
    with place.store.database.reading() as connection:
        permitted = restrictions.permitted(connection, "contact", place.key_of("new"))
        assert restrictions.open_of(connection, "contact", place.key_of("new")) is not None

    assert sorted(permitted) == left


@pytest.mark.parametrize(
    ("told_old", "told_new", "ends"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_l3_a_joined_restriction_ends_once_the_person_was_told_of_both(
    tmp_path: Path, *, told_old: bool, told_new: bool, ends: bool
) -> None:
    """Who was told of one only has to be told again before the CRM's flag lifts it; it lasts since the older one."""
    place = Place(tmp_path)
    place.take({"id": "old", "restrict_processing": True})
    place.clock.move(timedelta(days=1))
    place.take({"id": "new", "restrict_processing": True})
    for contact, told in (("old", told_old), ("new", told_new)):
        if told:
            restricting.lift(place.installation, place.store, contact, "2026-03-02")
    merge(place)
    place.take({"id": "new", "restrict_processing": False})
    with place.store.database.reading() as connection:
        (row,) = connection.execute(select(RESTRICTION)).all()

    assert (row.lifted_at is not None, row.since) == (ends, place.clock.now() - timedelta(days=1))


def test_l5_a_birth_date_goes_over_where_there_is_none(tmp_path: Path) -> None:
    """Guards read it: who is under 16 stays so. A date that the one that stays has is that one's."""
    place = Place(tmp_path)
    place.take(
        {"id": "old", "birth_date": "2015-01-01", "country": "NO"},
        {"id": "new"},
        {"id": "other", "birth_date": "1980-01-01"},
    )
    merge(place)
    values = facts_of(place, "new").values
    assert (str(values["birth_date"]), values["country"]) == ("2015-01-01", None)
    merge(place, "new", "other", "n")

    assert str(facts_of(place, "other").values["birth_date"]) == "1980-01-01"


def test_planned_deletions_end_and_what_was_ordered_is_not_taken_for_done(tmp_path: Path) -> None:
    """Each says why; there is no receipt and no tombstone, and the letters that were about to go out are gone."""
    place = place_with(tmp_path, GHOST, {"id": "new"})
    place.live()
    assert place.deletions()["ghost"][0] == "warned"
    merge(place, "ghost")
    assert place.deletions() == {None: ("cancelled", "MERGED")}
    assert (place.key_of("ghost"), place.scene().tombstones.count()) == (0, 0)
    ordered = place_with(tmp_path / "ordered", GHOST, {"id": "new"}, crm=ScriptedCrm(Answered("accepted")))
    pass_days(ordered, 15)
    assert ordered.deletions()["ghost"] == ("ordered", "ACCEPTED")
    merge(ordered, "ghost")
    assert ordered.deletions() == {None: ("failed", "MERGED")}


def test_what_was_said_stays_known_as_said(tmp_path: Path) -> None:
    """Messages that went out belong to the one that stays, so that it is not told again, and they go with it."""
    place = place_with(tmp_path, GHOST, {"id": "new"})
    place.live()
    merge(place, "ghost")
    with place.store.database.reading() as connection:
        owners = set(connection.execute(select(INTENT.c.record)).scalars())

    assert (owners, len(place.letters())) == ({place.key_of("new")}, 1)


@pytest.mark.parametrize("has_case", [True, False])
def test_open_questions_go_over_to_the_case_of_the_same_rule(tmp_path: Path, *, has_case: bool) -> None:
    """Unless that has been asked too: then there is one question. Without a case the rule asks when it has one."""
    place = place_for(tmp_path, ASKING, {"id": "old", "category": "Lead"}, {"id": "new", "category": "Lead"})
    place.live()
    with place.store.database.writing() as connection:
        found = reviews.read(connection, place.store.tables)
        theirs = [one for one in found if one.contact == "new"]
        assert (len(found), len(theirs)) == (4, 2)
        if has_case:  # of one of its two questions nothing is left
            its = update(REVIEW).where(REVIEW.c.key == theirs[0].key)
            connection.execute(its.values(state=reviews.VOID))
    if not has_case:
        place.take({"id": "new", "category": "Customer"})
        place.live()
    merge(place)
    with place.store.database.reading() as connection:
        left = reviews.read(connection, place.store.tables, reviews.is_open())
        assert not reviews.has_ended(connection)

    assert [one.contact for one in left] == (["new"] * 2 if has_case else [])
    assert sorted(one.call for one in left) == ([0, 1] if has_case else [])


def test_events_about_the_one_that_ends_are_about_the_one_that_stays(tmp_path: Path) -> None:
    """Repeated ones stay known, patterns see them, and they are erased with that person; what was its own state goes."""
    place = Place(tmp_path)
    place.take({"id": "old"}, {"id": "new"})
    tell(place, "1", "mailing.bounced", "old", severity="hard")
    merge(place)
    assert tell(place, "1", "mailing.bounced", "old", severity="hard")["repeated"] == 1
    with place.store.database.reading() as connection:
        rows = connection.execute(select(INBOX).order_by(INBOX.c.seq)).all()

    assert [(row.type, row.subject, row.body, bool(row.source)) for row in rows] == [
        ("crm.mailing.bounced", "new", '{"severity": "hard"}', True),
        ("crm.contact.merged", "new", "{}", False),
        ("crm.contact.merged", "old", '{"into": "new"}', True),
    ]


def test_l11_late_events_about_one_that_has_ended_bring_nobody_back(tmp_path: Path) -> None:
    """They are refused, in the same batch as well; that it ended may be said again; with its state it is back."""
    place = Place(tmp_path)
    place.take({"id": "old", "objects_to_marketing": True}, {"id": "new"}, {"id": "last"})
    merge(place)
    late = tell(place, "2", "activity.logged", "old", id="a", at="2026-02-01")
    assert [(one["reason"], one["refusals"][0]["pointer"]) for one in late["refused"]] == [("MERGED", "/0/subject")]
    assert merge(place, number="again") == []
    assert merge(place, "last", "old", "3") == [("MERGED", "/0/data/into")]
    assert tell(place, "4", "contact.deleted", "old")["accepted"] == 1
    assert place.key_of("old") == 0
    place.take({"id": "old"})

    assert tell(place, "2", "activity.logged", "old", id="a", at="2026-02-01")["accepted"] == 1


def test_l11_whom_somebody_was_merged_from_is_erased_with_the_one_that_stayed(tmp_path: Path) -> None:
    """Both ids are on the list, over two merges; what told of them is gone."""
    place = place_with(tmp_path, GHOST, {"id": "older"}, {"id": "old"})
    merge(place, "older", "old", "m1")
    merge(place, "old", "ghost", "m2")
    pass_days(place, 30)
    assert place.deletions() == {None: ("erased", None)}
    with place.store.database.reading() as connection:
        subjects = set(connection.execute(select(INBOX.c.subject)).scalars())

    assert not subjects & {"older", "old", "ghost"}
    for number, contact in enumerate(("older", "old", "ghost")):
        assert tell(place, number, "contact.changed", contact)["refused"][0]["reason"] == "ERASED"


@pytest.mark.parametrize(
    ("ends", "into", "refused"),
    [
        ("new", "new", ("INVALID", "/0/data/into")),
        ("new", "nobody", ("INVALID", "/0/data/into")),
        ("new", "ghost", ("ERASED", "/0/data/into")),
        ("ghost", "new", ("ERASED", "/0/subject")),
    ],
)
def test_a_merge_that_cannot_be_is_refused_with_a_pointer(
    tmp_path: Path, ends: str, into: str, refused: tuple[str, str]
) -> None:
    """Into itself, into nobody, and with somebody who was erased on either side; everything stays as it was."""
    place = place_with(tmp_path, GHOST, {"id": "new"})
    pass_days(place, 30)

    assert merge(place, ends, into) == [refused]
    assert place.key_of("new") > 0


@pytest.mark.parametrize(
    ("ends", "into", "pointer"), [("new", "ghost", "/0/data/into"), ("ghost", "new", "/0/subject")]
)
def test_whoever_lies_in_the_bin_is_not_merged(tmp_path: Path, ends: str, into: str, pointer: str) -> None:
    """It has to be restored first."""
    place = place_with(tmp_path, GHOST, {"id": "new"})
    pass_days(place, 15)

    assert merge(place, ends, into) == [("IN_RECYCLE_BIN", pointer)]


def test_of_one_that_was_never_held_it_is_known_that_it_ended(tmp_path: Path) -> None:
    """There is nothing to go over, and what is told of it later is refused all the same."""
    place = Place(tmp_path)
    place.take({"id": "new"})

    assert merge(place) == []
    assert tell(place, "2", "contact.created", "old")["refused"][0]["reason"] == "MERGED"


def test_s11_a_merge_is_noted_in_the_chain_by_hashes(tmp_path: Path) -> None:
    """Holds and restrictions change whom they are on: it can be followed, and no id is there."""
    place = Place(tmp_path)
    place.take({"id": "old-one"}, {"id": "new-one"})
    merge(place, "old-one", "new-one")
    with place.store.database.reading() as connection:
        (row,) = connection.execute(select(CHAIN).where(CHAIN.c.what == "contact.merged")).all()

    assert row.subject == place.scene().tombstones.id_hash("contact", "new-one")
    assert place.scene().tombstones.id_hash("contact", "old-one") in row.details
    assert "-one" not in row.details
