"""What every test stands on: quiet logs, one worker process of durable-rules for all, and the store that it is for."""

from collections.abc import Iterator

import pytest
import structlog

from tests.installations import DECIDER
from tests.stores import KINDS, SQLITE, STORES

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))

ON_BOTH = frozenset(
    {
        "store/test_delta", "store/test_edges", "store/test_equivalence", "store/test_event_patterns",
        "store/test_field_changes", "store/test_intake", "store/test_pauses", "store/test_schema", "store/test_vacancy",
        "store/test_zones",
        "service/test_deadlines", "service/test_delta_runs", "service/test_destroying", "service/test_digests",
        "service/test_dispatch", "service/test_event_rules", "service/test_events", "service/test_forecasting",
        "service/test_guards", "service/test_held", "service/test_month", "service/test_northwind",
        "service/test_pace", "service/test_planning", "service/test_promoting", "service/test_repeating",
        "service/test_returning", "service/test_runner", "service/test_tick", "service/test_waiting",
    }
)  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let tests of what the store does run on both kinds of it."""
    if "/".join(metafunc.definition.path.with_suffix("").parts[-2:]) in ON_BOTH:
        metafunc.parametrize("_store", KINDS, indirect=True)


@pytest.fixture(autouse=True)
def _store(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the stores that a test opens be of its kind."""
    with STORES.of(getattr(request, "param", SQLITE)):
        yield


@pytest.fixture(scope="session", autouse=True)
def _end_what_is_shared() -> Iterator[None]:
    """End the shared worker process and the server with the session."""
    yield
    DECIDER.close()
    STORES.close()
