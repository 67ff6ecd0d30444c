"""Ordering (R5): against a real CRM that answers in every way, unknown is asked for, and only what is known is believed."""

import tempfile
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.typing import EventDict

from engine.crm import webhooks
from engine.service import ordering, results
from engine.service.config import Settings
from engine.service.demo_answers import ANSWERS, DONE, answer_of
from engine.service.results import NotTaken, Reported
from engine.store import deletions, holds
from engine.store.deletions import Deletion
from engine.vocabulary.clock import SystemClock
from tests.installations import NOON, Place
from tests.rulebooks import rulebook
from tests.scripted_crm import ScriptedCrm

RULE = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if: [{field: category, is: Prospect}]
    then: [{schedule_deletion: {purposes: all, grace: 1 day}}]
    stop_if_more_than: {contacts: 25, percent: 100}
"""
CRM = {"url": "http://127.0.0.1:9/ansgar", "secret": {"file": "secret"}}
DELETED = {"confirmed", "in_recycle_bin", "erased"}
# Answers that leave open what happened: without an effect, and with one that nobody was told of.
UNKNOWN = sorted(set(ANSWERS) - {"delete", "accept", "refuse", "gone", "lie"})


@pytest.fixture(autouse=True)
def _impatient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a call that is not answered time out soon, where some are not: a machine that is busy answers late."""
    if "silent" in request.node.name or "whatever" in request.node.name:
        monkeypatch.setattr(webhooks, "TIMEOUT", 0.4)


def place_of(folder: Path, crm: ScriptedCrm, contact: str = "ghost", **section: Any) -> Place:
    """Return a place at the instant at which the deletion of its contact is due; the CRM's clock is that of the place."""
    (folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    (folder / "secret").chmod(0o600)
    place = Place(folder, RULE, Settings.of({"crm": CRM | section}))
    place.crm = crm.unasked if section.get("contact_url") == "none" else crm.asked
    crm.clock = place.clock
    place.take({"id": contact, "name": "Canary Quill", "category": "Prospect"})
    place.live()
    place.clock.move(timedelta(days=1))
    return place


def one_of(place: Place) -> Deletion:
    """Return the deletion."""
    with place.store.database.reading() as connection:
        return deletions.read(connection, place.store.tables)[0]


def state(place: Place) -> tuple[str, str | None]:
    """Return the state and reason of the deletion."""
    found = one_of(place)
    return found.state, found.reason


def next_at(place: Place) -> datetime:
    """Return when the deletion is looked at again."""
    with place.store.database.reading() as connection:
        text = connection.exec_driver_sql("SELECT next_at FROM deletion").scalar_one()
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(text or 0))


def hop(place: Place) -> None:
    """Go to when the order is looked at again, and act."""
    place.clock.move(max(next_at(place) - place.clock.now(), timedelta(seconds=1)))
    place.act()


def come_to_an_end(place: Place) -> str:
    """Let time pass until the deletion waits for nobody; return its state."""
    for _ in range(400):
        if one_of(place).state not in {"ordered", "due", "confirmed"}:
            return one_of(place).state
        hop(place)
    raise AssertionError(f"it is {state(place)} for ever")


@pytest.mark.parametrize("answer", UNKNOWN)
def test_r5_what_does_not_say_what_happened_is_asked_and_then_ordered_again_under_its_key(
    tmp_path: Path, answer: str
) -> None:
    """The contact is still there, so the order did nothing yet: the same goes out again, and the CRM deletes once."""
    with ScriptedCrm(answer) as crm:
        place = place_of(tmp_path, crm)
        place.act()
        assert state(place)[0] == "ordered"
        assert come_to_an_end(place) == "in_recycle_bin"
        crm.verify()

        assert (crm.ledger.attempts, crm.count("GET")) == (["deletion-1", "deletion-1"], 1)
        assert crm.ledger.done == {"deletion-1": "ghost"}


@pytest.mark.parametrize("answer", [*UNKNOWN, "accept"])
def test_r5_what_was_done_and_not_told_is_found_by_asking(tmp_path: Path, answer: str) -> None:
    """The contact is gone, so the order is confirmed and goes out no more."""
    with ScriptedCrm(answer + DONE) as crm:
        place = place_of(tmp_path, crm)
        place.act()
        assert state(place)[0] == "ordered"
        assert come_to_an_end(place) == "in_recycle_bin"

        assert (crm.ledger.attempts, crm.count("GET")) == (["deletion-1"], 1)


@pytest.mark.parametrize("answer", [*UNKNOWN, *(f"{one}{DONE}" for one in UNKNOWN), "accept", "accept_done"])
def test_r5_where_nobody_may_ask_the_order_is_the_question(tmp_path: Path, answer: str) -> None:
    """With `contact_url: none` the same order goes out again under its key, which a CRM carries out once."""
    with ScriptedCrm(answer) as crm:
        place = place_of(tmp_path, crm, contact_url="none")
        place.act()
        assert state(place)[0] == "ordered"
        assert come_to_an_end(place) == "in_recycle_bin"

        assert (crm.ledger.attempts, crm.count("GET")) == (["deletion-1", "deletion-1"], 0)
        assert crm.ledger.twice == []


def test_r5_nobody_who_is_there_to_listen_is_asked_until_somebody_is(tmp_path: Path) -> None:
    """Refused connections say nothing about what happened."""
    crm = ScriptedCrm()
    place = place_of(tmp_path, crm)
    crm.server_close()
    place.act()

    assert state(place) == ("ordered", "the CRM cannot be reached")
    hop(place)
    assert state(place) == ("ordered", "the CRM cannot be reached")


@pytest.mark.parametrize("question", sorted({"unauthorized", *UNKNOWN} - {"not_found"}))
def test_r5_a_question_that_is_not_answered_is_asked_again(tmp_path: Path, question: str) -> None:
    """Whatever comes instead of the contact or its absence leaves it unknown; the order does not go out on it."""
    with ScriptedCrm("error", questions=[question, question]) as crm:
        place = place_of(tmp_path, crm)
        place.act()
        hop(place)
        hop(place)
        assert (state(place)[0], crm.ledger.attempts, crm.count("GET")) == ("ordered", ["deletion-1"], 2)

        assert come_to_an_end(place) == "in_recycle_bin"
        assert crm.count("GET") == 3


def test_r10_a_question_that_is_answered_with_retry_after_is_asked_again_then_and_not_before(tmp_path: Path) -> None:
    """The CRM asks for two hours in answer to a question."""
    with ScriptedCrm("error", questions=["busy: 7200"]) as crm:
        place = place_of(tmp_path, crm)
        place.act()
        hop(place)
        assert next_at(place) - place.clock.now() == timedelta(hours=2)
        place.clock.move(timedelta(minutes=118))
        place.act()
        assert crm.count("GET") == 1
        place.clock.move(timedelta(minutes=2))
        place.act()

        assert (state(place)[0], crm.count("GET")) == ("in_recycle_bin", 2)


@pytest.mark.parametrize("question", ["not_found", "gone"])
def test_r5_not_found_and_gone_both_mean_that_it_was_done(tmp_path: Path, question: str) -> None:
    """404 and 410 to a question about the contact."""
    with ScriptedCrm("error", questions=[question]) as crm:
        place = place_of(tmp_path, crm)
        place.act()

        assert come_to_an_end(place) == "in_recycle_bin"


def test_r5_what_stays_unknown_ends_as_failed_for_a_person_and_is_never_ordered_past_its_expiry(
    tmp_path: Path, logs: list[EventDict]
) -> None:
    """Asked for a day and seven, later each time, then given up and told."""
    with ScriptedCrm("error", questions=["error"] * 400) as crm:
        place = place_of(tmp_path, crm)
        place.act()
        assert come_to_an_end(place) == "failed"

        assert state(place) == ("failed", ordering.OUTCOME_UNKNOWN)
        assert place.clock.now() - NOON == timedelta(days=1 + 1 + 7)
        assert (crm.ledger.attempts, crm.ledger.late) == (["deletion-1"], [])
        assert 20 < crm.count("GET") < 60
        assert [one["log_level"] for one in logs if one["event"].startswith("deletion failed")] == ["error"]


@pytest.mark.parametrize(("answer", "questions"), [("error", ["error"] * 20), ("accept", [])])
def test_r5_an_outcome_is_asked_for_later_each_time_and_every_six_hours_at_least(
    tmp_path: Path, answer: str, questions: list[str]
) -> None:
    """From half a minute on, so that a CRM that is back is heard soon, and one that is away is not called all day."""
    with ScriptedCrm(answer, questions=questions) as crm:
        place = place_of(tmp_path, crm)
        place.act()
        waits = []
        for _ in range(12):
            waits.append(next_at(place) - place.clock.now())
            hop(place)

        assert all(later > 1.1 * before for before, later in pairwise(waits[:8]))
        assert timedelta(seconds=20) < waits[0] < timedelta(seconds=40)
        assert max(waits) == timedelta(hours=6)


def test_r5_an_order_that_did_nothing_until_it_expired_is_void_and_decided_anew_under_another_key(
    tmp_path: Path,
) -> None:
    """Accepted and never carried out: a day later the contact is still there, and another order goes out."""
    with ScriptedCrm("accept") as crm:
        place = place_of(tmp_path, crm)
        place.act()
        assert state(place) == ("ordered", "ACCEPTED")
        assert come_to_an_end(place) == "in_recycle_bin"

        assert crm.ledger.attempts == ["deletion-1", "deletion-1-2"]
        assert (crm.ledger.done, crm.ledger.late) == ({"deletion-1-2": "ghost"}, [])
        assert place.clock.now() - NOON > timedelta(days=2)


def test_r5_an_order_that_was_accepted_is_not_pushed_after_a_question_that_nobody_answered(tmp_path: Path) -> None:
    """Accepted it stays: what is asked in between and not answered takes nothing back."""
    with ScriptedCrm("accept", questions=["error", "honest"]) as crm:
        place = place_of(tmp_path, crm)
        place.act()
        hop(place)
        assert state(place) == ("ordered", ordering.ACCEPTED)
        hop(place)
        hop(place)

        assert (state(place), crm.count("GET"), crm.ledger.attempts) == (("ordered", "ACCEPTED"), 3, ["deletion-1"])


@pytest.mark.parametrize("minutes", [0, 4])
def test_r5_an_order_that_has_expired_goes_out_no_more_though_it_is_not_void_yet(tmp_path: Path, minutes: int) -> None:
    """For five minutes a clock of the CRM may be behind: what is still there then may be gone in a moment."""
    with ScriptedCrm("error") as crm:
        place = place_of(tmp_path, crm)
        place.act()
        place.clock.move(timedelta(days=1, minutes=minutes))
        place.act()
        assert (state(place)[0], crm.ledger.attempts, crm.count("GET")) == ("ordered", ["deletion-1"], 1)
        assert next_at(place) - NOON == timedelta(days=2, minutes=5)
        hop(place)

        assert (state(place)[0], crm.ledger.attempts) == ("in_recycle_bin", ["deletion-1", "deletion-1-2"])


def test_r5_where_nobody_may_ask_an_expired_order_waits_for_a_result_and_then_for_a_person(tmp_path: Path) -> None:
    """It is not sent again as the question that it was."""
    with ScriptedCrm("error") as crm:
        place = place_of(tmp_path, crm, contact_url="none")
        place.act()
        place.clock.move(timedelta(days=1))
        assert come_to_an_end(place) == "failed"

        assert (state(place)[1], crm.ledger.attempts) == (ordering.OUTCOME_UNKNOWN, ["deletion-1"])


@pytest.mark.parametrize("answer", sorted(ANSWERS))
def test_s9_whatever_becomes_of_an_order_no_log_names_whom_it_is_about(
    tmp_path: Path, logs: list[EventDict], answer: str
) -> None:
    """By id or name, until it is void, refused, failed or in the bin."""
    with ScriptedCrm(*[answer] * 3, questions=["unavailable"]) as crm:
        place = place_of(tmp_path, crm, "canary-4711")
        place.act()
        come_to_an_end(place)

    assert logs
    assert [one for one in logs if "canary" in str(one).casefold()] == []


def test_l7_a_hold_after_an_order_that_may_be_out_keeps_it_from_going_out_again(tmp_path: Path) -> None:
    """It is not sent on while something speaks against it; void, it is decided anew, and the hold keeps the contact."""
    with ScriptedCrm("error") as crm:
        place = place_of(tmp_path, crm)
        place.act()
        with place.store.database.writing() as connection:
            holds.add(connection, ("contact", place.key_of("ghost")), "legal", "lawsuit", NOON)
        hop(place)
        assert state(place)[0] == "ordered"
        while one_of(place).state == "ordered":
            hop(place)

        assert (state(place), crm.ledger.attempts) == (("kept", "HOLD"), ["deletion-1"])


def test_r9_a_crm_that_accepts_for_ever_and_does_nothing_is_not_ordered_for_ever(tmp_path: Path) -> None:
    """After some orders that came to nothing a person looks."""
    with ScriptedCrm(*["accept"] * 50) as crm:
        place = place_of(tmp_path, crm)
        place.act()
        assert come_to_an_end(place) == "failed"

        assert state(place) == ("failed", ordering.NOTHING_DONE)
        assert len(crm.ledger.orders) == 8


def test_r5_a_refusal_ends_it_with_its_reason_which_no_log_holds(tmp_path: Path, logs: list[EventDict]) -> None:
    """Also after the order was accepted; the copy stays."""
    with ScriptedCrm("error", "refuse: Canary owes 5 kr") as crm:
        place = place_of(tmp_path, crm)
        place.act()
        assert come_to_an_end(place) == "refused"

        assert state(place) == ("refused", "Canary owes 5 kr")
        assert place.key_of("ghost") > 0
        assert [one for one in logs if "Canary" in str(one)] == []


def test_r10_an_address_that_is_gone_for_good_ends_it_and_is_told(tmp_path: Path, logs: list[EventDict]) -> None:
    """410 to the order: nothing more goes there, and a person looks."""
    with ScriptedCrm("gone") as crm:
        place = place_of(tmp_path, crm)
        place.act()

        assert state(place) == ("failed", "the CRM takes no more orders at this address (410)")
        assert [one["log_level"] for one in logs if one["event"].startswith("deletion failed")] == ["error"]


@pytest.mark.parametrize("as_date", [False, True])
def test_r10_retry_after_is_honoured(tmp_path: Path, as_date: bool) -> None:
    """Seconds or a date: nothing is asked before, and it is asked then."""
    with ScriptedCrm() as crm:
        place = place_of(tmp_path, crm)
        until = SystemClock().now() + timedelta(hours=2)
        crm.script.orders.append(f"busy: {format_datetime(until, usegmt=True) if as_date else 7200}")
        place.act()
        wait = next_at(place) - place.clock.now()
        assert timedelta(minutes=119) < wait <= timedelta(hours=2)
        place.clock.move(timedelta(minutes=118))
        place.act()
        assert len(crm.calls) == 1
        assert come_to_an_end(place) == "in_recycle_bin"


def test_r10_a_crm_that_is_down_is_left_alone_and_what_was_not_tried_surely_never_went_out(tmp_path: Path) -> None:
    """The first of many orders finds it down; the others are not attempted, and cost no time."""
    with ScriptedCrm() as crm:
        place = place_of(tmp_path, crm)
        place.take(*({"id": f"g{n}", "category": "Prospect"} for n in range(9)))
        place.live()
        place.clock.move(timedelta(days=1))
        crm.script.orders.append("unavailable")
        before = len(crm.calls)
        place.act()

        assert len(crm.calls) - before == 1
        with place.store.database.reading() as connection:
            waiting = [one for one in deletions.read(connection, place.store.tables) if one.state == "ordered"]
        assert sorted(one.attempts for one in waiting) == [0] * 8 + [1]
        place.clock.move(timedelta(minutes=5))
        place.act()
        assert {one for one, _ in place.deletions().values()} == {"in_recycle_bin"}


def test_r10_a_crm_that_is_down_is_asked_one_question_a_pass(tmp_path: Path) -> None:
    """The first of many questions finds it down; the others wait for their turn, and count as nothing."""
    with ScriptedCrm(*["error"] * 10) as crm:
        place = place_of(tmp_path, crm)
        place.take(*({"id": f"g{n}", "category": "Prospect"} for n in range(9)))
        place.live()
        place.clock.move(timedelta(days=1))
        place.act()
        crm.script.questions.extend(["unavailable"] * 10)
        place.clock.move(timedelta(hours=1))
        before = crm.count("GET")
        place.act()

        assert crm.count("GET") - before == 1


def test_r5_verified_a_deletion_counts_once_the_contact_is_gone(tmp_path: Path, logs: list[EventDict]) -> None:
    """`verify: true`: deleted by its word and still there is a contradiction, which is told and asked about."""
    with ScriptedCrm("lie", "lie") as crm:
        place = place_of(tmp_path, crm, verify=True)
        place.act()
        assert state(place) == ("ordered", ordering.CONTRADICTION)
        assert [one["log_level"] for one in logs if one["event"] == ordering.CONTRADICTED] == ["error"]
        assert come_to_an_end(place) == "in_recycle_bin"
        assert crm.ledger.attempts == ["deletion-1"] * 3


def test_r5_unverified_a_deletion_is_taken_at_its_word(tmp_path: Path) -> None:
    """Without `verify` nobody is asked after a clear answer."""
    with ScriptedCrm("lie") as crm:
        place = place_of(tmp_path, crm)
        place.act()

        assert (state(place)[0], crm.count("GET")) == ("in_recycle_bin", 0)


def test_r5_a_verification_that_is_not_answered_is_asked_again(tmp_path: Path) -> None:
    """Its word alone is not enough where it is to be verified."""
    with ScriptedCrm(questions=["error"]) as crm:
        place = place_of(tmp_path, crm, verify=True)
        place.act()
        assert state(place) == ("ordered", ordering.UNVERIFIED)
        assert come_to_an_end(place) == "in_recycle_bin"
        assert crm.ledger.attempts == ["deletion-1"]


def test_r5_a_restart_between_call_and_outcome_asks_first(tmp_path: Path) -> None:
    """The attempt is noted before it is made: whoever takes over asks for the contact, and orders nothing twice."""
    with ScriptedCrm() as crm:
        place = place_of(tmp_path, crm)

        def fall(*_: object) -> str:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ordering, "_answered", fall)
            with pytest.raises(KeyboardInterrupt):
                place.act()
        assert (one_of(place).state, one_of(place).attempts) == ("ordered", 1)
        place.act()

        assert (state(place)[0], crm.ledger.attempts, crm.count("GET")) == ("in_recycle_bin", ["deletion-1"], 1)


@pytest.mark.parametrize("contact", ["a/b?c#d", "å ä@host", "..%2f", "100%"])
def test_s7_an_id_cannot_lead_a_question_elsewhere(tmp_path: Path, contact: str) -> None:
    """Whatever an id is made of, it is one segment of the configured address."""
    with ScriptedCrm("error_done") as crm:
        place = place_of(tmp_path, crm, contact)
        place.act()
        assert come_to_an_end(place) == "in_recycle_bin"

        assert crm.calls[-1].path.startswith("/ansgar/contacts/")
        assert set("/?#@ ") & set(crm.calls[-1].path.removeprefix("/ansgar/contacts/")) == set()


@pytest.mark.parametrize("contact", [".", ".."])
def test_r5_an_id_without_an_address_of_its_own_is_asked_for_by_its_order(tmp_path: Path, contact: str) -> None:
    """Dots mean another place to every server, and 404 there means nothing."""
    with ScriptedCrm("error") as crm:
        place = place_of(tmp_path, crm, contact)
        place.act()
        assert come_to_an_end(place) == "in_recycle_bin"

        assert (crm.ledger.attempts, crm.count("GET")) == (["deletion-1"] * 2, 0)


@pytest.mark.parametrize(
    "change", ["UPDATE deletion SET how = 'anonymise'", "UPDATE deletion SET purposes = '\x1fmarketing\x1f'"]
)
def test_r5_whether_the_contact_is_there_tells_nothing_where_it_is_to_stay(tmp_path: Path, change: str) -> None:
    """An order to make anonymous, or for some purposes only, is asked for under its key."""
    with ScriptedCrm("error_done") as crm:
        place = place_of(tmp_path, crm, verify=True)
        with place.store.database.writing() as connection:
            connection.exec_driver_sql(change)
        place.act()
        assert come_to_an_end(place) == "in_recycle_bin"

        assert (crm.ledger.attempts, crm.count("GET")) == (["deletion-1"] * 2, 0)


def test_an_order_says_what_is_to_be_done_until_when_and_why(tmp_path: Path) -> None:
    """Rule, version, digest, legal basis, how, purposes, treatment and expiry, the same at every attempt."""
    with ScriptedCrm("error") as crm:
        place = place_of(tmp_path, crm, order_valid="2 hours")
        place.act()
        come_to_an_end(place)
        order = crm.ledger.orders["deletion-1"]

        assert dict(order) == {
            "order": "deletion-1",
            "entity": "contact",
            "contact": "ghost",
            "rule": "erase",
            "version": place.rules.rules["erase"].version,
            "digest": one_of(place).digest,
            "legal_basis": "GDPR Art. 17(1)(b)",
            "how": "erase",
            "purposes": None,
            "treatment": None,
            "expires_at": (NOON + timedelta(days=1, hours=2)).isoformat(),
        }


def test_r5_an_order_about_a_company_says_so_and_asks_for_no_contact_of_the_same_id(tmp_path: Path) -> None:
    """Ids are those of an entity: whether contact 1 is there tells nothing of company 1, and it is not what goes."""
    with ScriptedCrm("error") as crm:
        place = place_of(tmp_path, crm, "1", verify=True)
        place.rules = rulebook(RULE.replace("stage: live", "stage: live\n    applies_to: company"))
        place.take({"id": "1", "category": "Prospect"}, entity="company")
        place.live()
        place.clock.move(timedelta(days=1))
        place.act()
        place.clock.move(timedelta(hours=1))
        place.act()

        assert [one["entity"] for one in crm.ledger.orders.values()] == ["company"]
        assert (len(crm.ledger.attempts), crm.count("GET"), crm.ledger.has("1")) == (2, 0, True)
        assert place.key_of("1") > 0


def test_s9_no_log_holds_the_id_in_an_address(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The library that calls would log every address; it does not, at any level."""
    caplog.set_level(0)
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(0, name)
    with ScriptedCrm("error_done") as crm:
        place = place_of(tmp_path, crm, "canary-id")
        place.act()
        assert come_to_an_end(place) == "in_recycle_bin"

    assert crm.calls[-1].path.endswith("canary-id")
    assert [one.getMessage() for one in caplog.records if "canary-id" in one.getMessage()] == []


STEPS = st.sampled_from(["wait", "wait", "wait", "do", "do_and_tell", "refuse_and_tell"])


def _step(place: Place, crm: ScriptedCrm, step: str) -> None:
    """Let time pass, or let the CRM do something of its own and tell."""
    key = ordering.order_key(one_of(place))
    if step == "wait" or key not in crm.ledger.orders:
        hop(place)
        return
    now = place.clock.now()
    if step == "refuse_and_tell" and key not in crm.ledger.done:
        crm.ledger.refused[key] = "no"
        _tell(place, key, "refused")
    elif step.startswith("do") and crm.ledger.carry_out(key, now) and step == "do_and_tell":
        _tell(place, key, "deleted")


def _tell(place: Place, key: str, result: str) -> None:
    try:
        results.take_result(place.scene(), key, Reported(result, "no"), place.installation.moment())
    except NotTaken as error:
        if error.code not in {results.VOID, results.CONTRADICTION}:
            raise


def _check(place: Place, crm: ScriptedCrm) -> None:
    found = one_of(place)
    if found.state in DELETED:
        assert crm.ledger.done
    if found.state == "refused":
        assert ordering.order_key(found) in crm.ledger.refused
    assert (crm.ledger.twice, crm.ledger.late) == ([], [])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    answers=st.lists(
        st.sampled_from([*ANSWERS, *(f"{one}{DONE}" for one in ANSWERS if not answer_of(one).refuses)]), max_size=8
    ),
    questions=st.lists(st.sampled_from(sorted({*ANSWERS} - {"not_found", "gone"})), max_size=8),
    steps=st.lists(STEPS, max_size=12),
    may_ask=st.booleans(),
    is_verified=st.booleans(),
)
def test_r5_whatever_a_crm_answers_what_it_did_is_what_is_believed(
    answers: list[str], questions: list[str], steps: list[str], may_ask: bool, is_verified: bool
) -> None:
    """Confirmed only if it deleted, refused only if it refused, never twice or late, and nothing is left ordered."""
    is_verified = is_verified and may_ask
    truthful = [one for one in answers if is_verified or one != "lie"]
    with tempfile.TemporaryDirectory() as folder, ScriptedCrm(*truthful, questions=questions) as crm:
        section = {"verify": is_verified} if may_ask else {"contact_url": "none"}
        place = place_of(Path(folder), crm, **section)
        place.act()
        for step in steps:
            _check(place, crm)
            if one_of(place).state == "ordered":
                _step(place, crm, step)
        end = come_to_an_end(place)
        _check(place, crm)
        place.store.database.close()

        assert end in {"in_recycle_bin", "refused", "failed"}
