"""Faults: how an error that nobody expected is told: by its kind and place, never by its values."""

from pathlib import Path


def told(error: BaseException) -> dict[str, str]:
    """Return the kind of an error, and the file and line that raised it; its text may hold personal data."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "unknown"
    return {"kind": type(error).__name__, "where": where}
