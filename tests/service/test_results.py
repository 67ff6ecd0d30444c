"""Results: what the CRM reports of an order moves a deletion or an intent on once, and contradictions are told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from structlog.typing import EventDict

from engine.crm.orders import Answered
from engine.model.snapshot import Refused
from engine.service import ordering, results
from engine.service.config import Settings
from engine.service.results import CONTRADICTION, UNKNOWN, VOID, NotTaken, Reported, read_report, take_result
from engine.store import deletions, intents
from engine.store.tables import INTENT
from engine.vocabulary.outcome import TemporaryFailure
from tests.installations import Place
from tests.service.test_destroying import ScriptedCrm

RULE = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if: [{field: category, is: Prospect}]
    then: [{schedule_deletion: {purposes: all, grace: 1 day}}]
    stop_if_more_than: {contacts: 25, percent: 100}
  - rule: tasks
    stage: live
    if: [{field: category, is: Customer}]
    then:
      - create_task: {for: dpo, title: Call}
      - notify: {to: dpo, using: hello}
messages:
  hello: {subject: Hello, body: hello}
"""
SETTINGS = Settings.of({"people": {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}})
DELETED, REFUSED = Reported("deleted"), Reported("refused", "Canary owes 5 kr")


def place_of(folder: Path, *answers: Answered | Exception) -> Place:
    """Return a place whose order the CRM has just answered."""
    place = Place(folder, RULE, SETTINGS, crm=ScriptedCrm(*answers))
    place.take({"id": "ghost", "category": "Prospect"})
    place.live()
    place.clock.move(timedelta(days=1))
    place.act()
    return place


def told(place: Place, key: str, reported: Reported) -> str:
    """Report a result; return the code with which it was not taken, or an empty text."""
    try:
        take_result(place.scene(), key, reported, place.installation.moment())
    except NotTaken as error:
        return error.code
    return ""


def errors(logs: list[EventDict]) -> list[str]:
    """Return which errors were logged."""
    return [str(one["event"]) for one in logs if one["log_level"] == "error"]


@pytest.mark.parametrize("before", [Answered("accepted"), TemporaryFailure("time-out")])
def test_r5_a_result_moves_a_deletion_on_once_and_the_same_again_changes_nothing(
    tmp_path: Path, before: Answered | Exception, logs: list[EventDict]
) -> None:
    """Reported twice it is confirmed once; another result is refused and told."""
    place = place_of(tmp_path, before)
    assert place.deletions()["ghost"][0] == "ordered"
    assert (told(place, "deletion-1", DELETED), told(place, "deletion-1", DELETED)) == ("", "")
    assert place.deletions()["ghost"][0] == "in_recycle_bin"
    assert errors(logs) == []
    assert told(place, "deletion-1", REFUSED) == CONTRADICTION
    assert place.deletions()["ghost"][0] == "in_recycle_bin"
    assert errors(logs) == [ordering.CONTRADICTED]
    place.clock.move(timedelta(days=15))
    place.act()

    assert place.deletions() == {None: ("erased", None)}
    assert told(place, "deletion-1", DELETED) == ""


def test_r5_a_refusal_after_an_acceptance_ends_it_with_its_reason_which_no_log_holds(
    tmp_path: Path, logs: list[EventDict]
) -> None:
    """The CRM may look closer and refuse; then it cannot have deleted."""
    place = place_of(tmp_path, Answered("accepted"))
    assert (told(place, "deletion-1", REFUSED), told(place, "deletion-1", REFUSED)) == ("", "")
    assert place.deletions()["ghost"] == ("refused", "Canary owes 5 kr")
    assert (told(place, "deletion-1", DELETED), place.key_of("ghost") > 0) == (CONTRADICTION, True)

    assert [one for one in logs if "Canary" in str(one)] == []


@pytest.mark.parametrize(
    "key", ["deletion-2", "deletion-1-1", "deletion-1-2", "deletion-01", "deletion-1 ", "deletion--1", "x", "intent-9"]
)
def test_an_order_that_nobody_sent_is_unknown(tmp_path: Path, key: str) -> None:
    """Keys are taken as they were sent, letter for letter."""
    place = place_of(tmp_path, Answered("accepted"))

    assert told(place, key, Reported("refused")) == UNKNOWN
    assert place.deletions()["ghost"] == ("ordered", "ACCEPTED")


def test_an_order_that_was_written_and_never_went_out_is_unknown(tmp_path: Path) -> None:
    """Nobody can know its result."""
    place = place_of(tmp_path, TemporaryFailure("time-out"))
    with place.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE deletion SET attempts = 0")

    assert told(place, "deletion-1", DELETED) == UNKNOWN


def test_r5_the_result_of_a_void_order_is_not_that_of_the_next(tmp_path: Path, logs: list[EventDict]) -> None:
    """It is told to operators, and the newer order is followed on its own."""
    place = place_of(tmp_path, Answered("accepted"))
    with place.store.database.writing() as connection:
        one = deletions.read(connection, place.store.tables)[0]
        deletions.move(
            connection,
            one,
            "due",
            at=place.clock.now(),
            reason="VOID",
            orders=1,
            attempts=0,
            next_at=None,
            expires_at=None,
        )
    assert told(place, "deletion-1", DELETED) == VOID
    place.crm = ScriptedCrm(Answered("accepted"))
    place.act()
    assert place.deletions()["ghost"] == ("ordered", "ACCEPTED")
    assert (told(place, "deletion-1", DELETED), place.deletions()["ghost"][0]) == (VOID, "ordered")
    assert errors(logs) == ["result of a void order"] * 2
    assert (told(place, "deletion-1-2", DELETED), place.deletions()["ghost"][0]) == ("", "in_recycle_bin")


def test_r5_an_answer_that_contradicts_a_result_reported_meanwhile_is_told(
    tmp_path: Path, logs: list[EventDict]
) -> None:
    """The first result holds: while the order is answered with 200, a refusal has been reported."""
    place = Place(tmp_path, RULE, SETTINGS)

    class Hasty(ScriptedCrm):
        """A CRM that reports a refusal before it answers that it has deleted."""

        def order(self, order: Any, now: Any) -> Answered:
            """Report the one, answer the other."""
            assert told(place, order.key, REFUSED) == ""
            return super().order(order, now)

    place.crm = Hasty()
    place.take({"id": "ghost", "category": "Prospect"})
    place.live()
    place.clock.move(timedelta(days=1))
    place.act()

    assert place.deletions()["ghost"] == ("refused", "Canary owes 5 kr")
    assert errors(logs) == [ordering.CONTRADICTED]


@pytest.mark.parametrize(("first", "code"), [(DELETED, ""), (REFUSED, CONTRADICTION)])
def test_r5_of_two_reports_at_once_the_first_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: Reported, code: str
) -> None:
    """The second finds the order open, and done when it writes: it is answered by what is known then."""
    place = place_of(tmp_path, Answered("accepted"))

    def overtaken(*given: Any) -> str:
        monkeypatch.undo()
        assert told(place, "deletion-1", first) == ""
        return ordering.confirm(*given)

    monkeypatch.setattr(results, "confirm", overtaken)

    assert told(place, "deletion-1", DELETED) == code
    assert place.deletions()["ghost"][0] == ("refused" if code else "in_recycle_bin")


def test_a_deletion_that_was_given_up_stays_with_the_person_who_looks(tmp_path: Path, logs: list[EventDict]) -> None:
    """A result that comes too late is told, not taken."""
    place = place_of(tmp_path, TemporaryFailure("time-out"))
    with place.store.database.writing() as connection:
        deletions.move(connection, deletions.read(connection, place.store.tables)[0], "failed", at=place.clock.now())

    assert told(place, "deletion-1", DELETED) == CONTRADICTION
    assert errors(logs) == [ordering.CONTRADICTED]


def asked_for(folder: Path) -> tuple[Place, dict[str, str]]:
    """Return a place with a task and a letter that have gone out, and their keys by kind."""
    place = Place(folder, RULE, SETTINGS)
    place.take({"id": "kim", "category": "Customer"})
    place.run()
    with place.store.database.writing() as connection:
        rows = connection.execute(select(INTENT.c.key, INTENT.c.call)).all()
        connection.execute(INTENT.update().values(state=intents.DONE, attempts=1))
    return place, {["task", "letter"][row.call]: f"intent-{row.key}" for row in rows}


def outcome(place: Place, key: str) -> tuple[str, str | None]:
    """Return state and reason of an intent."""
    with place.store.database.reading() as connection:
        rows = select(INTENT.c.state, INTENT.c.reason).where(INTENT.c.key == int(key.removeprefix("intent-")))
        found = connection.execute(rows).one()
    return found.state, found.reason


def test_a_task_that_was_refused_later_is_parked_with_the_words_of_the_crm(tmp_path: Path) -> None:
    """Operators see it, and can let it begin anew; reported twice it changes nothing, otherwise it is refused."""
    place, keys = asked_for(tmp_path)
    task = keys["task"]
    assert (told(place, task, Reported("refused", "no such person")), told(place, task, Reported("refused"))) == (
        "",
        "",
    )
    assert outcome(place, task) == ("parked", "REPORTED_REFUSED: no such person")
    assert told(place, task, Reported("done")) == CONTRADICTION
    with place.store.database.writing() as connection:
        assert intents.replay(connection, int(task.removeprefix("intent-")), place.clock.now())
    assert told(place, task, Reported("done")) == ""

    assert outcome(place, task) == ("done", "REPORTED_DONE")


def test_a_result_that_is_reported_before_the_call_is_answered_holds(tmp_path: Path) -> None:
    """What is written of the attempt afterwards does not undo it."""
    place, keys = asked_for(tmp_path)
    with place.store.database.writing() as connection:
        connection.execute(INTENT.update().values(state=intents.PENDING, attempts=0))
        pending = next(one for one in intents.due(connection, place.clock.now()) if one.call == 0)
    assert told(place, keys["task"], Reported("refused")) == ""
    with place.store.database.writing() as connection:
        intents.settle(connection, pending, (intents.DONE, ""), (), place.clock.now())

    assert outcome(place, keys["task"]) == ("parked", "REPORTED_REFUSED")


def test_of_a_letter_nobody_reports(tmp_path: Path) -> None:
    """Only what was asked of the CRM or a webhook has a result."""
    place, keys = asked_for(tmp_path)

    assert told(place, keys["letter"], Reported("done")) == UNKNOWN


@pytest.mark.parametrize(
    ("key", "raw", "pointer"),
    [
        ("deletion-1", [], ""),
        ("deletion-1", {}, "/result"),
        ("deletion-1", {"result": "done"}, "/result"),
        ("deletion-1", {"result": ["deleted"]}, "/result"),
        ("deletion-1", {"result": "refused", "reason": 5}, "/reason"),
        ("intent-1", {"result": "deleted"}, "/result"),
    ],
)
def test_a_report_that_cannot_be_read_is_told_by_its_place(key: str, raw: Any, pointer: str) -> None:
    """Which member is at fault, and what was expected."""
    with pytest.raises(Refused) as caught:
        read_report(raw, key)

    assert [one.pointer for one in caught.value.refusals] == [pointer]


def test_a_reason_is_one_line_of_bounded_length() -> None:
    """Somebody else's words steer no terminal and fill no screen."""
    assert read_report({"result": "refused", "reason": "a\x1b[2J\nb" + "x" * 999}, "deletion-1").reason[:7] == "a [2J b"
    assert len(read_report({"result": "refused", "reason": "x" * 999}, "deletion-1").reason) == 200
