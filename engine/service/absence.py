"""Absence: which contacts that events are about must not come back: erased, put away, or ended in another (L11)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.service.event_types import DELETED, ENDING, MERGED
from engine.service.returning import ENDED, IN_BIN, why_erased
from engine.service.scene import Scene
from engine.store import erasure, merges
from engine.store.database import Connection
from engine.store.inbox import Event
from engine.store.merges import INTO

CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Absent:
    """Of some contacts those who are away, looked up together where no deletion can move meanwhile.

    `erased` are the hashes on the list of the erased that stand for one of them, by id or address.
    """

    scene: Scene
    ids: frozenset[str]
    erased: frozenset[str]
    binned: frozenset[str]
    ended: frozenset[str]

    @classmethod
    def among(cls, scene: Scene, connection: Connection, events: Iterable[Event]) -> "Absent":
        """Return who is away of those whom events are about, or name as the one that stays."""
        ids, hashes = set[str](), set[str]()
        for event in events:
            if event.type == DELETED:
                continue
            ids |= {event.subject, event.data[INTO]} if event.type == MERGED and event.data else {event.subject}
            email = event.data.get("email")
            hashes |= scene.tombstones.email_hashes(email) if isinstance(email, str) else frozenset()
        hashes |= scene.tombstones.id_hashes(CONTACT, *ids)
        nobody = frozenset[str]()
        asked = cls(scene, frozenset(ids), scene.tombstones.among(hashes), nobody, nobody)
        return asked.anew(connection)

    def anew(self, connection: Connection) -> "Absent":
        """Return who is away now that somebody else may have ended."""
        if not self.ids:
            return self
        binned = erasure.ids_in_bin(connection, CONTACT, self.ids)
        ended = merges.ended(connection, self.scene.store.tables, CONTACT, self.ids)
        return replace(self, binned=binned, ended=ended)

    def why_not(self, event: Event) -> str:
        """Return why an event must not bring somebody back; empty where it may.

        That one is gone may always be said, and that one who has ended in another has.
        """
        if event.type == DELETED:
            return ""
        reason = self.why(event.entity, event.subject, event.data.get("email"))
        return "" if reason == ENDED and event.type in ENDING else reason

    def why(self, entity: str, record_id: str, email: object = None) -> str:
        """Return why somebody is away; empty for others."""
        if reason := why_erased(self.scene.tombstones, entity, record_id, email, self.erased):
            return reason
        return IN_BIN if record_id in self.binned else ENDED if record_id in self.ended else ""
