"""The replay: durable-rules joins what happened as the Python meaning does, and keeps nothing of it."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluate.decision import Decider, Decision
from engine.evaluate.event_matching import satisfied
from engine.evaluate.matcher import MatcherError
from engine.evaluate.matcher_worker import Matcher
from engine.evaluate.replay import (
    ALONE,
    ANSWER,
    ASKED,
    EARLIER,
    LATER,
    MOST_MARKS,
    NOW,
    RULES,
    Mark,
    Replay,
    marks,
)
from engine.language.event_pattern import EventKind, FieldChange
from engine.model.past_event import PastEvent
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth
from tests.event_strategies import Situation, situations
from tests.installations import NOON
from tests.rulebooks import STOCKHOLM

dre = pytest.importorskip(
    "durable_rules_engine", reason="durable-rules does not run on this Python", exc_type=ImportError
)

EXAMPLES = 50_000 if os.environ.get("ANSGAR_SOAK") else 600
REPLAY = Replay()
# A worker that says yes to whatever it is asked.
CLAIMING = """
import json, sys
for line in sys.stdin:
    print(json.dumps({"request": json.loads(line)["request"], "matches": True}), flush=True)
"""


@settings(max_examples=EXAMPLES, deadline=None)
@given(situations())
def test_the_engine_says_what_the_pattern_means(situation: Situation) -> None:
    """For any pattern, events and moment, equal instants included, over one session that is never renewed."""
    pattern, events = situation.pattern, situation.events

    for moment in situation.moments:
        assert satisfied(pattern, events, moment) is REPLAY.matches(marks(pattern, events, moment))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from((EARLIER, LATER)), st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_joins_of_many_are_right(drawn: list[tuple[int, int, int]]) -> None:
    """Up to forty facts with any ranks, also such as no events would have."""
    facts = [Mark(*one) for one in drawn]
    earlier, later = ([one for one in facts if one.part == part] for part in (EARLIER, LATER))

    assert any(a.rank < b.rank <= a.until for a in earlier for b in later) is REPLAY.matches(facts)


@pytest.mark.parametrize(("until", "expected"), [(99, False), (0, True)])
def test_as_many_facts_as_there_can_be_are_joined(until: int, expected: bool) -> None:
    """Forty events that forty others excuse, or do not: within the 64 matches that the engine holds."""
    answers = [Mark(ANSWER, 50 + number) for number in range(40)]
    asked = [Mark(ASKED, number, until) for number in range(40)]

    assert expected is REPLAY.matches([*answers, *asked, Mark(NOW, 0)])
    assert REPLAY.matches([*(Mark(EARLIER, n, 99) for n in range(40)), *(Mark(LATER, 50 + n) for n in range(40))])


def test_more_are_refused_before_the_engine_sees_them() -> None:
    """Combinations grow with the square; nobody is to wait for them."""
    with pytest.raises(MatcherError, match="too many"):
        REPLAY.matches([Mark(ALONE, 0)] * (MOST_MARKS + 1))


def test_what_is_taken_back_excuses_until_the_last() -> None:
    """An answered request leaves no rule behind that would fire for the next contact."""
    answered = [Mark(ANSWER, 1), Mark(ASKED, 0, 5), Mark(NOW, 0)]

    assert not REPLAY.matches(answered)
    assert not REPLAY.matches([])
    assert not REPLAY.matches([Mark(ALONE, 0, met=0)])
    assert REPLAY.matches(answered[1:])


def conditions(node: Any) -> Iterator[list[Mapping[str, Any]]]:
    """Give every `$and` of a definition."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "$and":
                yield value
            yield from conditions(value)
    elif isinstance(node, list):
        for one in node:
            yield from conditions(one)


def test_every_pattern_keeps_the_contract_of_the_engine() -> None:
    """What is positive comes first, a reference is ended by one that is always true, and what is negated is never first."""
    for parts in conditions(RULES):
        refers = any('"rank": {' in json.dumps(part) for part in parts)
        assert parts[0] == {"k": 1}
        assert not refers or list(parts[-1]) == ["k"]
    firsts = [next(iter(rule["all"][0])) for rule in RULES.values()]
    assert [name for name in firsts if name.endswith("$not")] == []


@settings(max_examples=200, deadline=None)
@given(situations())
def test_only_small_numbers_cross_in_the_order_that_the_engine_needs(situation: Situation) -> None:
    """No name, instant or value; excuses come first and the present last: the engine misses one between neighbours."""
    found = marks(situation.pattern, situation.events, situation.moments[-1])

    assert sorted(one.part for one in found) == [one.part for one in found]
    for one in found:
        assert -1 <= min(one.rank, one.until) <= max(one.rank, one.until) < MOST_MARKS
        assert one.met in {0, 1}


def test_a_session_with_something_left_in_it_is_made_anew() -> None:
    """A fact that is still there costs one failure, and the next replay has a session without history."""
    replay = Replay()
    assert not replay.matches([])
    dre.assert_fact(replay.handle, '{"sid": "0", "id": "f0", "k": 1, "part": 1, "rank": 0, "until": 0, "met": 1}')

    with pytest.raises(MatcherError, match="answered 2"):
        replay.matches([Mark(ALONE, 0)])
    assert not replay.matches([Mark(ALONE, 0, met=0)])
    assert replay.matches([Mark(ALONE, 0)])


def decided(script: str, *, met: bool = False) -> Decision:
    """Return the decision about a change that was, or was not, made, with a worker of the given script."""
    decider = Decider(Matcher(command=[sys.executable, "-c", script]))
    pattern = FieldChange(EventKind("country.changed", "country"))
    events = (PastEvent("country.changed", NOON, 1, {}),) if met else ()
    decision = decider.satisfied(pattern, events, Moment(NOON, STOCKHOLM), "event-1")
    decider.close()
    return decision


def test_a_worker_is_asked_like_any_other() -> None:
    """The real worker, which has loaded no rule, replays events and agrees."""
    script = "from engine.evaluate.matcher_worker import main; main()"

    assert [Decision(Truth.FALSE), Decision(Truth.TRUE)] == [decided(script), decided(script, met=True)]


def test_disagreement_is_undecided_and_says_so() -> None:
    """Where Python and the engine differ nothing is decided."""
    decision = decided(CLAIMING)

    assert decision.truth is Truth.UNKNOWN
    assert decision.note.startswith("DISAGREEMENT")


def test_events_that_kill_two_workers_are_left_to_python() -> None:
    """The answer is Python's, with a note of what happened."""
    decision = decided("input()", met=True)

    assert decision.truth is Truth.TRUE
    assert "failed twice on event event-1" in decision.note
