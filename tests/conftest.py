"""What every test stands on: quiet logs, one worker process of durable-rules for all, and the store that it is for."""

from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.installations import DECIDER
from tests.stores import KINDS, SQLITE, STORES

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))

ON_BOTH = frozenset(
    {
        "store/test_delta", "store/test_edges", "store/test_equivalence", "store/test_event_patterns",
        "store/test_field_changes", "store/test_finding", "store/test_funnel", "store/test_intake", "store/test_pauses", "store/test_schema", "store/test_statistics",
        "store/test_vacancy", "store/test_zones",
        "service/test_admitting", "service/test_allowing", "service/test_books", "service/test_canary", "service/test_deadlines", "service/test_delta_runs", "service/test_destroying", "service/test_event_rules",
        "service/test_erasing", "service/test_events", "service/test_exporting", "service/test_funnels", "service/test_guards", "service/test_held", "service/test_http_outside", "service/test_metrics",
        "service/test_merging", "service/test_northwind", "service/test_notices", "service/test_partial_erasing", "service/test_promoting",
        "service/test_purging", "service/test_queueing", "service/test_recipients", "service/test_recording", "service/test_repeating", "service/test_reporting", "service/test_restricting",
        "service/test_results", "service/test_returning", "service/test_reviewing", "service/test_runner", "service/test_selection_feed", "service/test_selection_feed_runs", "service/test_telling_moves", "service/test_tick",
        "service/test_two_processes", "service/test_waiting",
    }
)  # fmt: skip
ONE_IS_ENOUGH = frozenset({"test_every_illegal_transition_is_refused"})  # a hundred times the same statement


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let tests of what the store does run on both kinds of it."""
    module, name = "/".join(metafunc.definition.path.with_suffix("").parts[-2:]), metafunc.definition.originalname
    if module in ON_BOTH and name not in ONE_IS_ENOUGH:
        metafunc.parametrize("_store", KINDS, indirect=True)


@pytest.fixture(autouse=True)
def _store(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the stores that a test opens be of its kind."""
    with STORES.of(getattr(request, "param", SQLITE), keeps_tables=request.path.parent.name == "service"):
        yield


@pytest.fixture
def logs() -> Iterator[list[EventDict]]:
    """Give what is logged, which is kept quiet elsewhere."""
    quiet = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(0))
    with capture_logs() as found:
        yield found
    structlog.configure(wrapper_class=quiet)


@pytest.fixture(scope="session", autouse=True)
def _end_what_is_shared() -> Iterator[None]:
    """End the shared worker process and the server with the session."""
    yield
    DECIDER.close()
    STORES.close()
