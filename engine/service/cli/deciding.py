"""Commands with which people decide: holds, erased, and the release of a paused rule."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from engine.service import deciding
from engine.service.cli.doorway import FINDING, REFUSED, USAGE, Doorway, doorway, rule_named
from engine.service.cli.output import complain
from engine.service.deciding import NotDecided
from engine.store import erasure, holds
from engine.store.deletions import IllegalMove
from engine.store.facts import Records
from engine.store.schema import Store


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
    store = door.store()
    if _is_released_by_person(door, store, rule):
        return
    rulebook = door.rulebook()
    chosen = rule_named(rulebook, rule)
    installation = door.installation
    with refusing(), store.database.writing() as connection:
        count = deciding.release_by_limit(installation, connection, rulebook, chosen.id, installation.moment())
    if count is None:
        refuse("the set has changed since you looked: look at `ansgar plan` again, then release what is there now")
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


@contextmanager
def refusing() -> Iterator[None]:
    """End with the sentence of a decision that does not fit how things stand."""
    try:
        yield
    except IllegalMove as error:
        refuse(str(error))
    except NotDecided as error:
        if error.code != deciding.NOT_THERE:
            refuse(str(error))
        complain(str(error))
        raise typer.Exit(FINDING) from None


def refuse(sentence: str) -> None:
    """End because something is refused."""
    complain(sentence)
    raise typer.Exit(REFUSED)
