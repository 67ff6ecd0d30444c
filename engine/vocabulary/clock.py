"""The clock: the only place that reads the system's time; everything else is handed an instant."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's present instant in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that may read it


@dataclass(slots=True)
class MovingClock:
    """A clock that stands still until it is moved: for tests, demos and `--at`."""

    instant: datetime

    def now(self) -> datetime:
        """Return the instant that the clock was last moved to."""
        return self.instant

    def move(self, by: timedelta) -> None:
        """Move the clock by an elapsed time, in either direction."""
        self.instant += by
