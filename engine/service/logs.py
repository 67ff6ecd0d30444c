"""Logs: structlog, one JSON event per line on stderr. None says more of a person than the key of a record.

The one door to structlog: whoever logs imports this, and so nothing is ever logged that is not set up.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog


def configure_logs(level: int = logging.WARNING) -> None:
    """Set logging up. `dict_tracebacks` stays out: it would log local variables, which hold personal data."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


@contextmanager
def bound(**values: object) -> Iterator[None]:
    """Let every line that is logged inside carry these values."""
    with structlog.contextvars.bound_contextvars(**values):
        yield


def logger(part: str) -> Any:
    """Return the logger of a part of the service."""
    return structlog.get_logger(f"ansgar.{part}")


if not structlog.is_configured():
    configure_logs()
