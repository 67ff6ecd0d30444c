"""Commands about notices: who was told that something waits for a person, and who could not be."""

from typing import Annotated

import typer

from engine.service.cli.doorway import FINDING, USAGE, doorway
from engine.service.cli.output import complain
from engine.store import notices
from engine.store.intents import DONE, PARKED, PENDING, WITHHELD
from engine.vocabulary.problem import nearest_or_all

STATES = (PENDING, DONE, WITHHELD, PARKED)
NAMES = ("id", "kind", "details", "to", "state", "reason", "attempts", "created_at", "ended_at")


def notices_list(
    context: typer.Context,
    state: Annotated[str | None, typer.Option("--state", help=f"Only those that are {', '.join(STATES)}.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The most rows to show.")] = 100,
) -> None:
    """List notices, the newest first: what waits for a person, who was told, and why somebody was not."""
    door = doorway(context)
    if state is not None and state not in STATES:
        complain(f"--state {state}: {nearest_or_all(state, STATES)}")
        raise typer.Exit(USAGE)
    with door.store().database.reading() as connection:
        rows = notices.listing(connection, state, limit)
    door.printer.document({"notices": rows})
    door.printer.table(NAMES, [[row[name] for name in NAMES] for row in rows], "no notices")


def notices_replay(
    context: typer.Context, ids: Annotated[list[int], typer.Argument(help="Notices by id.", metavar="ID…")]
) -> None:
    """Let parked notices begin anew."""
    door = doorway(context)
    now = door.installation.clock.now()
    with door.store().database.writing() as connection:
        for one in ids:
            if not notices.replay(connection, one, now):
                complain(f"no notice {one} is parked")
                raise typer.Exit(FINDING)
    door.printer.document({"notices": [{"id": one, "state": PENDING} for one in ids]})
    for one in ids:
        door.printer.line(f"notice {one} goes out again with the next run")
