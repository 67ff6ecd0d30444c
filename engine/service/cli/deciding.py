"""Commands with which people decide about deletions: deletions, holds, erased, and the release of a paused rule."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from engine.service import deciding, erasing
from engine.service.cli.doorway import DONE, FINDING, REFUSED, USAGE, Doorway, doorway, rule_named
from engine.service.cli.output import complain
from engine.service.deciding import NotDecided
from engine.store import deletions, erasure, holds
from engine.store.deletions import Deletion, IllegalMove
from engine.store.facts import Records
from engine.store.schema import Store

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
    with _refusing(), store.database.writing() as connection:
        for one in _named(deletions.read(connection, store.tables), ids):
            deciding.approve(connection, one, now)
    _tell(context, ids, "due")


def deletions_keep(context: typer.Context, ids: Ids) -> None:
    """Cancel deletions that are not ordered yet: a person wants to keep these contacts."""
    door = doorway(context)
    store, now = door.store(), door.installation.clock.now()
    with _refusing(), store.database.writing() as connection:
        for one in _named(deletions.read(connection, store.tables), ids):
            deciding.keep(connection, one, now)
    _tell(context, ids, "cancelled")


def deletions_restore(context: typer.Context, ids: Ids) -> None:
    """Bring contacts back from the recycle bin."""
    door = doorway(context)
    with door.scene() as scene:
        with scene.store.database.reading() as connection:
            chosen = _named(deletions.read(connection, scene.store.tables), ids)
        for one in chosen:
            with _refusing():
                erasing.restore(scene, one, door.installation.moment())
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
    """Tell whether a contact was erased here, with its receipt; or that it was for some purposes only."""
    door = doorway(context)
    id_hash = door.installation.open_tombstones().id_hash(entity, contact)
    with door.store().database.reading() as connection:
        receipt = erasure.receipt_of(connection, id_hash)
    is_erased = receipt is not None and not receipt["purposes"]
    door.printer.document({"erased": is_erased, "receipt": receipt})
    if not is_erased:
        door.printer.line("not erased here" + (", save what was held for these purposes:" if receipt else ""))
    for name, value in (receipt or {}).items():
        door.printer.line(f"{name}: {', '.join(value) if name == 'purposes' and value else value}")
    raise typer.Exit(DONE if is_erased else FINDING)


def rules_release(
    context: typer.Context, rule: Annotated[str, typer.Argument(help="The paused rule.", metavar="ID")]
) -> None:
    """Release a rule that a person paused; or that a limit paused, for exactly the deletions that it stopped."""
    door = doorway(context)
    store = door.store()
    if _is_released_by_person(door, store, rule):
        return
    rulebook = door.rulebook()
    chosen = rule_named(rulebook, rule)
    installation = door.installation
    with _refusing(), store.database.writing() as connection:
        count = deciding.release_by_limit(installation, connection, rulebook, chosen.id, installation.moment())
    if count is None:
        _refuse("the set has changed since you looked: look at `ansgar plan` again, then release what is there now")
    door.printer.document({"rule": chosen.id, "released": "limit", "scheduled": count})
    door.printer.line(f"{chosen.id} is released: {count} deletions are scheduled")


def _is_released_by_person(door: Doorway, store: Store, rule: str) -> bool:
    """Release a rule that a person paused, whatever its files say, and tell; False where no person paused it."""
    with store.database.writing() as connection:
        released = deciding.release_by_person(connection, rule, door.installation.clock.now())
    if released is None:
        return False
    waiting, is_limited = released
    also = "; its limit still keeps it from scheduling: release it again" if is_limited else ""
    door.printer.document({"rule": rule, "released": "person", "waiting": waiting})
    door.printer.line(f"{rule} is released: {waiting} deletions go on where the pause found them{also}")
    return True


def _named(found: list[Deletion], ids: list[int]) -> list[Deletion]:
    by_id = {one.key: one for one in found}
    for one in ids:
        if one not in by_id:
            complain(f"there is no deletion {one}")
            raise typer.Exit(FINDING)
    return [by_id[one] for one in ids]


@contextmanager
def _refusing() -> Iterator[None]:
    """End with the sentence of a decision that does not fit how things stand."""
    try:
        yield
    except IllegalMove as error:
        _refuse(str(error))
    except NotDecided as error:
        if error.code != deciding.NOT_THERE:
            _refuse(str(error))
        complain(str(error))
        raise typer.Exit(FINDING) from None


def _refuse(sentence: str) -> None:
    complain(sentence)
    raise typer.Exit(REFUSED)


def _tell(context: typer.Context, ids: list[int], state: str) -> None:
    printer = doorway(context).printer
    printer.document({"deletions": [{"id": one, "state": state} for one in ids]})
    for one in ids:
        printer.line(f"deletion {one} is {state}")
