"""Feeding: how fresh and how much what deletion rules read is, and a person's word that a change of it is right."""

from typing import Any

from engine.language.rule import Rulebook
from engine.service.doubts import CLOCK_NAME, Ground, accept, doubts, present
from engine.service.naming import NOT_THERE, Declined
from engine.service.recording import ANYBODY, record
from engine.store import baselines
from engine.store.chain import Act

COLUMNS = ("feed", "present", "before", "counted_at", "doubt")
LESS, STALE, OFF = "much less than before", "nothing new", "jumped"
DOUBTS = (LESS, STALE, OFF)


def listed(ground: Ground, rulebook: Rulebook) -> list[dict[str, Any]]:
    """Return what deletion rules read: how much there is, how much there was, and what is doubtful; the clock last."""
    moment = ground.installation.moment()
    rules = [rule for rule in rulebook.rules.values() if rule.deletes]
    with ground.store.database.reading() as connection:
        levels, known = present(ground, connection, rules), baselines.read(connection)
        found = doubts(ground, connection, rules, moment)
    rows: list[dict[str, Any]] = [
        {
            "feed": name,
            "present": value,
            "before": known[name].value if name in known else None,
            "counted_at": known[name].taken_at if name in known else None,
            "doubt": LESS if name in found.fallen else STALE if name in found.stale else None,
        }
        for name, value in sorted(levels.items())
    ]
    clock: dict[str, Any] = dict.fromkeys(COLUMNS) | {"feed": CLOCK_NAME}
    return [*rows, clock | {"doubt": OFF if found.is_clock_off else None}]


def accept_feed(ground: Ground, rulebook: Rulebook, feed: str, by: str = "") -> None:
    """Take a feed, or the clock, as it is now, and record who said so. Raises Declined where no rule reads it."""
    with ground.store.database.writing() as connection:
        if not accept(ground, connection, rulebook, feed):
            raise Declined(NOT_THERE, f"no deletion rule reads `{feed}`: `ansgar feeds` lists what they read")
        act = Act(by or ANYBODY, "feed.accepted", details={"feed": feed})
        record(ground.installation, connection, act, ground.installation.clock.now())
