"""The worker process that durable-rules runs in, and `Matcher`, which the service asks and which keeps it alive.

A defect of durable-rules is a segmentation fault or an endless loop, neither of which Python can catch; so it gets a
process of its own. One request is one line of JSON, its answer another; what crosses is numbers for rules and the
letters 1, 0 and ? for leaves, never a name, a value or a contact. A worker that dies or does not answer in time costs
the event one retry with a new one; if that dies too, the event is quarantined and Python decides. A worker whose parent
is gone reads the end of its input and leaves. Another kind of request replays events as numbers (`replay.py`).
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from threading import Lock
from time import monotonic
from typing import Any

from engine.evaluate.matcher import AVAILABLE, DecisionNetwork, Leaves, MatcherError
from engine.evaluate.network import Node, decide, facts, flattened, read, sharded, written
from engine.evaluate.replay import Mark, Replay

# -P: a file beside the installation that is called like a module of Python must not become one.
COMMAND = (sys.executable, "-P", "-m", "engine.evaluate.matcher_worker")
LONGEST_S = 60.0  # after which a worker ends itself, even inside the engine: its parent may have died before it could
START_LIMIT_S = 30.0  # for starting and loading, which a busy machine may slow down
LETTERS: Mapping[bool | None, str] = {True: "1", False: "0", None: "?"}
VALUES: Mapping[str, bool | None] = {letter: value for value, letter in LETTERS.items()}


class Quarantined(MatcherError):
    """The engine crashed or hung twice on one event, which is never given to it again: Python decides."""

    def __init__(self, event_id: str, reason: str = "") -> None:
        super().__init__(f"durable-rules failed twice on event {event_id}: {reason}")
        self.event_id = event_id


class WorkerDied(Exception):
    """The worker process could not be started, ended in the middle of a request, or is of no more use."""


def serve(lines: Iterable[bytes], write: Callable[[bytes], object], longest: float = LONGEST_S) -> None:
    """Answer each request until there are none; this is all that runs in the worker."""
    network, replay = DecisionNetwork(), Replay()
    for line in lines:
        signal.setitimer(signal.ITIMER_REAL, longest)
        write(json.dumps(_answer(network, replay, json.loads(line))).encode() + b"\n")
        signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(network: DecisionNetwork, replay: Replay, request: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"request": request["request"]}
    try:
        if "load" in request:
            network.load({f"r{number}": read(raw) for number, raw in enumerate(request["load"])})
            return answer
        if "replay" in request:
            return answer | {"matches": replay.matches([Mark(*numbers) for numbers in request["replay"]])}
        leaves = {name: tuple(map(VALUES.__getitem__, letters)) for name, letters in request["verdicts"].items()}
        return answer | {"verdicts": network.verdicts(leaves)}
    except MatcherError as problem:
        return answer | {"failed": str(problem)}


class Worker:
    """A running worker process and the two pipes to it."""

    def __init__(self, command: Sequence[str]) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, or a test's
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
            )
        except OSError as problem:
            raise WorkerDied(f"it could not be started: {problem}") from problem
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("pipes were asked for")
        self._input, self._output = self._process.stdin, self._process.stdout
        os.set_blocking(self._input.fileno(), False)  # a worker that does not read must not hold up a writer

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self._process.poll() is None

    def exchange(self, line: bytes, seconds: float) -> bytes:
        """Send a line and return the line that answers it, or raise WorkerDied; then the worker is of no more use."""
        until = monotonic() + seconds
        try:
            while line:
                self._wait(self._input.fileno(), select.POLLOUT, until)
                line = line[os.write(self._input.fileno(), line) :]
            answer = bytearray()
            while not answer.endswith(b"\n"):
                self._wait(self._output.fileno(), select.POLLIN, until)
                answer += os.read(self._output.fileno(), 1 << 16) or self._ended()
        except OSError as problem:
            raise WorkerDied(str(problem)) from problem
        return bytes(answer)

    def stop(self) -> None:
        """End the process at once; it holds nothing that is worth a farewell."""
        self._process.kill()
        self._process.wait()
        self._input.close()
        self._output.close()

    def _wait(self, descriptor: int, what: int, until: float) -> None:
        poll = select.poll()
        poll.register(descriptor, what)
        if not poll.poll(max(0.0, until - monotonic()) * 1000):
            raise WorkerDied("no answer in time")

    def _ended(self) -> bytes:
        raise WorkerDied(f"the process ended ({self._process.wait()})")


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The rules of one load: what the worker holds under numbers, and what Python keeps to itself."""

    version: str | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, Node] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)
    too_large: frozenset[str] = frozenset()

    @classmethod
    def of(cls, version: str, rules: Mapping[str, Node]) -> "_Loaded":
        networks = {name: flattened(node) for name, node in rules.items()}
        too_large = sharded(networks).too_large
        ours = [name for name in networks if name not in too_large]
        numbers = {name: f"r{number}" for number, name in enumerate(ours)}
        lengths = {name: max(facts(node)) + 1 for name, node in networks.items()}
        return cls(version, numbers, networks, lengths, too_large)

    def request(self) -> dict[str, Any]:
        return {"load": [written(self.networks[name]) for name in self.numbers]}

    def encoded(self, name: str, leaves: Leaves) -> str:
        """Return the leaves of a rule as letters; anything but True, False and None is refused."""
        if name not in self.networks:
            raise ValueError(f"rule `{name}` is not loaded")
        if len(leaves) < self.lengths[name]:
            raise ValueError(f"rule `{name}` has {self.lengths[name]} leaves and was given {len(leaves)}")
        if not all(value is None or isinstance(value, bool) for value in leaves):
            raise TypeError(f"a leaf of rule `{name}` is neither True, False nor None")
        return "".join(map(LETTERS.__getitem__, leaves))


class Matcher:
    """Verdicts of durable-rules for whoever asks, from any thread, with a worker that is started when one is needed."""

    def __init__(self, limit: float = 5.0, command: Sequence[str] = COMMAND) -> None:
        self._limit = limit
        self._command = command
        self._lock = Lock()
        self._worker: Worker | None = None
        self._loaded = _Loaded()
        self._requests = 0

    @property
    def version(self) -> str | None:
        """The version that was loaded last."""
        return self._loaded.version

    @property
    def left_to_python(self) -> frozenset[str]:
        """The rules that are beyond the engine's limits, so that only Python and SQL decide them."""
        return self._loaded.too_large

    def load(self, version: str, rules: Mapping[str, Node]) -> None:
        """Replace the rules: all of them or, with a MatcherError, none. The version is a label; equal rules stay."""
        if not AVAILABLE:
            raise MatcherError("durable-rules does not run on this Python; it needs one before 3.13")
        with self._lock:
            loading = _Loaded.of(version, rules)
            if loading.networks == self._loaded.networks:
                self._loaded = replace(self._loaded, version=version)  # the worker knows these rules by its numbers
                return
            if loading.numbers:
                try:
                    self._persistently(lambda: self._ask(loading.request(), START_LIMIT_S, loading))
                except WorkerDied as problem:
                    raise MatcherError(f"durable-rules crashed on loading version {version}: {problem}") from problem
            self._loaded = loading

    def verdicts(self, event_id: str, leaves: Mapping[str, Leaves]) -> Mapping[str, bool | None]:
        """Return the verdict of each rule that leaves are given for: True, False, or None for unknown."""
        with self._lock:
            loaded = self._loaded
            letters = {name: loaded.encoded(name, values) for name, values in leaves.items()}
            asked = {loaded.numbers[name]: letters[name] for name in leaves if name in loaded.numbers}
            answers: Mapping[str, bool | None] = {}
            if asked:
                try:
                    answers = self._persistently(lambda: self._ask({"verdicts": asked}, self._limit, loaded))[
                        "verdicts"
                    ]
                except WorkerDied as problem:
                    raise Quarantined(event_id, str(problem)) from problem
        return {
            name: answers[loaded.numbers[name]]
            if name in loaded.numbers
            else decide(loaded.networks[name], leaves[name])
            for name in leaves
        }

    def replayed(self, event_id: str, marked: Sequence[Mark]) -> bool:
        """Return whether the events of one contact, as marks, satisfy a pattern."""
        request = {"replay": [astuple(one) for one in marked]}
        with self._lock:
            try:
                answer = self._persistently(lambda: self._ask(request, self._limit, self._loaded))
            except WorkerDied as problem:
                raise Quarantined(event_id, str(problem)) from problem
        return bool(answer["matches"])

    def close(self) -> None:
        """End the worker; another request would start a new one."""
        with self._lock:
            self._stop()

    def _persistently(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Ask, and once more if the worker dies of it."""
        try:
            return self._fatally(ask)
        except WorkerDied:
            return self._fatally(ask)

    def _fatally(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return ask()
        except WorkerDied:
            self._stop()
            raise

    def _ask(self, request: dict[str, Any], seconds: float, loaded: _Loaded) -> dict[str, Any]:
        """Send a request to a worker that holds the rules; one that reports a failure is not trusted again."""
        if self._worker is not None and not self._worker.alive:
            self._stop()  # it died of nothing that this event did
        if self._worker is None:
            self._worker = Worker(self._command)
            if "load" not in request:
                self._ask(loaded.request(), START_LIMIT_S, loaded)
        self._requests += 1
        line = json.dumps(request | {"request": self._requests}).encode() + b"\n"
        try:
            answer: dict[str, Any] = json.loads(self._worker.exchange(line, seconds))
        except ValueError as problem:
            raise WorkerDied("its answer is no JSON") from problem
        if answer["request"] != self._requests or "failed" in answer:
            self._stop()
            raise MatcherError(answer.get("failed", "the worker answered another request"))
        return answer

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.stop()
        self._worker = None


def main() -> None:
    """Run the worker on its standard input and output."""
    for number in (signal.SIGINT, signal.SIGTERM):  # both reach the whole group; the end of input is what ends us
        signal.signal(number, signal.SIG_IGN)
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what the engine might print must not pass for an answer
    serve(sys.stdin.buffer, lambda line: os.write(answers, line))


if __name__ == "__main__":
    main()
