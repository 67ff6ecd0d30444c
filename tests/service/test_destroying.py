"""Deletions: grace, warning, re-check, every guard, limits, the bin, erasure without a trace, and what comes back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from engine.crm.orders import Answered, Order
from engine.service import effects, erasing
from engine.service.config import Settings
from engine.service.tick import follow_changes
from engine.store import deletions, holds, registry
from engine.store.tables import DELETION
from engine.vocabulary.outcome import TemporaryFailure
from tests.installations import NOON, Place
from tests.rulebooks import rulebook

RULE = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if:
      all:
        - {field: category, is: Prospect}
        - {consent: storage, one_of: [never_given, withdrawn, expired]}
        - {count: activities, in_last: 2 years, equals: 0}
    then:
      - schedule_deletion:
          grace: 14 days
          warn:
            - {to: contact owner, at: start}
            - {to: the contact, using: bye, at: 7 days before}
          confirm: {to: the contact, using: gone}
    stop_if_more_than: {contacts: 25, percent: 50}
messages:
  bye: {subject: Goodbye, body: "On {{ deletion.due_at | date }}, {{ contact.name }}"}
  gone: {subject: Gone, body: "Deleted"}
"""
SETTINGS = Settings.of(
    {"people": {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}, "limits": {"percent_per_day": 100}}
)
GHOST: dict[str, Any] = {
    "id": "ghost",
    "name": "Canary Quill",
    "email": "Canary.Quill@example.se",
    "category": "Prospect",
    "owner": "eva",
}
PULSE = {"id": "pulse", "activities": [{"id": "a", "at": "2026-03-01"}]}


def place_with(folder: Path, *records: dict[str, Any], **keywords: Any) -> Place:
    """Return a place with the deleting rule, a contact that keeps the feed fresh, and the given contacts."""
    place = Place(folder, RULE, SETTINGS, **keywords)
    place.take(PULSE, *records)
    return place


def pass_days(place: Place, days: int, *, pulse: bool = True) -> None:
    """Let days pass with a run that acts, and a fresh item in the feed, at the beginning and end of each week and of all.

    What rules of these tests wait for are weeks from the beginning, or a day or two.
    """
    looked_at = [day for day in range(1, days + 1) if day % 7 in {0, 1} or day >= days - 1]
    for before, day in pairwise((0, *looked_at)):
        place.clock.move(timedelta(days=day - before))
        if pulse:
            place.take(PULSE | {"activities": [{"id": "a", "at": place.clock.now().isoformat()}]})
        place.live()


def pass_each_day(place: Place, days: int, *, pulse: bool = True) -> None:
    """Let days pass with a run on each of them."""
    for _ in range(days):
        pass_days(place, 1, pulse=pulse)


def test_a_deletion_warns_waits_deletes_confirms_and_erases(tmp_path: Path) -> None:
    """The whole life: scheduled, warned, put away after the grace, erased after the bin, with each message once."""
    place = place_with(tmp_path, GHOST)
    place.live()
    assert place.deletions()["ghost"] == ("warned", None)
    assert [letter["To"] for letter in place.letters()] == ["eva@firm.example"]
    pass_days(place, 13)
    assert place.deletions()["ghost"] == ("warned", None)
    assert [letter["Subject"] for letter in place.letters()] == ["Data will be deleted", "Goodbye"]
    pass_days(place, 1)
    assert place.deletions()["ghost"] == ("in_recycle_bin", None)
    assert [letter["Subject"] for letter in place.letters()] == ["Data will be deleted", "Goodbye", "Gone"]
    assert place.key_of("ghost") == 0
    pass_days(place, 14)
    assert place.deletions() == {None: ("erased", None)}


def test_l9_l10_after_an_erasure_no_file_holds_name_or_address_and_a_receipt_proves_it(tmp_path: Path) -> None:
    """Bytewise, in every file below the folder, the canary is gone; the receipt names nobody."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 30)
    place.store.database.close()
    found = [
        file.name
        for file in tmp_path.rglob("*")
        if file.is_file() and any(word in file.read_bytes().lower() for word in (b"canary", b"quill", b"ghost"))
    ]

    assert found == []
    assert (
        place.installation.open_tombstones().id_hash("contact", "ghost") in place.installation.open_tombstones().all()
    )


@pytest.mark.parametrize("back", [GHOST, {"id": "other", "email": " canary.quill@EXAMPLE.se"}])
def test_l11_an_erased_contact_that_comes_back_is_blocked_and_reported(tmp_path: Path, back: dict[str, Any]) -> None:
    """By id, and by address in other letters, an import is refused with that reason."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 30)
    report = place.take(back, {"id": "new"})

    assert (report.taken.created, report.refused_count) == (1, 1)
    assert "ERASED" in report.refused[0].reason


def test_a_late_consent_rescues(tmp_path: Path) -> None:
    """Consent during the grace closes the case and cancels the deletion; nothing more is said."""
    place = place_with(tmp_path, GHOST)
    place.live()
    place.take({"id": "ghost", "consents": [{"purpose": "storage", "status": "given", "at": "2026-03-02"}]})
    pass_days(place, 20)

    assert place.deletions()["ghost"] == ("cancelled", "NO_LONGER_TRUE")
    assert place.key_of("ghost") > 0
    assert [letter["Subject"] for letter in place.letters()] == ["Data will be deleted"]


def test_r6_the_state_is_seen_afresh_right_before_the_order(tmp_path: Path) -> None:
    """A consent that no run has seen yet cancels at due: what counts is the state, not the case."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 13)
    place.clock.move(timedelta(days=2))
    place.take({"id": "ghost", "consents": [{"purpose": "storage", "status": "given", "at": "2026-03-02"}]})
    place.act()

    assert place.deletions()["ghost"] == ("cancelled", "NO_LONGER_TRUE")


def test_l2_a_value_that_goes_missing_cancels_and_a_value_that_returns_begins_anew(tmp_path: Path) -> None:
    """Undecided at due cancels; true again, the grace starts from then."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 13)
    place.take({"id": "ghost", "category": None})
    pass_days(place, 2)
    assert place.deletions()["ghost"] == ("cancelled", "UNDECIDED")
    place.take({"id": "ghost", "category": "Prospect"})
    pass_days(place, 13)
    assert place.deletions()["ghost"][0] == "warned"
    pass_days(place, 3)
    assert place.deletions()["ghost"][0] == "in_recycle_bin"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"restrict_processing": True}, "RESTRICTED"),
        ({"restrict_processing": "false"}, "RESTRICTED"),
        ({"restrict_processing": None}, "RESTRICTED"),
        ({"requests": [{"id": "r", "type": "objection", "status": "open"}]}, "OBJECTION_PENDING"),
        ({"requests": [{"id": "r", "type": "Dispute", "status": "Open"}]}, "OBJECTION_PENDING"),
        ({"no_automated_decisions": True}, "HUMAN_REVIEW"),
        ({"special_category": True}, "HUMAN_REVIEW"),
        ({"birth_date": "2015-01-01"}, "HUMAN_REVIEW"),
        (
            {"consents": [{"purpose": "orders", "status": "given", "legal_basis": "contract", "at": "2020-01-01"}]},
            "OTHER_BASIS",
        ),
    ],
)
def test_each_guard_keeps(tmp_path: Path, state: dict[str, Any], reason: str) -> None:
    """What speaks against a deletion at due keeps the contact, with the code of the first guard that applies."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 5)
    place.take({"id": "ghost"} | state)
    pass_days(place, 12)

    assert ("kept", reason) == place.deletions()["ghost"]
    assert place.key_of("ghost") > 0


def test_l7_a_hold_beats_a_deletion_and_lifting_it_lets_it_go_on(tmp_path: Path) -> None:
    """A hold placed during the grace keeps; once lifted the deletion is examined again."""
    place = place_with(tmp_path, GHOST)
    place.live()
    with place.store.database.writing() as connection:
        hold = holds.add(connection, ("contact", place.key_of("ghost")), "legal", "lawsuit", NOON)
    pass_days(place, 16)
    assert place.deletions()["ghost"] == ("kept", "HOLD")
    with place.store.database.writing() as connection:
        assert holds.lift(connection, hold, NOON)
    pass_days(place, 1)
    assert place.deletions()["ghost"][0] == "in_recycle_bin"


def test_a_stale_feed_holds_and_a_person_lets_it_go_on(tmp_path: Path) -> None:
    """When nobody has had an activity for longer than the freshness, inactivity proves nothing."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 16, pulse=False)

    assert place.deletions()["ghost"] == ("held", "FEED_STALE")
    with place.store.database.writing() as connection:
        held = deletions.read(connection, place.store.tables)[0]
        deletions.move(connection, held, "due", at=place.clock.now(), reason=None, released_at=place.clock.now())
    place.act()
    assert place.deletions()["ghost"][0] == "in_recycle_bin"


def crowd(number: int) -> list[dict[str, Any]]:
    """Return contacts that the rule matches."""
    return [GHOST | {"id": f"g{n}", "email": f"g{n}@example.se"} for n in range(number)]


def test_r7_a_rule_that_would_delete_more_than_its_limit_deletes_nobody_and_says_so(tmp_path: Path) -> None:
    """Nothing of the run is scheduled, the rule is paused, and only a release for exactly that set goes on."""
    place = place_with(tmp_path, *crowd(26))
    report = place.run()
    assert (report.rules[0].is_stopped, report.rules[0].actions["schedule_deletion"]) == (True, 0)
    assert "LIMIT" in str(report.rules[0].error)
    pass_days(place, 20)
    assert place.deletions() == {}
    rule = place.rules.rules["erase"]
    with place.store.database.writing() as connection:
        stored = registry.registered(connection)["erase"]
        assert effects.release(connection, rule, stored.key, place.installation.moment(), stored.paused or "") == 26
    assert {"scheduled"} == {state for state, _ in place.deletions().values()}


def test_r7_the_limit_counts_what_was_scheduled_in_the_last_24_hours(tmp_path: Path) -> None:
    """Twenty now and twenty an hour later are forty: the second run schedules none of its own."""
    place = place_with(tmp_path, *crowd(20))
    place.run()
    place.take(*({**one, "id": f"late-{one['id']}"} for one in crowd(20)))
    place.clock.move(timedelta(hours=1))

    assert place.run().rules[0].is_stopped
    assert len(place.deletions()) == 20


def test_the_daily_limit_over_all_rules_trips_before_the_first_deletion(tmp_path: Path) -> None:
    """More due deletions than a day allows are all held."""
    place = place_with(tmp_path, *crowd(20))
    place.installation = place.installation.__class__(
        Settings.of({"limits": {"deletions_per_day": 19, "percent_per_day": 100}}),
        tmp_path,
        place.installation.model,
        place.clock,
    )
    pass_days(place, 16)

    assert {("held", "LIMIT")} == set(place.deletions().values())


def test_a_new_version_starts_the_grace_anew_and_a_rule_that_is_gone_cancels(tmp_path: Path) -> None:
    """Changing what a rule means voids its pending deletions."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 10)
    place.rules = rulebook(RULE.replace("2 years", "3 years"))
    pass_days(place, 10)
    assert place.deletions()["ghost"][0] == "warned"
    place.rules = rulebook("rules: []")
    pass_days(place, 10)
    assert place.deletions()["ghost"] == ("cancelled", "RULE_GONE")


class ScriptedCrm:
    """A CRM that answers as told, and keeps its own ledger of what it deleted under which key."""

    def __init__(self, *answers: Answered | Exception) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []

    def order(self, order: Order, now: datetime) -> Answered:
        """Answer the next thing of the script; in the end, deleted."""
        self.keys.append(order.key)
        answer = self.answers.pop(0) if self.answers else Answered("deleted")
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_r5_an_unknown_outcome_is_asked_for_under_the_same_key(tmp_path: Path) -> None:
    """Time-outs are retried with back-off until the CRM says what happened; then, and only then, the copy goes."""
    crm = ScriptedCrm(TemporaryFailure("time-out"), TemporaryFailure("502"))
    place = place_with(tmp_path, GHOST, crm=crm)
    pass_days(place, 15)
    assert place.deletions()["ghost"][0] == "ordered"
    assert place.key_of("ghost") > 0
    for _ in range(2):
        place.clock.move(timedelta(hours=1))
        place.act()
    assert place.deletions()["ghost"][0] == "in_recycle_bin"
    assert (len(crm.keys), len(set(crm.keys))) == (3, 1)


def test_a_refusal_of_the_crm_ends_the_deletion_with_its_reason(tmp_path: Path) -> None:
    """The CRM has the last word."""
    place = place_with(tmp_path, GHOST, crm=ScriptedCrm(Answered("refused", "open invoice")))
    pass_days(place, 20)

    assert place.deletions()["ghost"] == ("refused", "open invoice")
    assert place.key_of("ghost") > 0


def test_a_contact_in_the_bin_can_be_restored(tmp_path: Path) -> None:
    """Until it is erased everything comes back as it was."""
    place = place_with(tmp_path, GHOST | {"tags": ["a"], "restrict_processing": False})
    pass_days(place, 15)
    with place.store.database.reading() as connection:
        one = deletions.read(connection, place.store.tables)[0]
    erasing.restore(place.scene(), one, place.installation.moment())

    assert place.deletions()["ghost"][0] == "restored"
    assert place.key_of("ghost") > 0
    assert datetime(2026, 3, 16, 12, tzinfo=UTC) == place.clock.now()


@pytest.mark.parametrize("state", sorted(deletions.MOVES))
@pytest.mark.parametrize("wanted", sorted(deletions.MOVES))
def test_every_illegal_transition_is_refused(tmp_path: Path, state: str, wanted: str) -> None:
    """A deletion goes only where its life leads."""
    place = place_with(tmp_path, GHOST)
    place.run()
    with place.store.database.writing() as connection:
        one = deletions.read(connection, place.store.tables)[0]
        connection.execute(update(DELETION).values(state=state))
        one = replace(one, state=state)
        if wanted in deletions.MOVES[state] or wanted == state:
            deletions.move(connection, one, wanted, at=place.clock.now())
        else:
            with pytest.raises(deletions.IllegalMove):
                deletions.move(connection, one, wanted, at=place.clock.now())


def test_a_change_and_a_tick_at_one_moment_schedule_a_deletion_once(tmp_path: Path) -> None:
    """The rule is evaluated twice at the same instant; the second time finds the deletion scheduled, warnings and all."""
    place = place_with(tmp_path, GHOST)
    follow_changes(place.scene(), place.installation.moment())
    place.run()

    assert place.deletions()["ghost"] == ("scheduled", None)
    place.act()
    assert place.deletions()["ghost"] == ("warned", None)
    assert len(place.letters()) == 1
