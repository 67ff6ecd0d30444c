"""Commands with which people decide about deletions: deletions, holds, erased, and the release of a paused rule."""

from typing import Annotated

import typer

from engine.service import effects, erasing
from engine.service.cli.doorway import FINDING, REFUSED, USAGE, doorway, rule_named
from engine.service.cli.output import complain
from engine.store import deletions, erasure, holds, pauses, registry
from engine.store.deletions import Deletion, IllegalMove
from engine.store.facts import Records

Ids = Annotated[list[int], typer.Argument(help="Deletions by id.", metavar="ID…")]


def deletions_list(context: typer.Context) -> None:
    """List deletions in the order in which they are due, ended ones included."""
    door = doorway(context)
    store = door.store()
    with store.database.reading() as connection:
        found = deletions.read(connection, store.tables)
    rows = [
        {
            "id": one.key,
            "contact": one.contact,
            "rule": one.rule,
            "state": one.state,
            "due_at": one.due_at,
            "reason": one.reason,
        }
        for one in found
    ]
    door.printer.document({"deletions": rows})
    names = ("id", "contact", "rule", "state", "due_at", "reason")
    door.printer.table(names, [[row[name] for name in names] for row in rows], "no deletions")


def deletions_approve(context: typer.Context, ids: Ids) -> None:
    """Let held deletions go on: the limit or the stale feed that held them is overridden for them."""
    door = doorway(context)
    store, now = door.store(), door.installation.clock.now()
    with store.database.writing() as connection:
        for one in _named(deletions.read(connection, store.tables), ids):
            if one.state != "held":
                _refuse(f"deletion {one.key} is {one.state}; only held ones can be approved")
            deletions.move(connection, one, "due", reason=None, released_at=now)
    _tell(context, ids, "due")


def deletions_keep(context: typer.Context, ids: Ids) -> None:
    """Cancel deletions that are not ordered yet: a person wants to keep these contacts."""
    door = doorway(context)
    store, now = door.store(), door.installation.clock.now()
    with store.database.writing() as connection:
        for one in _named(deletions.read(connection, store.tables), ids):
            if deletions.cancel(connection, deletions.is_one(one.key), "KEPT_BY_PERSON", now) != 1:
                _refuse(f"deletion {one.key} is {one.state} and cannot be cancelled any more")
    _tell(context, ids, "cancelled")


def deletions_restore(context: typer.Context, ids: Ids) -> None:
    """Bring contacts back from the recycle bin."""
    door = doorway(context)
    with door.scene() as scene:
        with scene.store.database.reading() as connection:
            chosen = _named(deletions.read(connection, scene.store.tables), ids)
        for one in chosen:
            try:
                erasing.restore(scene, one, door.installation.moment())
            except IllegalMove as error:
                _refuse(str(error))
    _tell(context, ids, "restored")


def holds_list(context: typer.Context) -> None:
    """List active holds."""
    door = doorway(context)
    store = door.store()
    with store.database.reading() as connection:
        found = holds.listing(connection, store.tables)
    door.printer.document({"holds": found})
    names = ("id", "contact", "name", "reason", "placed_at")
    door.printer.table(names, [[row[name] for name in names] for row in found], "no holds")


def holds_add(
    context: typer.Context,
    contact: Annotated[str, typer.Argument(help="The contact's id.", metavar="CONTACT")],
    reason: Annotated[str, typer.Option("--reason", help="Why the contact is kept.")],
    name: Annotated[str, typer.Option("--name", help="What kind of hold it is.")] = "hold",
    entity: Annotated[str, typer.Option("--entity", help="What the contact is.")] = "contact",
) -> None:
    """Place a hold on a contact: no deletion gets past it."""
    door = doorway(context)
    store = door.store()
    if entity not in store.tables.records:
        complain(f"the model has no entity `{entity}`")
        raise typer.Exit(USAGE)
    with store.database.writing() as connection:
        key = Records(store.tables, store.zone).key_of(connection, entity, contact)
        if key is None:
            complain(f"the store has no {entity} with this id")
            raise typer.Exit(FINDING)
        hold = holds.add(connection, (entity, key), name, reason, door.installation.clock.now())
    door.printer.document({"hold": hold, "contact": contact})
    door.printer.line(f"hold {hold} is on {contact}")


def holds_lift(
    context: typer.Context, hold: Annotated[int, typer.Argument(help="The hold's id.", metavar="ID")]
) -> None:
    """Lift a hold."""
    door = doorway(context)
    with door.store().database.writing() as connection:
        was_lifted = holds.lift(connection, hold, door.installation.clock.now())
    if not was_lifted:
        complain(f"no hold {hold} is active")
        raise typer.Exit(FINDING)
    door.printer.document({"hold": hold, "lifted": True})
    door.printer.line(f"hold {hold} is lifted")


def erased(
    context: typer.Context,
    contact: Annotated[str, typer.Argument(help="The contact's id.", metavar="ID")],
    entity: Annotated[str, typer.Option("--entity", help="What the contact was.")] = "contact",
) -> None:
    """Tell whether a contact was erased here, with its receipt."""
    door = doorway(context)
    id_hash = door.installation.open_tombstones().id_hash(entity, contact)
    with door.store().database.reading() as connection:
        receipt = erasure.receipt_of(connection, id_hash)
    door.printer.document({"erased": receipt is not None, "receipt": receipt})
    if receipt is None:
        door.printer.line("not erased here")
        raise typer.Exit(FINDING)
    for name, value in receipt.items():
        door.printer.line(f"{name}: {value}")


def rules_release(
    context: typer.Context, rule: Annotated[str, typer.Argument(help="The paused rule.", metavar="ID")]
) -> None:
    """Release a rule that a person paused; or that a limit paused, for exactly the deletions that it stopped."""
    door = doorway(context)
    store, now = door.store(), door.installation.clock.now()
    with store.database.writing() as connection:
        known = registry.registered(connection).get(rule)
        waiting = pauses.release(connection, known.key, now) if known and known.paused_at else None
    if waiting is not None:
        also = "; its limit still keeps it from scheduling: release it again" if known and known.paused else ""
        door.printer.document({"rule": rule, "released": "person", "waiting": waiting})
        door.printer.line(f"{rule} is released: {waiting} deletions go on where the pause found them{also}")
        return
    chosen = rule_named(door.rulebook(), rule)
    with store.database.writing() as connection:
        stored = registry.registered(connection).get(chosen.id)
        if stored is None or stored.paused is None:
            complain(f"`{chosen.id}` is not paused")
            raise typer.Exit(FINDING)
        count = effects.release(connection, chosen, stored.key, door.installation.moment(), stored.paused)
    if not count:
        _refuse("the set has changed since the limit tripped: run again, look again, then release")
    door.printer.document({"rule": chosen.id, "released": "limit", "scheduled": count})
    door.printer.line(f"{chosen.id} is released: {count} deletions are scheduled")


def _named(found: list[Deletion], ids: list[int]) -> list[Deletion]:
    by_id = {one.key: one for one in found}
    for one in ids:
        if one not in by_id:
            complain(f"there is no deletion {one}")
            raise typer.Exit(FINDING)
    return [by_id[one] for one in ids]


def _refuse(sentence: str) -> None:
    complain(sentence)
    raise typer.Exit(REFUSED)


def _tell(context: typer.Context, ids: list[int], state: str) -> None:
    printer = doorway(context).printer
    printer.document({"deletions": [{"id": one, "state": state} for one in ids]})
    for one in ids:
        printer.line(f"deletion {one} is {state}")
