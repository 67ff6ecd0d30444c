"""Commands about keys: list those of a ring, add a newer one, destroy an older one for good."""

from typing import Annotated

import typer

from engine.service.cli.doorway import REFUSED, Doorway, doorway
from engine.service.cli.output import complain
from engine.service.recording import ANYBODY, record, sealing_keys
from engine.store.chain import Act
from engine.store.keys import KeyRefused, KeyRing

OfChain = Annotated[bool, typer.Option("--chain", help="The keys of the audit chain instead of those of hashes.")]
KeyId = Annotated[str, typer.Argument(help="The key's id.", metavar="ID")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it.")]
HASHES = (
    "receipts written with it can no longer be tied to a person, and the return of those who were erased under it is "
    "no longer recognised"
)
ENTRIES = "entries of the audit chain sealed with it can no longer be verified"


def keys_list(context: typer.Context, of_chain: OfChain = False) -> None:
    """List the keys of a ring, the oldest first; the last one is written with. The keys themselves are not shown."""
    door = doorway(context)
    ring = _ring(door, of_chain=of_chain)
    rows = [{"id": one.id, "newest": one == ring.newest} for one in ring.keys]
    door.printer.document({"file": str(ring.file), "keys": rows})
    door.printer.table(("id", "newest"), [(row["id"], "written with" if row["newest"] else "") for row in rows])


def keys_rotate(context: typer.Context, of_chain: OfChain = False) -> None:
    """Add a key, which everything new is written with; older ones are still looked up with."""
    door = doorway(context)
    fresh = _ring(door, of_chain=of_chain).rotate()
    _record(door, "key.added", fresh.id, of_chain=of_chain)
    door.printer.document({"key": fresh.id})
    door.printer.line(f"key {fresh.id} is written with from now on")


def keys_destroy(context: typer.Context, key: KeyId, of_chain: OfChain = False, yes: Yes = False) -> None:
    """Destroy a key for good: what was written with it can no longer be tied to anybody."""
    door = doorway(context)
    if not yes:
        complain(f"this cannot be undone: {ENTRIES if of_chain else HASHES}; add `--yes`")
        raise typer.Exit(REFUSED)
    try:
        _ring(door, of_chain=of_chain).destroy(key)
    except KeyRefused as error:
        complain(str(error))
        raise typer.Exit(REFUSED) from None
    _record(door, "key.destroyed", key, of_chain=of_chain)
    door.printer.document({"key": key, "destroyed": True})
    door.printer.line(f"key {key} is destroyed: {ENTRIES if of_chain else HASHES}")


def _ring(door: Doorway, *, of_chain: bool) -> KeyRing:
    return sealing_keys(door.installation) if of_chain else door.installation.hash_ring()


def _record(door: Doorway, what: str, key: str, *, of_chain: bool) -> None:
    act = Act(ANYBODY, what, details={"key": key, "ring": "chain" if of_chain else "hashes"})
    with door.store().database.writing() as connection:
        record(door.installation, connection, act, door.installation.clock.now())
