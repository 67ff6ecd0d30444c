"""Verifying: the audit chain is checked against its keys and its head, once at a time; what came of it is kept."""

import threading
from dataclasses import dataclass, field
from datetime import datetime

from engine.service.faults import contained
from engine.service.installation import Installation
from engine.service.naming import Declined
from engine.service.recording import head_file, sealing_keys
from engine.store import chain, chain_head
from engine.store.chain import Checked
from engine.store.schema import Store
from engine.store.unavailable import StoreUnavailable

SAID = {
    chain.EDITED: "it is not what was written",
    chain.MISSING: "an entry is missing before it",
    chain.OUT_OF_ORDER: "it stands in another place than it was written",
    chain.UNKNOWN_KEY: "its key is not in the ring of the chain's keys",
    chain.TRUNCATED: "the end is cut off: the head that was noted outside the database is further on",
    chain.NO_HEAD: "no head is noted outside the database, so a cut-off end would not show: restore the file",
}
UNDER_WAY = "UNDER_WAY"


def verify(installation: Installation, store: Store) -> Checked:
    """Check the chain of a store: all of it is read."""
    file = head_file(installation)
    try:
        keys = sealing_keys(installation)
        head = chain_head.read(file) if file is not None else None
    except OSError as error:
        raise StoreUnavailable(f"the head of the chain, {file}, cannot be read: {error.strerror}") from None
    with store.database.reading() as connection:  # after the head, which is behind what is read then, never ahead
        return chain.verify(connection, keys, head)


def as_told(found: Checked) -> dict[str, object]:
    """Return what came of a check as the command and the API tell it."""
    bad = found.first_bad
    told = None if bad is None else {"seq": bad.seq, "what": bad.what, "says": SAID[bad.what]}
    return {"verified": bad is None, "entries": found.entries, "first_bad": told}


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of a check, and when it began."""

    at: datetime
    checked: Checked


@dataclass(slots=True)
class Verifying:
    """Checks the chain once at a time, for who waits for it and in a thread of its own; keeps the newest result."""

    newest: Verified | None = None
    fault: str = ""  # why the newest check could not be made; empty where it could
    began: datetime | None = None  # that one is under way
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self, installation: Installation, store: Store) -> Verified:
        """Check, and return what came of it. Raises Declined while another check is under way, or StoreUnavailable."""
        self._begin(installation)
        try:
            return self._checked(installation, store)
        finally:
            self._end()

    def begin(self, installation: Installation, store: Store, patience: float) -> None:
        """Begin to check in a thread, and wait for it for so many seconds at most. Raises Declined as `now` does."""
        self._begin(installation)

        def check() -> None:
            try:
                with contained(self._fail):
                    self._checked(installation, store)
            finally:
                self._end()

        thread = threading.Thread(target=check, name="verifying", daemon=True)
        thread.start()
        thread.join(patience)

    def _begin(self, installation: Installation) -> None:
        if not self._lock.acquire(blocking=False):
            raise Declined(UNDER_WAY, "the chain is being verified already: look again when that has ended")
        self.began = installation.clock.now()

    def _end(self) -> None:
        self.began = None
        self._lock.release()

    def _checked(self, installation: Installation, store: Store) -> Verified:
        began = self.began or installation.clock.now()
        found = Verified(began, verify(installation, store))
        self.newest, self.fault = found, ""
        return found

    def _fail(self, error: Exception) -> None:
        self.fault = str(error) if isinstance(error, StoreUnavailable) else type(error).__name__
