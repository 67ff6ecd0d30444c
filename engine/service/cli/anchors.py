"""`anchors`: how dates stand from which deletion rules measure age, and which contacts have none that can be right."""

from dataclasses import asdict
from typing import Annotated

import typer

from engine.service import anchoring
from engine.service.cli.doorway import FINDING, doorway, rule_named
from engine.store.anchors import STANDINGS

COLUMNS = ("rule", "field", *STANDINGS)


def anchors(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="List the contacts of this rule.", metavar="[RULE]")] = "",
) -> None:
    """Show retention dates that are missing, to come, or before 1900: such contacts are findings, and not deleted."""
    door = doorway(context)
    rulebook, store, moment = door.rulebook(), door.store(), door.installation.moment()
    with store.database.reading() as connection:
        if rule:
            chosen = rule_named(rulebook, rule)
            rows = list(anchoring.listed(store, connection, chosen, moment))
            found: list[dict[str, object]] = [dict(one) for one in rows]
        else:
            found = [asdict(one) for one in anchoring.standings(store, connection, rulebook, moment)]
    names = ("contact", "field", "what") if rule else COLUMNS
    door.printer.document({"contacts" if rule else "anchors": found})
    empty = "every date is there and can be right" if rule else "no deletion rule measures age from a date"
    door.printer.table(names, [[row[name] for name in names] for row in found], empty)
    if rule and found:
        raise typer.Exit(FINDING)
