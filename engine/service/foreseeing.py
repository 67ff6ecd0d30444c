"""Foreseeing: a forecast of deletions takes too long for a page: it is made beside, and kept by this process."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from engine.service.faults import contained, told
from engine.service.forecasting import Forecast, forecast
from engine.service.logs import logger
from engine.service.scene import Scene

LOG = logger("foreseeing")
DAYS = 90


class Stopped(Exception):
    """The service stops: nobody is to wait for a forecast."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A forecast, and of which rulebook it is."""

    forecast: Forecast
    rulebook: str


@dataclass(slots=True)
class Foresight:
    """The forecast that was made last, since when one is being made, and whether the last attempt failed."""

    newest: Foreseen | None = None
    begun_at: datetime | None = None
    has_failed: bool = False
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, scene: Scene, days: int = DAYS) -> bool:
        """Begin to make one in a thread of its own; False where one is being made already."""
        with self._lock:
            if self.begun_at is not None:
                return False
            self.begun_at = scene.installation.clock.now()
        self._thread = threading.Thread(target=self._make, args=(scene, days), name="forecast", daemon=True)
        self._thread.start()
        return True

    def wait(self, seconds: float) -> None:
        """Wait for what is being made, so long at most."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _make(self, scene: Scene, days: int) -> None:
        with contained(self._fail):
            found = forecast(scene.installation, scene.store, scene.rulebook, days, _unless(scene.is_stopping))
            self.newest, self.has_failed = Foreseen(found, scene.rulebook.digest), False
        self.begun_at = None

    def _fail(self, error: Exception) -> None:
        self.has_failed = True
        if not isinstance(error, Stopped):
            LOG.error("forecast failed", **told(error))


def _unless(is_stopping: Callable[[], bool]) -> Callable[[int], None]:
    def advance(_: int) -> None:
        if is_stopping():
            raise Stopped

    return advance
