"""Returning: who was erased here, lies in the recycle bin or ended in another does not come back unnoticed (L11)."""

from engine.model.snapshot import Refusal, Refused, Snapshot
from engine.store.tombstones import Tombstones

ERASED, IN_BIN, ENDED = "ERASED", "IN_RECYCLE_BIN", "MERGED"
_SAID = {
    ERASED: "this contact was erased here and must not come back unnoticed",
    IN_BIN: "this contact lies in the recycle bin; restore it first, with `ansgar deletions restore`",
    ENDED: "this contact was merged into another; tell it of that one, or send this one's state with PUT if it is back",
}


def why_erased(
    tombstones: Tombstones | None, entity: str, record_id: str, email: object, erased: frozenset[str]
) -> str:
    """Return ERASED where an id or an address is that of somebody who was erased here, else an empty text."""
    if tombstones is None or not erased:
        return ""
    hashes = tombstones.id_hashes(entity, record_id)
    if isinstance(email, str):
        hashes |= tombstones.email_hashes(email)
    return ERASED if hashes & erased else ""


def unless_erased(tombstones: Tombstones | None, entity: str, snapshot: Snapshot, erased: frozenset[str]) -> Snapshot:
    """Return a snapshot; raises Refused where its id or address is that of somebody who was erased here (L11)."""
    reason = why_erased(tombstones, entity, snapshot.id, snapshot.values.get("email"), erased)
    if reason:
        raise refused(reason)
    return snapshot


def reason_of(refused: Refused) -> str:
    """Return ERASED or IN_RECYCLE_BIN where that is why somebody was refused; empty where it is something else."""
    return next((code for code in _SAID if any(one.reason.startswith(f"{code}:") for one in refused.refusals)), "")


def refused(reason: str, pointer: str = "") -> Refused:
    """Return the refusal of one who must not come back: its reason, and what to do where something can be done."""
    return Refused([said_of(reason, pointer)])


def said_of(reason: str, pointer: str) -> Refusal:
    """Return what is said of one who must not come back, with the place that names it."""
    return Refusal(pointer, f"{reason}: {_SAID[reason]}")
