"""Commands about notices: who was told that something waits for a person, and who could not be."""

from typing import Annotated

import typer

from engine.service.cli.declining import declining
from engine.service.cli.doorway import doorway
from engine.service.cli.outgoing import Limit, check_state, desk_of, tell_each
from engine.service.replaying import replay_notices
from engine.store import notices
from engine.store.intents import PENDING
from engine.store.notices import STATES

NAMES = ("id", "kind", "details", "to", "state", "reason", "attempts", "created_at", "ended_at")


def notices_list(
    context: typer.Context,
    state: Annotated[str | None, typer.Option("--state", help=f"Only those that are {', '.join(STATES)}.")] = None,
    limit: Limit = 100,
) -> None:
    """List notices, the newest first: what waits for a person, who was told, and why somebody was not."""
    door = doorway(context)
    check_state(state, STATES)
    with door.store().database.reading() as connection:
        rows = notices.listing(connection, state, limit)
    door.printer.document({"notices": rows})
    door.printer.table(NAMES, [[row[name] for name in NAMES] for row in rows], "no notices")


def notices_replay(
    context: typer.Context, ids: Annotated[list[int], typer.Argument(help="Notices by id.", metavar="ID…")]
) -> None:
    """Let parked notices begin anew."""
    door = doorway(context)
    with declining():
        replay_notices(desk_of(door), [str(one) for one in ids])
    tell_each(door, "notices", ids, PENDING, "notice {} goes out again with the next run")
