"""The running service: what a change of `check` alone does, and that event patterns hold before the first request."""

from pathlib import Path

from engine.model.shipped import SHIPPED_MODEL
from engine.service.config import Settings
from engine.service.installation import Installation
from engine.service.serving import Service, open_service
from engine.store import registry
from engine.vocabulary.clock import MovingClock
from tests.installations import NOON

RULE = "rules: [{rule: a, stage: live, check: {%s}, if: [{field: country, is: NO}], then: []}]"
FLAGGED = "when_event: {event: restrict_processing.changed, to: true}"


def service_of(folder: Path, check: str) -> Service:
    """Return the service of an installation with one rule, opened and not started."""
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "rules.yaml").write_text(RULE % check)
    installation = Installation(Settings(), folder, SHIPPED_MODEL, MovingClock(NOON))
    return open_service(installation)


def test_what_a_rule_waits_for_takes_effect_when_its_file_changes(tmp_path: Path) -> None:
    """An edit of `check` changes no meaning and no version, and is taken in all the same."""
    service = service_of(tmp_path, "every: day")
    before = service.scene.rulebook
    (tmp_path / "rules" / "rules.yaml").write_text(RULE % FLAGGED)
    service.reload()

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
