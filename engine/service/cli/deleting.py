"""Commands about deletions: list them, show one with its history, and decide about them."""

from collections.abc import Sequence
from typing import Annotated

import typer

from engine.service import deciding, erasing
from engine.service.approving import Word
from engine.service.cli.declining import declining, refuse
from engine.service.cli.doorway import FINDING, USAGE, Doorway, count, doorway
from engine.service.cli.output import complain
from engine.service.deciding import Desk
from engine.service.deletion_shapes import batch, shown
from engine.store import approvals, deletion_queue, deletions
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.schema import Store

Ids = Annotated[list[int], typer.Argument(help="Deletions by id.", metavar="ID…")]
SomeIds = Annotated[list[int] | None, typer.Argument(help="Deletions by id.", metavar="ID…")]
By = Annotated[str, typer.Option("--by", help="Who says so: somebody of `people` in the configuration.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
COLUMNS = ("id", "contact", "rule", "state", "due_at", "reason")
BATCH_COLUMNS = ("batch", "rule", "deletions", "digest", "said", "answer_by")


def deletions_list(context: typer.Context) -> None:
    """List deletions in the order in which they are due, ended ones included."""
    door = doorway(context)
    store = door.store()
    with store.database.reading() as connection:
        rows = [shown(one) for one in deletions.read(connection, store.tables)]
    door.printer.document({"deletions": rows})
    door.printer.table(COLUMNS, [[row[name] for name in COLUMNS] for row in rows], "no deletions")


def deletions_show(
    context: typer.Context, deletion: Annotated[int, typer.Argument(help="The deletion's id.", metavar="ID")]
) -> None:
    """Show a deletion with every state that it came to, when, why, and by whose word."""
    door = doorway(context)
    store = door.store()
    with store.database.reading() as connection:
        one = _named(connection, store, [deletion])[0]
        history = deletions.history(connection, one.key)
    door.printer.document(shown(one) | {"history": history})
    door.printer.pairs(shown(one))
    names = ("state", "reason", "moved_at", "by")
    door.printer.table(names, [[row[name] for name in names] for row in history])


def deletions_batches(context: typer.Context) -> None:
    """List what waits for an approval: together what is approved together, with the digest of exactly this set."""
    door = doorway(context)
    with door.store().database.reading() as connection:
        found = [batch(one) for one in approvals.listing(connection)]
    door.printer.document({"batches": found})
    rows = [[one[name] if name != "deletions" else len(one[name]) for name in BATCH_COLUMNS] for one in found]
    door.printer.table(BATCH_COLUMNS, rows, "nothing waits for an approval")


def deletions_approve(
    context: typer.Context,
    ids: SomeIds = None,
    batch_id: Annotated[int | None, typer.Option("--batch", help="All that waits together for an approval.")] = None,
    digest: Annotated[str, typer.Option("--digest", help="The set that you looked at, of `deletions batches`.")] = "",
    by: By = "",
    reason: Reason = "",
) -> None:
    """Let deletions go on that a limit or a doubt holds, or that wait for an approval, exactly as you saw them."""
    door = doorway(context)
    if (batch_id is None) == (not ids) or (batch_id is not None and not digest):
        complain("name deletions by id, or a batch with its digest: `--batch 3 --digest 0f3a…`")
        raise typer.Exit(USAGE)
    store, rulebook, word = door.store(), door.rulebook(), Word(by, reason, digest)
    with declining(), store.database.writing() as connection:
        waiting = _named(connection, store, ids or _of_batch(connection, batch_id or 0))
        if not waiting:
            refuse(f"nothing waits in batch {batch_id}")
        desk = Desk(door.installation, connection, store.tables, rulebook)
        missing = deciding.approve(desk, waiting, word, door.installation.moment())
        keys = sorted(one.key for one in waiting)
        states = {one.key: one.state for one in _named(connection, store, keys)}
    _tell(door, states)
    if missing:
        door.printer.line(f"{count(missing, 'more word')} needed")


def deletions_keep(context: typer.Context, ids: Ids, by: By = "") -> None:
    """Cancel deletions that are not ordered yet: a person wants to keep these contacts."""
    door = doorway(context)
    store, now = door.store(), door.installation.clock.now()
    with declining(), store.database.writing() as connection:
        for one in _named(connection, store, ids):
            deciding.keep(door.installation, connection, one, now, by or None)
    _tell(door, dict.fromkeys(ids, "cancelled"))


def deletions_restore(context: typer.Context, ids: Ids, by: By = "") -> None:
    """Bring contacts back from the recycle bin."""
    door = doorway(context)
    with door.scene() as scene:
        with scene.store.database.reading() as connection:
            chosen = _named(connection, scene.store, ids)
        for one in chosen:
            with declining():
                erasing.restore(scene, one, door.installation.moment(), by or None)
    _tell(door, dict.fromkeys(ids, "restored"))


def _of_batch(connection: Connection, key: int) -> tuple[int, ...]:
    request = approvals.requested(connection, key)
    return request.deletions if request is not None else ()


def _named(connection: Connection, store: Store, ids: Sequence[int]) -> list[Deletion]:
    by_id = deletion_queue.named(connection, store.tables, ids)
    for one in ids:
        if one not in by_id:
            complain(f"there is no deletion {one}")
            raise typer.Exit(FINDING)
    return [by_id[one] for one in ids]


def _tell(door: Doorway, states: dict[int, str]) -> None:
    door.printer.document({"deletions": [{"id": one, "state": state} for one, state in states.items()]})
    for one, state in states.items():
        door.printer.line(f"deletion {one} is {state}")
