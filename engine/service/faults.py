"""Faults: how an error that nobody expected is told: by its kind and place, never by its values."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def told(error: BaseException) -> dict[str, str]:
    """Return the kind of an error, and the file and line that raised it; its text may hold personal data."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "unknown"
    return {"kind": type(error).__name__, "where": where}


@contextmanager
def contained(tell: Callable[[Exception], None]) -> Iterator[None]:
    """Let no fault of ours go further than this; somebody is told of it instead."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the boundary of a pass, a request, a process: its text may name a person
        tell(error)
