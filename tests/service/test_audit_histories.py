"""The audit over histories: whatever was written, judged when it happened and run, what was stored by right never differs."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.service.auditing import read_evidence
from engine.service.holiday_calendar import workdays_of
from engine.service.watching import look_at_unseen
from engine.vocabulary.calendar import Moment
from tests.installations import DECIDER, scene_of
from tests.store.test_delta import (
    AWAKE,
    BOTH,
    MEMBERS,
    SIMPLE,
    SMALL,
    ZONES,
    _do,
    _empty,
    _rulebook,
    _run,
    steps,
)
from tests.stores import STORES
from tests.strategies import conditions, moments

EXAMPLES = 40
HAPPENS = st.sampled_from(("run", "run", "look", "nothing"))
NOW = datetime.fromisoformat("2024-01-31T00:00:00+00:00")
# A change that is judged when it happens, of a rule that reads one which then moves.
JUDGED: list[Any] = [
    ([{"contact": 1, "as": {}}], timedelta(), BOTH, "run"),
    ([{"contact": 1, "as": {"category": "Lead"}}], timedelta(days=1), BOTH, "look"),
    ([], timedelta(days=400), BOTH, "nothing"),
]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    criteria=st.one_of(conditions, conditions, st.sampled_from(MEMBERS)),
    source=st.one_of(conditions.filter(lambda found: "source" not in str(found)), st.sampled_from(SIMPLE)),
    lasting=st.sampled_from((None, None, "1 day", "1 month", "2 working days")),
    begin=moments,
    history=st.lists(st.tuples(st.lists(steps, max_size=3), SMALL, AWAKE, HAPPENS), min_size=2, max_size=6),
    zone=st.sampled_from(sorted(ZONES)),
)
@example(criteria=MEMBERS[0], source=SIMPLE[0], lasting=None, begin=NOW, history=JUDGED, zone="America/Havana")
def test_what_was_stored_by_right_never_differs(
    criteria: list[Any],
    source: list[Any],
    lasting: str | None,
    begin: datetime,
    history: list[tuple[list[dict[str, Any]], timedelta, frozenset[str], str]],
    zone: str,
) -> None:
    """After every step of a history of writes, clocks, runs and changes that were judged at once, nothing differs."""
    store, workdays = STORES.kept(ZONES[zone], __name__), workdays_of("SE")
    rulebook = _rulebook(criteria, source, (lasting, "selects"), zone)
    DECIDER.load(rulebook)
    scene, now = scene_of(store, rulebook), begin
    with store.database.writing() as connection:
        _empty(connection, store, rulebook)
        for done, passes, awake, happens in history:
            for step in done:
                now = _do(connection, store, step, now)
            now += passes
            moment = Moment(now, ZONES[zone], workdays)
            if happens == "run":
                _run(connection, store, rulebook, moment, awake, is_full=False)
            elif happens == "look":
                look_at_unseen(scene, connection, moment)
            evidence = read_evidence(scene.installation, store, rulebook, connection)
            later = replace(moment, now=moment.now + timedelta(days=3))
            assert [one for found in evidence.findings(later) for one in found.differences()] == []


pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
