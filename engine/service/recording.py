"""Recording: what people and the service do is noted in the audit chain, in the transaction that does it (S11)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from engine.service.installation import Installation
from engine.service.logs import logger
from engine.service.scene import Scene
from engine.store import alerts, chain, chain_head, holds, purge
from engine.store.chain import Act
from engine.store.chain_head import Mark
from engine.store.database import Connection, after_commit
from engine.store.deletions import Deletion
from engine.store.facts import Records
from engine.store.keys import KeyRing
from engine.store.schema import Store
from engine.store.tombstones import id_text

LOG = logger("recording")
ANSGAR = "ansgar"
ANYBODY = "somebody at the command line"
HEAD = "chain head"


def record(installation: Installation, connection: Connection, act: Act, now: datetime) -> None:
    """Note an act in the audit chain: it is there when the transaction is committed, and only then."""
    record_all(installation, connection, (act,), now)


def record_all(installation: Installation, connection: Connection, acts: Sequence[Act], now: datetime) -> None:
    """Note acts in their order."""
    if not acts:
        return
    file = head_file(installation)
    is_sound = file is not None and _has_sound_head(installation, connection, file)
    mark = chain.append_all(connection, installation.chain_ring().newest, acts, now)
    if file is not None and is_sound:
        after_commit(connection, HEAD, partial(_note_head, file, mark))


def head_file(installation: Installation) -> Path | None:
    """Return where the head of the chain is noted; None for a store in memory."""
    section = installation.settings.store
    return None if section.is_in_memory else installation.home / section.chain_head


def sealing_keys(installation: Installation) -> KeyRing:
    """Return the keys of the chain. Before the first of them is made it is noted that the chain has no entry yet."""
    ring, file = installation.chain_ring(), head_file(installation)
    if file is not None and ring.file is not None and not ring.file.exists():
        chain_head.begin(file)
    return ring


def subject_of(installation: Installation, entity: str, record_id: str) -> str:
    """Return the keyed hash by which the chain names a record: that of tombstones and receipts."""
    return installation.hash_ring().newest.mac(id_text(entity, record_id))


def subject_of_record(installation: Installation, store: Store, connection: Connection, of: tuple[str, int]) -> str:
    """Return the keyed hash of a record by its entity and key; empty where it is gone."""
    record_id = Records(store.tables, store.zone).id_of(connection, *of)
    return "" if record_id is None else subject_of(installation, of[0], record_id)


def record_hold(
    installation: Installation, store: Store, connection: Connection, what: str, hold: int, who: str = ""
) -> None:
    """Note that a hold was placed or lifted, by its number. Its reason stays where it is: it may name somebody."""
    of = holds.record_of(connection, hold)
    subject = subject_of_record(installation, store, connection, of) if of else ""
    act = Act(who or ANYBODY, what, subject=subject, details={"hold": hold})
    record(installation, connection, act, installation.clock.now())


def record_deletion(installation: Installation, connection: Connection, what: str, one: Deletion, who: str) -> None:
    """Note what a person decided about a deletion, by its number and the rule and version that scheduled it."""
    act = Act(who or ANYBODY, what, one.rule, one.version, details={"deletion": one.key})
    record(installation, connection, act, installation.clock.now())


def record_release(
    installation: Installation,
    connection: Connection,
    rule: tuple[str, str],
    details: Mapping[str, str | int],
    who: str,
) -> None:
    """Note that a person released a rule (id, version), from what, and for how many deletions."""
    act = Act(who or ANYBODY, "rule.released", *rule, details=details)
    record(installation, connection, act, installation.clock.now())


def record_alert(installation: Installation, store: Store, connection: Connection, alert: int, who: str = "") -> None:
    """Note that a person lowered an alert."""
    of = alerts.subject_of(connection, alert)
    if of is None:
        return
    subject = subject_of_record(installation, store, connection, of[:2])
    act = Act(who or ANYBODY, "alert.lowered", of[2], of[3], subject, {"alert": alert})
    record(installation, connection, act, installation.clock.now())


def record_erasure(
    scene: Scene, connection: Connection, one: Deletion, tombstone: tuple[str, int], now: datetime
) -> None:
    """Note an erasure, by its hash and how many were new on the list of the erased: a restored store has seen less."""
    subject, added = tombstone
    what = "contact.erased"
    details: dict[str, str | int] = {"deletion": one.key, "by": scene.erased_by}
    if one.purposes:
        what, details = "purposes.erased", details | {"purposes": ", ".join(one.purposes)}
    act = Act(ANSGAR, what, one.rule, one.version, subject, details)
    record(scene.installation, connection, act, now)
    purge.note_seen(connection, added)


def _has_sound_head(installation: Installation, connection: Connection, file: Path) -> bool:
    """True where the head may be moved on: what it names is in the chain. Else it stays, and `audit verify` tells."""
    try:
        sealing_keys(installation)
        head = chain_head.read(file)
    except OSError as error:
        LOG.warning("the head of the audit chain cannot be read", file=str(file), reason=error.strerror)
        return False
    is_sound = head is not None and chain.holds(connection, head)
    if not is_sound:
        LOG.error("the head of the audit chain does not fit", so="it stays as it is; run `ansgar audit verify`")
    return is_sound


def _note_head(file: Path, mark: Mark) -> None:
    """Note the newest entry after its commit. A failure leaves the file behind, which is lawful, and is told."""
    try:
        chain_head.write(file, mark)
    except OSError as error:
        LOG.warning("the head of the audit chain cannot be written", file=str(file), reason=error.strerror)
