"""Commands with which people decide: erased, and the release of a paused rule."""

from typing import Annotated

import typer

from engine.service import deciding
from engine.service.cli.declining import declining, refuse
from engine.service.cli.doorway import DONE, FINDING, Doorway, doorway, rule_named
from engine.service.naming import person_named
from engine.service.recording import record_release
from engine.store import erasure
from engine.store.schema import Store


def erased(
    context: typer.Context,
    contact: Annotated[str, typer.Argument(help="The contact's id.", metavar="ID")],
    entity: Annotated[str, typer.Option("--entity", help="What the contact was.")] = "contact",
) -> None:
    """Tell whether a contact was erased here, with its receipt; or that it was for some purposes only."""
    door = doorway(context)
    hashes = door.installation.open_tombstones().id_hashes(entity, contact)
    with door.store().database.reading() as connection:
        receipt = next(filter(None, (erasure.receipt_of(connection, one) for one in hashes)), None)
    is_erased = receipt is not None and not receipt["purposes"]
    door.printer.document({"erased": is_erased, "receipt": receipt})
    if not is_erased:
        door.printer.line("not erased here" + (", save what was held for these purposes:" if receipt else ""))
    door.printer.pairs(receipt or {})
    raise typer.Exit(DONE if is_erased else FINDING)


def rules_release(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="The paused rule.", metavar="ID")],
    by: Annotated[str, typer.Option("--by", help="Who releases it, by name.", metavar="NAME")] = "",
) -> None:
    """Release a rule that a person paused; or that a limit paused, for exactly the deletions that it stopped."""
    door = doorway(context)
    store = door.store()
    with declining():
        person_named(door.installation, by)
    if _is_released_by_person(door, store, rule, by):
        return
    rulebook = door.rulebook()
    chosen = rule_named(rulebook, rule)
    installation = door.installation
    with declining(), store.database.writing() as connection:
        deciding.check_release(installation, connection, chosen.id, by)
        count = deciding.release_by_limit(installation, connection, rulebook, chosen.id, installation.moment())
        if count is not None:
            found: dict[str, str | int] = {"from": "limit", "scheduled": count}
            record_release(installation, connection, (chosen.id, chosen.version), found, by)
    if count is None:
        refuse("the set has changed since you looked: look at `ansgar plan` again, then release what is there now")
    door.printer.document({"rule": chosen.id, "released": "limit", "scheduled": count})
    door.printer.line(f"{chosen.id} is released: {count} deletions are scheduled")


def _is_released_by_person(door: Doorway, store: Store, rule: str, by: str) -> bool:
    """Release a rule that a person paused, whatever its files say, and tell; False where no person paused it."""
    with store.database.writing() as connection:
        released = deciding.release_by_person(connection, rule, door.installation.clock.now())
        if released is not None:
            record_release(door.installation, connection, (rule, ""), {"from": "pause", "waiting": released[0]}, by)
    if released is None:
        return False
    waiting, is_limited = released
    also = "; its limit still keeps it from scheduling: release it again" if is_limited else ""
    door.printer.document({"rule": rule, "released": "person", "waiting": waiting})
    door.printer.line(f"{rule} is released: {waiting} deletions go on where the pause found them{also}")
    return True
