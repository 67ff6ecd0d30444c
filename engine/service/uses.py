"""Uses: when each token was used last, to the minute; kept in memory, and written by the service once in a while."""

from dataclasses import dataclass, field
from datetime import datetime

from engine.store import tokens
from engine.store.database import Database


@dataclass(slots=True)
class Uses:
    """The last uses of tokens by their ids. Requests note them, the loop writes them; what a crash takes is lost."""

    _noted: dict[int, datetime] = field(default_factory=dict)
    _written: dict[int, datetime] = field(default_factory=dict)

    def note(self, token: int, now: datetime) -> None:
        """Note a use: no more of it than its minute."""
        self._noted[token] = now.replace(second=0, microsecond=0)

    def write(self, database: Database) -> None:
        """Write what is not written yet; nothing where that is so of all."""
        fresh = {token: at for token, at in self._noted.copy().items() if self._written.get(token) != at}
        if fresh:
            with database.writing() as connection:
                tokens.note_uses(connection, fresh)
            self._written |= fresh
