"""The process that one rival runs in: facts made, rules prepared, contacts judged; one line of JSON for each news."""

import importlib
import json
import sys
from collections.abc import Callable, Collection, Sequence
from time import perf_counter

from bench.conditions import Facts
from bench.counterparts import counterparts
from bench.facts import flat
from bench.population import NOW, contacts
from bench.verdicts import Verdicts, bits
from engine.service.config import Settings
from engine.vocabulary.calendar import Moment

EVERY = 100  # contacts, after which progress is told: a crash leaves no last word


def main(module: str, prepare: str, count: int, rounds: int) -> None:
    """Judge the first contacts of the population in rounds, each with rules prepared anew, and tell what came of it."""
    moment = Moment(NOW, Settings().zone)
    rules = counterparts(moment)
    began = perf_counter()
    facts = [flat(one, moment) for one in contacts(count)]
    _tell(facts_seconds=perf_counter() - began)
    prepared = getattr(importlib.import_module(module), prepare)
    for number in range(rounds):
        found = _round(prepared(rules), facts)
        if found is None:
            return
        if number == 0:
            _tell(verdicts={rule: hex(value) for rule, value in _by_rule(found, list(rules)).items()})


def _round(matching: Callable[[Facts], Collection[str]], facts: Sequence[Facts]) -> list[Collection[str]] | None:
    """Judge all contacts once; None where the engine gave up."""
    found: list[Collection[str]] = []
    seconds = 0.0
    for first in range(0, len(facts), EVERY):
        began = perf_counter()
        for one in facts[first : first + EVERY]:
            try:
                found.append(matching(one))
            except Exception as error:  # noqa: BLE001 - whatever a rival fails with is its result
                _tell(gave_up=type(error).__name__, done=len(found), seconds=seconds)
                return None
        seconds += perf_counter() - began
        _tell(done=len(found), seconds=seconds)
    _tell(round=seconds)
    return found


def _by_rule(found: Sequence[Collection[str]], rules: Sequence[str]) -> Verdicts:
    return {rule: bits((number for number, its in enumerate(found) if rule in its), len(found)) for rule in rules}


def _tell(**news: object) -> None:
    sys.stdout.write(json.dumps(news) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
