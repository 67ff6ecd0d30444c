"""Past events: what is known to have happened to a record, as event patterns look at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An event about one record: its name as patterns write it, when it happened, and its data as JSON values.

    `seq` is the order of arrival, which tells apart what happened at one instant.
    """

    name: str
    at: datetime
    seq: int
    data: Mapping[str, object]

    @property
    def order(self) -> tuple[datetime, int]:
        """The key by which events follow each other."""
        return self.at, self.seq
