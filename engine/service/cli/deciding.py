"""Commands with which people decide: erased, and the release of a paused rule."""

from typing import Annotated

import typer

from engine.service import governing
from engine.service.cli.declining import declining
from engine.service.cli.doorway import DONE, FINDING, doorway, rule_named
from engine.service.governing import Released
from engine.service.naming import person_named
from engine.store import erasure


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
    released = governing.release_pause(door.installation, store, rule, by)
    if released is None:
        rulebook = door.rulebook()
        rule_named(rulebook, rule)
        with declining():
            released = governing.release_limit(door.installation, store, rulebook, rule, by)
    door.printer.document(released.as_json())
    door.printer.line(_told(released))


def _told(released: Released) -> str:
    if released.by == "limit":
        return f"{released.rule} is released: {released.deletions} deletions are scheduled"
    also = "; its limit still keeps it from scheduling: release it again" if released.is_still_limited else ""
    return f"{released.rule} is released: {released.deletions} deletions go on where the pause found them{also}"
