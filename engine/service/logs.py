"""Logs: structlog, one JSON event per line on stderr. None says more of a person than the key of a record.

The one door to structlog: whoever logs imports this, and so nothing is ever logged that is not set up. What libraries
log by Python's own logging goes the same way: JSON escapes whatever could end a line or move the cursor of a terminal.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO, cast

import structlog

from engine.service.faults import told

LONGEST_SENTENCE = 200  # of what a library says


class Lines(Protocol):
    """Where lines go: a file, or what takes them as one does."""

    def write(self, text: str, /) -> int:
        """Take a text."""
        ...

    def flush(self) -> None:
        """Let what was taken be written."""
        ...


def configure_logs(level: int = logging.WARNING, into: Lines | None = None) -> None:
    """Set logging up, on stderr unless another stream is given.

    `dict_tracebacks` stays out: it would log local variables, which hold personal data.
    """
    libraries = logging.getLogger()
    if not any(isinstance(one, _FromLibraries) for one in libraries.handlers):
        libraries.addHandler(_FromLibraries(logging.WARNING))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", into or sys.stderr)),
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


class _FromLibraries(logging.Handler):
    """Takes warnings and errors of libraries, without the values in them: those can be anybody's.

    Told are the first line of the sentence as it stands in the library's code, and kind and place of an error.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Log what a library said."""
        error = record.exc_info[1] if record.exc_info else None
        fault = told(error) if error is not None else {}
        first = next(iter(str(record.msg).strip().splitlines()), "")
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        said = {"library": record.name, "says": first[:LONGEST_SENTENCE]}
        structlog.get_logger(record.name).log(level, "a library says", **said, **fault)


if not structlog.is_configured():
    configure_logs()
