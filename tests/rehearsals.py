"""Rule tests for tests: texts are loaded with their tests, and each is rehearsed as `ansgar test` does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actions.catalogue import ACTIONS
from engine.language.load import Loaded, Loader
from engine.model.shipped import SHIPPED_MODEL
from engine.service.config import Settings
from engine.service.installation import Installation
from engine.service.rehearsing import Hall, rehearsing
from engine.service.rule_testing import Failure, Result, tried
from engine.vocabulary.clock import SystemClock
from tests.installations import DECIDER
from tests.rulebooks import STOCKHOLM

OUTSIDE = {"webhooks": {"bridge": {"url": "https://x.example", "secret": {"env": "NOWHERE"}}}}
SETTINGS = Settings.of(OUTSIDE | {"channels": {"ops": {"apprise": {"env": "NOWHERE"}}}})
INSTALLATION = Installation(SETTINGS, Path(), SHIPPED_MODEL, SystemClock())


def load_with_tests(*texts: str, **files: str) -> Loaded:
    """Return what came of loading texts with their tests; keywords are files of tests by name."""
    named = {f"rules{number or ''}.yaml": text for number, text in enumerate(texts)}
    named |= {f"{name}.test.yaml": text for name, text in files.items()}
    return Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM).load_texts(named, with_tests=True)


@contextmanager
def hall_of(loaded: Loaded) -> Iterator[Hall]:
    """Give the hall of a rulebook that must be right, with its tests."""
    assert loaded.rulebook is not None, "\n".join(problem.render() for problem in loaded.problems)
    assert loaded.test_problems == (), "\n".join(problem.render() for problem in loaded.test_problems)
    with rehearsing(INSTALLATION, loaded.rulebook, DECIDER) as hall:
        yield hall


def results(text: str) -> list[Result]:
    """Return what came of the tests in a text."""
    loaded = load_with_tests(text)
    with hall_of(loaded) as hall:
        return [tried(hall, test) for test in loaded.tests]


def failures(text: str) -> list[Failure | None]:
    """Return the failure of each test in a text, None where it passed."""
    return [result.failure for result in results(text)]


def differences(text: str) -> list[tuple[str, object, object]]:
    """Return (what, expected, found) of all that differs in the tests of a text."""
    return [(one.what, one.expected, one.found) for failure in failures(text) if failure for one in failure.differences]


def rule_test(steps: str, *, given: str = "{}", now: str = "2026-03-01T08:00:00+01:00", more: str = "") -> str:
    """Return the text of one test of `the-rule`."""
    return f"""\
tests:
  - test: it does what it says
    rule: the-rule
    now: {now}
    given: {given}
    steps: {steps}
    {more}
"""
