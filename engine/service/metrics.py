"""Metrics: what of the service is measured, under which name, and how, in the text format of Prometheus.

The one door to prometheus-client. Each service has a registry of its own. What happens is counted in this process when
it is told (`observer.py`); what stands and waits is read from the store when somebody asks, in one snapshot
(`gauges.py`). Labels are rules, verbs, states and routes: no label says anything of a person.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from actions.catalogue import ACTIONS
from actions.reminder import Reminder
from engine.service.gauges import Gauge, Gauges, Standing
from engine.store.runs import RuleRun
from engine.vocabulary.effect import Effect

CONTENT_TYPE = CONTENT_TYPE_LATEST
DONE, RULE_FAILED, STOPPED, FAILED = "done", "rule_failed", "stopped", "failed"
OUTWARD = (*(verb for verb, one in ACTIONS.items() if one.effect is not Effect.STATE), Reminder.verb)
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
OTHER = "other"
EVALUATION_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60)
RUN_SECONDS = (0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1_800)
REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30)
# What can be told from the start begins at 0, so that the first of each is seen as one more.
FROM_THE_START: dict[str, list[tuple[str, ...]]] = {
    "runs": [
        (trigger, how) for trigger in ("schedule", "change", "api") for how in (DONE, RULE_FAILED, STOPPED, FAILED)
    ],
    "effects": [(verb, state) for verb in OUTWARD for state in ("done", "withheld", "postponed", "parked", "failed")],
    "events": [("taken",), ("repeated",), ("refused",)],
    "rulebook_reloads": [("read",), ("broken",)],
    "passes": [(DONE,), (FAILED,), ("store_unavailable",)],
}


class Metrics:
    """What one service has been told since it was opened, and the reading of how it stands."""

    def __init__(self, standing: Callable[[], Standing]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Now(standing))
        self._evaluations = self._seconds(
            "rule_evaluation_duration", "Evaluation of a rule by SQL, by itself", ("rule",), EVALUATION_SECONDS
        )
        self._run_seconds = self._seconds("run_duration", "A run from beginning to end", ("mode",), RUN_SECONDS)
        self._runs = self._counter(
            "runs", "Runs; rule_failed: of a rule at least, failed: of all, undone", "trigger", "outcome"
        )
        self._effects = self._counter("effects", "Attempts at effects, by what came of them", "verb", "state")
        self._events = self._counter("events", "Events that the CRM sent", "outcome")
        self._reloads = self._counter("rulebook_reloads", "Changed rule files that were read", "result")
        self._passes = self._counter("passes", "Passes of the loop", "outcome")
        self._requests = self._counter("http_requests", "Answers to requests", "route", "method", "status")
        self._request_seconds = self._seconds(
            "http_request_duration", "From a request to its answer", ("route", "method"), REQUEST_SECONDS
        )
        self._measured_rules: set[str] = set()

    def text(self) -> bytes:
        """Return all metrics as they stand now, in the text format; their type is CONTENT_TYPE."""
        return generate_latest(_WithoutAges(self._registry))

    def run_ended(self, trigger: str, mode: str, seconds: float, rules: Sequence[RuleRun]) -> None:
        """Count a run, and measure it and each of its rules that was evaluated by itself."""
        failed = RULE_FAILED if any(rule.error for rule in rules) else DONE
        outcome = STOPPED if any(rule.is_stopped for rule in rules) else failed
        self._runs.labels(trigger, outcome).inc()
        self._run_seconds.labels(mode).observe(seconds)
        for rule in rules:
            if rule.seconds is not None:
                self._measured_rules.add(rule.rule)
                self._evaluations.labels(rule.rule).observe(rule.seconds)

    def run_failed(self, trigger: str) -> None:
        """Count a run that was undone."""
        self._runs.labels(trigger, FAILED).inc()

    def effect_came_to(self, verb: str, state: str) -> None:
        """Count what came of an attempt; a verb that is not known any more is `other`."""
        self._effects.labels(verb or OTHER, state).inc()

    def events_taken(self, taken: int, repeated: int, refused: int) -> None:
        """Count events."""
        for outcome, count in (("taken", taken), ("repeated", repeated), ("refused", refused)):
            self._events.labels(outcome).inc(count)

    def rulebook_read(self, *, is_broken: bool) -> None:
        """Count changed rule files that were read."""
        self._reloads.labels("broken" if is_broken else "read").inc()

    def forget_all_but(self, rules: Collection[str]) -> None:
        """Let go of the durations of rules that are gone from the rulebook."""
        for rule in self._measured_rules - set(rules):
            self._evaluations.remove(rule)
        self._measured_rules &= set(rules)

    def pass_ended(self, outcome: str) -> None:
        """Count a pass of the loop."""
        self._passes.labels(outcome).inc()

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer, and measure how long it took.

        `route` is the pattern that the address fitted (`/v1/contacts/{contact}`), empty where it fitted none; never the
        address itself, which has ids in it.
        """
        place, word = route or OTHER, method if method in METHODS else OTHER
        self._requests.labels(place, word, str(status)).inc()
        self._request_seconds.labels(place, word).observe(seconds)

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        made = Counter(f"ansgar_{name}", f"{says}.", labels, registry=self._registry)
        for values in FROM_THE_START.get(name, ()):
            made.labels(*values)
        return made

    def _seconds(self, name: str, says: str, labels: Sequence[str], buckets: Sequence[float]) -> Histogram:
        return Histogram(f"ansgar_{name}_seconds", f"{says}.", labels, registry=self._registry, buckets=buckets)


class _WithoutAges(Collector):
    """Gives what a registry does, but for the age of each counter, which doubles the text and tells nobody anything."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        """Give each family."""
        for family in self._registry.collect():
            family.samples = [one for one in family.samples if not one.name.endswith("_created")]
            yield family


class _Now(Collector):
    """Reads the gauges of a service whenever somebody asks."""

    def __init__(self, standing: Callable[[], Standing]) -> None:
        self._standing, self._gauges = standing, Gauges()

    def describe(self) -> Iterator[Metric]:
        """Give nothing: the names are ours alone, and nothing is read when the service is opened."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Give each gauge."""
        return map(_family, self._gauges.read(self._standing()))


def _family(one: Gauge) -> Metric:
    kind = CounterMetricFamily if one.only_grows else GaugeMetricFamily
    made = kind(f"ansgar_{one.name}", f"{one.says}.", labels=[one.label] if one.label else [])
    for label, value in one.values.items():
        made.add_metric([label] if one.label else [], value)
    return made
