"""Commands about holds: list them, place one, lift one."""

from typing import Annotated

import typer

from engine.service import holding
from engine.service.cli.declining import declining
from engine.service.cli.doorway import doorway

COLUMNS = ("id", "contact", "name", "reason", "placed_at", "owner", "review")


def holds_list(context: typer.Context) -> None:
    """List active holds; `overdue` where nobody has looked again by the day that was set for it."""
    door = doorway(context)
    found = holding.listed(door.installation, door.store())
    door.printer.document({"holds": found})
    rows = [[*(row[name] for name in COLUMNS), "overdue" if row["overdue"] else ""] for row in found]
    door.printer.table((*COLUMNS, ""), rows, "no holds")


def holds_add(
    context: typer.Context,
    contact: Annotated[str, typer.Argument(help="The contact's id.", metavar="CONTACT")],
    reason: Annotated[str, typer.Option("--reason", help="Why the contact is kept.")],
    name: Annotated[str, typer.Option("--name", help="What kind of hold it is.")] = holding.DEFAULT_NAME,
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it: a name or role of `people`.")] = "",
    review: Annotated[str, typer.Option("--review", help="When to look at it again.", metavar="DATE")] = "",
    entity: Annotated[str, typer.Option("--entity", help="What the contact is.")] = "contact",
) -> None:
    """Place a hold on a contact: no deletion gets past it. It stays until somebody lifts it."""
    door = doorway(context)
    wanted = holding.HoldWanted(contact, reason, name, owner, review, entity)
    with declining():
        hold = holding.place(door.installation, door.store(), wanted)
    door.printer.document({"hold": hold, "contact": contact})
    door.printer.line(f"hold {hold} is on {contact}")


def holds_lift(
    context: typer.Context, hold: Annotated[int, typer.Argument(help="The hold's id.", metavar="ID")]
) -> None:
    """Lift a hold."""
    door = doorway(context)
    with declining():
        holding.lift(door.installation, door.store(), hold)
    door.printer.document({"hold": hold, "lifted": True})
    door.printer.line(f"hold {hold} is lifted")
