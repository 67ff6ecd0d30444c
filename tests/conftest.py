"""What every test stands on: quiet logs, and one worker process of durable-rules for all."""

from collections.abc import Iterator

import pytest
import structlog

from tests.installations import DECIDER

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


@pytest.fixture(scope="session", autouse=True)
def _end_the_worker() -> Iterator[None]:
    """End the shared worker process with the session."""
    yield
    DECIDER.close()
