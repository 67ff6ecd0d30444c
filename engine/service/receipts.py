"""Receipts: what the proof of an erasure says, which names nobody."""

from engine.service.scene import Scene
from engine.store.deletions import Deletion
from engine.store.erasure import Proof

ERASE = "erase"


def proof_of(scene: Scene, one: Deletion, record_id: str) -> Proof:
    """Return what a receipt says of a deletion of a record."""
    rule = scene.rulebook.rules.get(one.rule)
    id_hash = scene.tombstones.id_hash(one.entity, record_id)
    return Proof(id_hash, rule.legal_basis if rule else "", one.how or ERASE, scene.erased_by, one.purposes)
