"""Commands about restrictions (Art. 18): list them, record what ends one, permit a use nevertheless."""

from typing import Annotated

import typer

from engine.service import restricting
from engine.service.cli.declining import declining
from engine.service.cli.doorway import doorway
from engine.service.naming import person_named
from engine.service.restricting import GROUNDS, Permit
from engine.store.restrictions import USES

Contact = Annotated[str, typer.Argument(help="The contact's id.", metavar="CONTACT")]
By = Annotated[str, typer.Option("--by", help="Who says so: a name of `people` in the configuration.")]
COLUMNS = ("contact", "since", "flag", "told")


def restrictions_list(context: typer.Context) -> None:
    """List open restrictions: since when, if the flag is still set, when the person was told, what is permitted."""
    door = doorway(context)
    found = restricting.listed(door.installation, door.store())
    door.printer.document({"restrictions": found})
    rows = [
        [
            *(row["contact"], row["since"], "set" if row["flag"] else "not set", row["told"]),
            [f"{one['use']} ({one['ground']}, id {one['id']})" for one in row["permissions"]],
        ]
        for row in found
    ]
    door.printer.table((*COLUMNS, "permitted"), rows, "no restrictions")


def restrictions_lift(
    context: typer.Context,
    contact: Contact,
    told: Annotated[
        str, typer.Option("--told", help="The day on which the person was told of the lifting.", metavar="DATE")
    ],
    by: By = "",
) -> None:
    """Record that the person was told (Art. 18(3)); the restriction ends once the flag is no longer set."""
    door = doorway(context)
    with declining():
        person_named(door.installation, by)
        has_ended = restricting.lift(door.installation, door.store(), contact, told, by)
    door.printer.document({"contact": contact, "told": told, "lifted": has_ended})
    then = "is lifted" if has_ended else "ends as soon as the CRM sends the flag as not set"
    door.printer.line(f"the restriction of {contact} {then}")


def restrictions_permit(
    context: typer.Context,
    contact: Contact,
    use: Annotated[str, typer.Option("--use", help=f"What is permitted: {', '.join(USES)}.")],
    ground: Annotated[str, typer.Option("--ground", help=f"On what ground: {', '.join(GROUNDS)}.")],
    said: Annotated[str, typer.Option("--said", help="The day on which that was said.", metavar="DATE")],
    by: By = "",
) -> None:
    """Permit a use of a restricted contact (Art. 18(2)); a deletion takes that person's consent."""
    door = doorway(context)
    with declining():
        person_named(door.installation, by)
        wanted = Permit(use, ground, said, by)
        permission = restricting.permit(door.installation, door.store(), contact, wanted)
    door.printer.document({"permission": permission, "contact": contact, "use": use})
    door.printer.line(f"permission {permission}: {use} of {contact}")


def restrictions_withdraw(
    context: typer.Context,
    permission: Annotated[int, typer.Argument(help="The permission's id.", metavar="ID")],
    by: By = "",
) -> None:
    """Withdraw a permission."""
    door = doorway(context)
    with declining():
        person_named(door.installation, by)
        restricting.withdraw(door.installation, door.store(), permission, by)
    door.printer.document({"permission": permission, "withdrawn": True})
    door.printer.line(f"permission {permission} is withdrawn")
