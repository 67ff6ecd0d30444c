"""The running service: what an edit of rules does and when, and that no failure of a pass ends the loop."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from structlog.typing import EventDict

from engine.model.shipped import SHIPPED_MODEL
from engine.service.config import Settings
from engine.service.http.health import readyz
from engine.service.http.problems import HttpProblem
from engine.service.installation import Installation
from engine.service.serving import Service, open_service
from engine.store import changes, deletions, registry, tokens
from engine.store.database import Connection
from engine.vocabulary.clock import Clock, MovingClock
from tests.installations import NOON, Place

RULE = "rules: [{rule: a, stage: live, check: {%s}, if: [{field: country, is: NO}], then: []}]"
FLAGGED = "when_event: {event: restrict_processing.changed, to: true}"


@dataclass
class FailingClock:
    """A clock that cannot be read while it is broken, for a reason that holds a value."""

    is_broken: bool = False

    def now(self) -> datetime:
        """Return noon, or fail."""
        if self.is_broken:
            raise KeyError("anna@example.se")
        return NOON


def service_of(folder: Path, check: str = "every: day", clock: Clock | None = None) -> Service:
    """Return the service of an installation with one rule, opened and not started."""
    write_rules(folder, RULE % check)
    installation = Installation(Settings(), folder, SHIPPED_MODEL, clock or MovingClock(NOON))
    return open_service(installation)


def write_rules(folder: Path, text: str) -> None:
    """Write the rule file of an installation."""
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "rules.yaml").write_text(text)


def until(service: Service, wanted: Callable[[Service], bool]) -> bool:
    """Wake the loop until it is as wanted; False where it never is."""
    for _ in range(1_000):
        service.wake()
        if wanted(service):
            return True
        threading.Event().wait(0.01)  # the loop tells nobody when a pass has ended
    return False


def test_what_a_rule_waits_for_takes_effect_when_its_file_changes(tmp_path: Path) -> None:
    """An edit of `check` changes no meaning and no version, and is taken in all the same."""
    service = service_of(tmp_path, "every: day")
    before = service.scene.rulebook
    (tmp_path / "rules" / "rules.yaml").write_text(RULE % FLAGGED)
    service.reload()
    service.take_in()

    assert before.digest == service.scene.rulebook.digest
    assert service.scene.rulebook.rules["a"].check.pattern is not None
    service.scene.decider.close()


def test_fields_are_watched_before_the_first_request(tmp_path: Path) -> None:
    """When `start` returns, a write of state leaves the event that a pattern waits for."""
    service = service_of(tmp_path, FLAGGED)
    service.start()
    with service.store.database.reading() as connection:
        watched = registry.watched_fields(connection, "contact")
    service.stop()

    assert watched == {"restrict_processing"}


def test_the_tick_writes_when_tokens_were_used_and_no_other_pass_does(tmp_path: Path) -> None:
    """Two passes: one because somebody woke the loop, one because it is time, as it is at the start."""
    service = service_of(tmp_path)
    with service.store.database.writing() as connection:
        tokens.create(connection, "eva", ("read",), NOON)
    service.uses.note(1, NOON + timedelta(seconds=7))
    service.attempt()
    before = last_use(service)
    service.start()
    is_written = until(service, lambda one: last_use(one) == NOON)
    service.stop()

    assert (before, is_written) == (None, True)


def last_use(service: Service) -> object:
    """Return when the only token was used last, as it is stored."""
    with service.store.database.reading() as connection:
        return tokens.listing(connection)[0]["last_used_at"]


def test_r9_the_loop_outlives_a_failure_that_nobody_expected(tmp_path: Path, logs: list[EventDict]) -> None:
    """It says by kind and place what happened, is not ready meanwhile, and is well again after a good pass."""
    clock = FailingClock()
    service = service_of(tmp_path, clock=clock)
    service.start()
    clock.is_broken = True
    is_unwell = until(service, lambda one: bool(one.unwell))
    with pytest.raises(HttpProblem, match=r"KeyError at test_serving.py:\d+") as caught:
        readyz(service)
    clock.is_broken = False
    is_well_again = until(service, lambda one: not one.unwell)
    service.stop()

    assert (is_unwell, is_well_again, caught.value.status) == (True, True, 503)
    assert {one["event"] for one in logs if one["log_level"] == "error"} == {"pass failed"}
    assert "anna" not in f"{logs} {caught.value}"


def test_r8_a_pass_keeps_the_rulebook_that_it_began_with(tmp_path: Path) -> None:
    """What is read meanwhile, without the rule that is being decided, holds from the next pass on."""
    service = service_of(tmp_path)
    before = service.scene
    write_rules(tmp_path, (RULE % "every: day").replace("rule: a", "rule: b"))
    service.reload()
    during = service.scene
    service.attempt()

    assert during is before
    assert list(service.scene.rulebook.rules) == ["b"]
    service.scene.decider.close()


def test_an_edited_text_is_taken_in(tmp_path: Path) -> None:
    """A text is no part of a rule's version, and holds from the next pass on all the same."""
    text = (RULE % "every: day") + "\nmessages: {hello: {subject: %s, body: x}}"
    service = service_of(tmp_path)
    for subject in ("Hello", "Hej"):
        write_rules(tmp_path, text % subject)
        service.reload()
        service.take_in()

    assert "Hej" in str(service.scene.rulebook.messages["hello"].subject)
    service.scene.decider.close()


ERASE = """\
rules:
  - rule: erase
    stage: live
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    check: {every: day}
    if: [{field: country, is: NO}]
    then: [{schedule_deletion: {grace: 14 days}}]
    stop_if_more_than: {contacts: 5}
"""


def stored(service: Service) -> tuple[list[tuple[str, str | None]], int, dict[str, bool]]:
    """Return what a store holds: deletions, how many changes nobody has looked at, and which rules are known to run."""
    with service.store.database.reading() as connection:
        found = [(one.state, one.reason) for one in deletions.read(connection, service.store.tables)]
        return found, len(changes.unseen(connection, 10)[0]), rules_that_hold(connection)


def rules_that_hold(connection: Connection) -> dict[str, bool]:
    """Return every known rule, and whether it is part of the rulebook."""
    return {rule.id: rule.state == registry.ACTIVE for rule in registry.registered(connection).values()}


def test_r8_a_broken_rulebook_at_the_start_keeps_all_as_it_is(tmp_path: Path) -> None:
    """No rule is orphaned, no deletion cancelled and no change marked as seen, until the rulebook is mended."""
    place = Place(tmp_path, ERASE)
    place.take({"id": "a", "country": "NO"})
    place.run()
    write_rules(tmp_path, ERASE.replace("country", "kountry"))
    settings = Settings.of({"store": {"url": "sqlite:///store.db"}})
    service = open_service(Installation(settings, tmp_path, SHIPPED_MODEL, place.clock))
    before = stored(service)
    place.clock.move(timedelta(days=15))
    broken = readyz(service)
    service.attempt()
    during = stored(service)
    write_rules(tmp_path, ERASE)
    service.reload()
    service.attempt()
    after = stored(service)
    service.scene.decider.close()

    assert before == during == ([("scheduled", None)], 1, {"erase": True})
    assert (broken["rulebook"], "kountry" in str(broken["broken"])) == (None, True)
    assert after == ([("in_recycle_bin", None)], 0, {"erase": True})
