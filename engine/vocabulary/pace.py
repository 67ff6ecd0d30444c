"""Pace: how many may go out within any stretch of time, as rules write it (`500 per hour`)."""

import re
from dataclasses import dataclass
from datetime import timedelta

SPANS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}

_PACE = re.compile(r"(\d{1,6})\s+per\s+([a-z]+)", re.ASCII)


class PaceError(ValueError):
    """A pace that cannot be read; its text says why."""


@dataclass(frozen=True, slots=True)
class Pace:
    """At most so many within any minute, hour or day; elapsed time, wherever one begins to count."""

    count: int
    unit: str

    @property
    def span(self) -> timedelta:
        """The stretch of time that is counted over."""
        return SPANS[self.unit]


def read_pace(text: str) -> Pace:
    """Return the pace written as `<n> per <unit>`; raises PaceError with a sentence for the writer."""
    found = _PACE.fullmatch(text.strip())
    if found is None or found[2] not in SPANS or int(found[1]) == 0:
        raise PaceError(f"a pace is a number per {', '.join(SPANS)}, such as `500 per hour`")
    return Pace(int(found[1]), found[2])
