"""The supervised worker: right answers whatever happens to the process, and nothing but letters crossing to it."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluate.matcher import AVAILABLE, MatcherError
from engine.evaluate.matcher_worker import COMMAND, Matcher, Quarantined, Worker
from engine.evaluate.network import AllOf, AnyOf, Fact, Node, decide

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="durable-rules does not run on this Python")

LEAVES = 5
RULES: Mapping[str, Node] = {
    "lapsed leads": AllOf((Fact(0), Fact(1))),
    "no consent": AnyOf((Fact(0), AllOf((Fact(1), Fact(2))))),
}
LARGE = AnyOf(tuple(map(Fact, range(100))))
# The real worker, that strikes itself at the request for verdicts after the first few: argv is how many it answers,
# when it strikes, and the signal; signal 0 leaves a message in the engine instead.
STRIKING = """
import os, sys
import durable_rules_engine as dre
from engine.evaluate.matcher_worker import serve

left, when, number = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def strike(line, now):
    global left
    if now == when and b'"verdicts"' in line:
        left -= 1
        if left < 0 and number:
            os.kill(os.getpid(), number)
        elif left < 0:
            dre.assert_fact(1, '{"sid":"0","id":"f","k":1,"f0":1,"f1":1}')

def lines():
    for line in sys.stdin.buffer:
        strike(line, "reading")
        yield line

def write(line):
    strike(line, "answering")
    os.write(1, line)
    strike(line, "idle")

serve(lines(), write)
"""
# The real worker, that writes what it is sent to the file in argv.
RECORDING = """
import os, sys
from engine.evaluate.matcher_worker import serve

record = open(sys.argv[1], "ab", buffering=0)
serve((line for line in sys.stdin.buffer if record.write(line)), lambda line: os.write(1, line))
"""
# A parent that dies without a word once its worker runs, whose number it prints.
DYING = """
import os, signal
from engine.evaluate.matcher_worker import COMMAND, Worker

worker = Worker(COMMAND)
worker.exchange(b'{"request": 1, "load": [0]}\\n', 30)
print(worker.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def groups(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Give groups of one to three parts."""
    some = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return some.map(AllOf) | some.map(AnyOf)


nodes = st.recursive(st.integers(0, LEAVES - 1).map(Fact), groups, max_leaves=40)
readings = st.lists(st.sampled_from((True, False, None)), min_size=LEAVES, max_size=LEAVES)


@pytest.fixture
def matcher() -> Iterator[Matcher]:
    """Give a matcher with the two rules."""
    made = Matcher()
    made.load("1", RULES)
    yield made
    made.close()


@pytest.fixture(scope="module")
def lasting() -> Iterator[Matcher]:
    """Give a matcher that a whole property test loads again and again."""
    made = Matcher()
    yield made
    made.close()


def striking(answers: int, when: str, number: int, limit: float = 5.0) -> Matcher:
    """Return a matcher with the two rules whose workers strike themselves."""
    matcher = Matcher(limit, [sys.executable, "-c", STRIKING, str(answers), when, str(int(number))])
    matcher.load("1", RULES)
    return matcher


def case(number: int) -> dict[str, Sequence[bool | None]]:
    """Return leaves that differ from event to event, unknown ones included."""
    values = [(True, False, None)[(number // 3**place) % 3] for place in range(3)]
    return {"lapsed leads": values[:2], "no consent": values}


def decided(leaves: Mapping[str, Sequence[bool | None]]) -> dict[str, bool | None]:
    """Return what Python says of the two rules."""
    return {name: decide(RULES[name], values) for name, values in leaves.items()}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(nodes, readings), min_size=1, max_size=10))
def test_the_worker_decides_as_python_does(lasting: Matcher, drawn: list[tuple[Node, list[bool | None]]]) -> None:
    """Random rules, also those too large for the engine, get Python's verdicts."""
    rules = {f"rule {number}": node for number, (node, _) in enumerate(drawn)}
    leaves = {f"rule {number}": values for number, (_, values) in enumerate(drawn)}
    lasting.load("drawn", rules)

    assert {name: decide(rules[name], leaves[name]) for name in rules} == lasting.verdicts("event", leaves)


@pytest.mark.parametrize("when", ["reading", "answering", "idle"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_worker_killed_in_the_middle_of_a_request_twenty_times_costs_no_answer(
    when: str, number: signal.Signals
) -> None:
    """Each worker dies before, during or after its second answer; every event still gets the right verdicts."""
    matcher = striking(1, when, number)

    for event in range(21):
        assert decided(case(event)) == matcher.verdicts(str(event), case(event))
    matcher.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP])
def test_two_crashes_or_hangs_on_one_event_quarantine_it(number: signal.Signals) -> None:
    """The event is named, so that the caller lets Python decide it; the next event is tried anew."""
    matcher = striking(0, "reading", number, limit=0.3)

    for event in ("7", "8"):
        with pytest.raises(Quarantined, match=f"failed twice on event {event}") as caught:
            matcher.verdicts(event, case(1))
        assert event == caught.value.event_id
    matcher.close()


@pytest.mark.parametrize("command", [[sys.executable, "-c", ""], [sys.executable, "-c", "print(1, 2)"], ["/nowhere"]])
def test_a_program_that_is_no_worker_loads_nothing(command: list[str]) -> None:
    """It ends at once, or does not speak JSON, or does not exist: the error says so, and no version is loaded."""
    matcher = Matcher(command=command)

    with pytest.raises(MatcherError, match="crashed on loading version 1"):
        matcher.load("1", RULES)
    assert matcher.version is None
    matcher.close()


def test_a_rule_too_large_for_the_engine_is_answered_by_python(matcher: Matcher) -> None:
    """It is reported, and its verdicts are right beside those of the others."""
    matcher.load("2", {**RULES, "large": LARGE})
    leaves: dict[str, Sequence[bool | None]] = {**case(5), "large": (False,) * 99 + (None,)}

    assert {"large"} == matcher.left_to_python
    assert {**decided(case(5)), "large": None} == matcher.verdicts("7", leaves)


def test_rules_that_are_all_too_large_need_no_worker() -> None:
    """Python answers without a process."""
    matcher = Matcher(command=["/nowhere"])
    matcher.load("1", {"large": LARGE})

    assert matcher.verdicts("7", {"large": (True,) * 100}) == {"large": True}
    matcher.close()


def test_loading_replaces_all_rules(matcher: Matcher) -> None:
    """Rules of before are gone, even under the same version: it is a label that nobody forgets to change."""
    matcher.load("1", {"other": Fact(0)})

    assert matcher.verdicts("7", {"other": (True,)}) == {"other": True}
    with pytest.raises(ValueError, match="`no consent` is not loaded"):
        matcher.verdicts("7", {"no consent": (True, True, True)})


def test_equal_rules_under_another_version_stay(matcher: Matcher) -> None:
    """The label changes and the answers do not, in whatever order the rules come."""
    matcher.load("2", dict(reversed(list(RULES.items()))))

    assert ("2", decided(case(5))) == (matcher.version, matcher.verdicts("7", case(5)))


def test_a_closed_matcher_starts_a_worker_with_its_rules(matcher: Matcher) -> None:
    """Closing ends the process and forgets no rules."""
    matcher.close()

    assert decided(case(4)) == matcher.verdicts("7", case(4))


def test_threads_share_one_worker(matcher: Matcher) -> None:
    """Verdicts asked from four threads at once are each its own."""
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda event: matcher.verdicts(str(event), case(event)), range(200)))

    assert [decided(case(event)) for event in range(200)] == answers


@pytest.mark.parametrize("leaf", ["", "Lead", 1, 0.0, float("nan"), b"x"])
def test_nothing_but_truth_values_crosses(matcher: Matcher, leaf: Any) -> None:
    """Text, numbers and NaN, which the engine compares wrongly, are refused before they reach it."""
    with pytest.raises(TypeError, match="neither True, False nor None"):
        matcher.verdicts("7", {"lapsed leads": (True, leaf)})


def test_too_few_leaves_are_refused(matcher: Matcher) -> None:
    """A rule is never decided on fewer leaves than it names."""
    with pytest.raises(ValueError, match="has 3 leaves and was given 2"):
        matcher.verdicts("7", {"no consent": (True, True)})


def test_no_name_no_version_and_no_event_crosses_to_the_worker(tmp_path: Path) -> None:
    """The worker is sent numbers for rules and three letters for leaves, and nothing else."""
    matcher = Matcher(command=[sys.executable, "-c", RECORDING, str(tmp_path / "sent")])
    matcher.load("1", RULES)
    matcher.verdicts("anna@example.com", case(5))
    matcher.close()

    assert [json.loads(line) for line in (tmp_path / "sent").read_text().splitlines()] == [
        {"load": [{"all": [0, 1]}, {"any": [0, {"all": [1, 2]}]}], "request": 1},
        {"verdicts": {"r0": "?0", "r1": "?01"}, "request": 2},
    ]


def test_a_worker_whose_engine_failed_is_replaced() -> None:
    """The event on which the engine answered oddly is Python's; the next one has a worker without history."""
    matcher = striking(1, "reading", 0)

    assert decided(case(0)) == matcher.verdicts("0", case(0))
    with pytest.raises(MatcherError, match="answered 2"):
        matcher.verdicts("1", case(0))
    assert decided(case(2)) == matcher.verdicts("2", case(2))
    matcher.close()


def test_a_worker_leaves_at_the_end_of_its_input() -> None:
    """That is what it sees when its parent is gone."""
    done = subprocess.run(COMMAND, input=b'{"request": 1, "load": [0]}\n', capture_output=True, check=False)

    assert (done.returncode, json.loads(done.stdout)) == (0, {"request": 1})


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells of the end of somebody else's process")
def test_a_worker_does_not_outlive_a_parent_that_was_killed() -> None:
    """The operating system closes the pipe of a dead parent, and the worker ends."""
    pid = int(subprocess.run([sys.executable, "-c", DYING], capture_output=True, check=False).stdout)
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    ended = poll.poll(20_000)
    os.close(descriptor)

    assert ended != []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_does_not_end_the_worker(number: signal.Signals) -> None:
    """Interrupting the service must not take the worker from under the event that is being finished."""
    worker = Worker(COMMAND)
    worker.exchange(b'{"request": 1, "load": [0]}\n', 30)
    os.kill(worker.pid, number)

    assert json.loads(worker.exchange(b'{"request": 2, "verdicts": {"r0": "1"}}\n', 30)) == {
        "request": 2,
        "verdicts": {"r0": True},
    }
    worker.stop()


def test_a_worker_that_spins_ends_itself() -> None:
    """An endless loop that no parent is left to stop does not last."""
    script = "import sys\nfrom engine.evaluate.matcher_worker import serve\n\ndef spin(line):\n    while True: pass\n\n"
    command = [sys.executable, "-c", script + "serve(sys.stdin.buffer, spin, longest=0.1)"]

    assert subprocess.run(command, input=b'{"request": 1, "load": []}\n', check=False).returncode == -signal.SIGALRM
