"""Events: what is told or asked for in one call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """What is told or asked for. `key` is its idempotency key, the same at every attempt."""

    key: str
    type: str
    data: Mapping[str, Any]
    at: datetime
