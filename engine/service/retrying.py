"""Retrying: how long a failed effect waits for its next attempt, and when it has had its last."""

import hashlib
from datetime import datetime, timedelta

from engine.vocabulary.outcome import TemporaryFailure

MOST_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)


def wait_after(attempts: int, key: int) -> timedelta:
    """Return how long to wait after so many failures: doubled each time, spread so that retries do not meet."""
    spread = int(hashlib.sha256(f"{key}-{attempts}".encode()).hexdigest()[:4], 16) / 0xFFFF
    return FIRST_WAIT * float(2**attempts) * (0.75 + spread / 2)


def next_attempt(failure: TemporaryFailure, attempts: int, key: int, now: datetime) -> datetime | None:
    """Return when an effect that failed so often before is attempted again; None where this was the last time."""
    if attempts + 1 >= MOST_ATTEMPTS:
        return None
    return now + max(wait_after(attempts, key), failure.after or timedelta())
