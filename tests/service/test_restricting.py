"""Restriction (L3): while it stands nothing is deleted, said or shown; it ends only once the person was told."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from actions.catalogue import ACTIONS
from engine.service import cards, erasing, restricting
from engine.service.naming import NOT_THERE, REFUSED, UNFIT, Declined
from engine.service.restricting import Permit
from engine.store import deletions, restrictions
from engine.store.tables import INTENT, PERMISSION, RESTRICTION
from tests.actions.outward import settings
from tests.installations import NOON, Place
from tests.receivers import Receiver
from tests.rulebooks import rulebook
from tests.service.test_destroying import GHOST, pass_days, place_with

EVERYTHING = """\
rules:
  - rule: everything
    stage: live
    owner: dpo
    if: [{field: country, is: NO}]
    then:
      - keep_in_selection: plain
      - raise_alert: {message: Look}
      - request_review: {from: dpo, question: Is it one?}
      - notify: {to: the contact, using: hello, purpose: news}
      - notify: {to: the contact, using: duty, purpose: legal_duty}
      - notify: {to: dpo, using: internal}
      - create_task: {for: dpo, title: Call}
      - set_field: {field: category, to: Lead}
      - call_webhook: bridge
      - send_report: {to: the contact, using: report}
  - rule: inclusive
    stage: live
    if: [{field: country, is: NO}]
    then: [{keep_in_selection: {name: inclusive, include_restricted: true}}]
messages:
  hello: {subject: Hello, body: b}
  duty: {subject: Duty, body: b}
  internal: {subject: Internal, body: b}
  report: {subject: Report, body: b}
"""
ANNA: dict[str, Any] = {
    "id": "anna",
    "email": "anna@example.se",
    "country": "NO",
    "consents": [{"purpose": "news", "status": "given", "at": "2026-01-01"}],
}
UNTOLD = {"restrict_processing": False}
# The uses that are permitted, and what then keeps from going out or being seen.
USES = [
    (set(), {"Hello", "bridge", "plain"}),
    ({"message"}, {"bridge", "plain"}),
    ({"export"}, {"Hello", "plain"}),
    ({"selection"}, {"Hello", "bridge"}),
    ({"deletion"}, {"Hello", "bridge", "plain"}),
    ({"message", "export", "selection"}, set()),
]


def permit(place: Place, use: str, ground: str = "consent", contact: str = "anna") -> int:
    """Permit a use, as was said today."""
    said = f"{place.installation.moment().today}"
    return restricting.permit(place.installation, place.store, contact, Permit(use, ground, said))


def lift(place: Place, told: str = "", contact: str = "anna") -> bool:
    """Record that the person was told, today or on another day."""
    told = told or f"{place.installation.moment().today}"
    return restricting.lift(place.installation, place.store, contact, told)


def is_restricted(place: Place, contact: str = "anna") -> bool:
    """Return what the contact card says."""
    card = cards.card_of(place.scene(), contact)
    assert card is not None
    return bool(card["restricted"])


def happened(place: Place, receivers: tuple[Receiver, Receiver]) -> set[str]:
    """Return what of each action was seen: subjects, calls, selections, alerts, questions."""
    place.live()
    crm, bridge = receivers
    seen = {str(letter["Subject"]) for letter in place.letters()}
    seen |= {str(json.loads(body)["type"]) for _, body in crm.calls} | {"bridge" for _ in bridge.calls}
    seen |= {name for name in ("plain", "inclusive") if place.members(name)}
    card = cards.card_of(place.scene(), "anna")
    seen -= {one for one in seen if one.startswith("A person is needed")}
    return seen | {"alert" for _ in (card or {})["alerts"]}


@pytest.mark.parametrize("how", ["set", "unclear", "unset but not told"])
@pytest.mark.parametrize(("permitted", "kept"), USES)
def test_l3_every_action_on_a_restricted_contact(tmp_path: Path, how: str, permitted: set[str], kept: set[str]) -> None:
    """Alerts, questions, tasks, words to colleagues and legal duties go on; the rest needs a permission of its use."""
    with Receiver() as crm, Receiver() as bridge:
        place = Place(tmp_path, EVERYTHING, settings(tmp_path, crm=crm, bridge=bridge))
        place.take(ANNA | {"restrict_processing": None if how == "unclear" else True})
        if how.startswith("unset"):
            place.take({"id": "anna"} | UNTOLD)
        for use in sorted(permitted):
            permit(place, use)
        everything = {"Hello", "Duty", "Internal", "Report", "task.requested", "field.requested", "bridge", "plain"}

        assert happened(place, (crm, bridge)) == (everything | {"inclusive", "alert"}) - kept
        assert is_restricted(place)
        with place.store.database.reading() as connection:
            reasons = set(connection.execute(select(INTENT.c.reason).where(INTENT.c.state == "withheld")).scalars())
        assert reasons == ({"RESTRICTED"} if kept - {"plain"} else set())


def test_l3_the_table_has_every_action() -> None:
    """A verb that is new has no place in it yet; deletion has tests of its own."""
    verbs = {call.verb for rule in rulebook(EVERYTHING).rules.values() for call in rule.calls}

    assert verbs | {"schedule_deletion"} == set(ACTIONS)


def test_l3_without_a_restriction_every_action_happens(tmp_path: Path) -> None:
    """The table above withholds because of the restriction, and nothing else."""
    with Receiver() as crm, Receiver() as bridge:
        place = Place(tmp_path, EVERYTHING, settings(tmp_path, crm=crm, bridge=bridge))
        place.take(ANNA)

        assert happened(place, (crm, bridge)) >= {"Hello", "bridge", "plain", "inclusive"}
        assert not is_restricted(place)


def test_l3_a_restricted_contact_is_deleted_by_that_persons_word_alone(tmp_path: Path) -> None:
    """Kept while restricted, also after the CRM has unset the flag; consent to the deletion lets it go on."""
    place = place_with(tmp_path, GHOST | {"restrict_processing": True})
    pass_days(place, 15)
    assert place.deletions()["ghost"] == ("kept", "RESTRICTED")
    place.take({"id": "ghost"} | UNTOLD)
    pass_days(place, 1)
    assert place.deletions()["ghost"] == ("kept", "RESTRICTED")
    for use in ("message", "export", "selection"):
        permit(place, use, "legal_claims", "ghost")
    pass_days(place, 1)
    assert place.deletions()["ghost"] == ("kept", "RESTRICTED")
    permit(place, "deletion", contact="ghost")
    pass_days(place, 1)
    assert place.deletions()["ghost"][0] == "in_recycle_bin"


@pytest.mark.parametrize("ground", ["legal_claims", "rights_of_others", "public_interest"])
def test_l3_no_other_ground_than_consent_permits_a_deletion(tmp_path: Path, ground: str) -> None:
    """Who wants the data kept must not lose it for somebody else's sake."""
    place = place_with(tmp_path, GHOST | {"restrict_processing": True})

    with pytest.raises(Declined) as found:
        permit(place, "deletion", ground, "ghost")
    assert found.value.code == REFUSED


def test_l3_a_restriction_ends_once_the_flag_is_gone_and_the_person_was_told(tmp_path: Path) -> None:
    """In either order; and its permissions end with it."""
    place = place_with(tmp_path, ANNA | {"restrict_processing": True}, {"id": "bo", "restrict_processing": True})
    permit(place, "message")
    assert lift(place) is False
    assert is_restricted(place)
    place.take({"id": "anna"} | UNTOLD, {"id": "bo"} | UNTOLD)
    assert (is_restricted(place), is_restricted(place, "bo")) == (False, True)
    assert lift(place, contact="bo") is True
    assert not is_restricted(place, "bo")
    with place.store.database.reading() as connection:
        assert restrictions.permitted(connection, "contact", place.key_of("anna")) == frozenset()
        assert connection.execute(select(PERMISSION.c.withdrawn_at)).scalar_one() == NOON


def test_l3_a_flag_that_is_set_anew_opens_a_new_restriction(tmp_path: Path) -> None:
    """What the person was told of the old one does not end the new one, and what was permitted then is not any more."""
    place = place_with(tmp_path, ANNA | {"restrict_processing": True})
    permit(place, "message")
    lift(place)
    place.take({"id": "anna"} | UNTOLD)
    place.clock.move(timedelta(days=1))
    place.take({"id": "anna", "restrict_processing": True})
    place.take({"id": "anna"} | UNTOLD)

    assert is_restricted(place)
    listed = restricting.listed(place.installation, place.store)
    assert [(one["contact"], one["flag"], one["told"], one["permissions"]) for one in listed] == [
        ("anna", False, None, [])
    ]
    assert listed[0]["since"] == NOON + timedelta(days=1)


def test_a_flag_that_is_sent_again_opens_nothing(tmp_path: Path) -> None:
    """One row for as long as it lasts, whatever else is sent meanwhile."""
    place = place_with(tmp_path, ANNA | {"restrict_processing": True})
    place.take({"id": "anna", "restrict_processing": True}, {"id": "anna", "restrict_processing": None})
    place.take({"id": "anna", "name": "Anna"}, {"id": "anna"} | UNTOLD, {"id": "anna", "restrict_processing": True})

    with place.store.database.reading() as connection:
        assert len(connection.execute(select(RESTRICTION)).all()) == 1


@pytest.mark.parametrize(
    ("told", "code"), [("2026-03-02", REFUSED), ("2026-02-28", REFUSED), ("soon", UNFIT), ("2026-02-30", UNFIT)]
)
def test_l3_a_day_that_cannot_be_is_refused(tmp_path: Path, told: str, code: str) -> None:
    """Nobody was told tomorrow, or before the restriction began; and the restriction stands."""
    place = place_with(tmp_path, ANNA | {"restrict_processing": True})
    place.take({"id": "anna"} | UNTOLD)

    with pytest.raises(Declined) as found:
        lift(place, told)
    assert found.value.code == code
    assert is_restricted(place)


def test_who_is_not_restricted_or_not_here_has_nothing_to_lift(tmp_path: Path) -> None:
    """Both are told, and nothing is written."""
    place = place_with(tmp_path, ANNA)

    for contact in ("anna", "nobody"):
        with pytest.raises(Declined) as found:
            lift(place, contact=contact)
        assert found.value.code == NOT_THERE
        with pytest.raises(Declined):
            permit(place, "message", contact=contact)


@pytest.mark.parametrize(("use", "ground"), [("mesage", "consent"), ("message", "because")])
def test_a_use_or_ground_that_is_none_is_told(tmp_path: Path, use: str, ground: str) -> None:
    """The nearest right one is named."""
    place = place_with(tmp_path, ANNA | {"restrict_processing": True})

    with pytest.raises(Declined) as found:
        permit(place, use, ground)
    assert found.value.code == UNFIT


def test_a_permission_that_is_withdrawn_permits_nothing(tmp_path: Path) -> None:
    """The member leaves the selection with the next run, by what the change log says."""
    with Receiver() as crm, Receiver() as bridge:
        place = Place(tmp_path, EVERYTHING, settings(tmp_path, crm=crm, bridge=bridge))
        place.take(ANNA | {"restrict_processing": True})
        place.run()
        assert place.members("plain") == []
        allowed = permit(place, "selection")
        place.run()
        assert place.members("plain") == ["anna"]
        restricting.withdraw(place.installation, place.store, allowed)
        place.run()
        assert place.members("plain") == []
        with pytest.raises(Declined):
            restricting.withdraw(place.installation, place.store, allowed)
        place.take({"id": "anna"} | UNTOLD)
        place.run()
        assert place.members("plain") == []
        lift(place)
        place.run()
        assert place.members("plain") == ["anna"]


def test_criteria_read_what_the_crm_says(tmp_path: Path) -> None:
    """A rule on the flag follows the flag, and not whether the person was told."""
    rules = """\
rules:
  - {rule: flagged, stage: live, if: [{field: restrict_processing, is: true}], then: [{raise_alert: Restricted}]}
"""
    place = Place(tmp_path, rules)
    place.take(ANNA | {"restrict_processing": True})
    place.run()
    assert place.alerts() == [("flagged", "anna")]
    place.take({"id": "anna"} | UNTOLD)
    place.run()
    assert (place.alerts(), is_restricted(place)) == ([], True)


def test_l3_a_restriction_outlasts_the_recycle_bin(tmp_path: Path) -> None:
    """Who was unset but not told, deleted by consent and restored, is restricted as before."""
    place = place_with(tmp_path, GHOST | {"restrict_processing": True})
    place.take({"id": "ghost"} | UNTOLD)
    permit(place, "deletion", contact="ghost")
    pass_days(place, 15)
    assert place.deletions()["ghost"][0] == "in_recycle_bin"
    from_bin = next(iter(_deletions(place)))
    place_restore(place, from_bin)

    assert is_restricted(place, "ghost")


def test_l9_what_is_erased_leaves_no_restriction_and_no_permission(tmp_path: Path) -> None:
    """Both go with the copy."""
    place = place_with(tmp_path, GHOST | {"restrict_processing": True})
    permit(place, "deletion", contact="ghost")
    pass_days(place, 15)

    with place.store.database.reading() as connection:
        assert [connection.execute(select(one)).all() for one in (RESTRICTION, PERMISSION)] == [[], []]


def test_what_is_listed_says_since_when_and_what_is_permitted(tmp_path: Path) -> None:
    """Days are days, in the zone of the installation."""
    place = place_with(tmp_path, ANNA | {"restrict_processing": True})
    permit(place, "export", "legal_claims")
    restricting.lift(place.installation, place.store, "anna", "2026-03-01", "eva")
    (found,) = restricting.listed(place.installation, place.store)
    (allowed,) = found.pop("permissions")

    assert found == {
        "id": 1,
        "contact": "anna",
        "entity": "contact",
        "since": NOON,
        "flag": True,
        "told": date(2026, 3, 1),
        "told_by": "eva",
    }
    assert (allowed["use"], allowed["ground"], allowed["said"]) == ("export", "legal_claims", date(2026, 3, 1))


def _deletions(place: Place) -> list[Any]:
    with place.store.database.reading() as connection:
        return deletions.read(connection, place.store.tables)


def place_restore(place: Place, one: Any) -> None:
    """Bring a contact back from the bin."""
    erasing.restore(place.scene(), one, place.installation.moment())
