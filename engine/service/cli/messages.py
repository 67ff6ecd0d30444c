"""Commands about what goes outside: messages, tasks, field changes and calls, as they wait, ended or were parked."""

from typing import Annotated

import typer

from engine.service.cli.declining import declining
from engine.service.cli.doorway import doorway
from engine.service.cli.outgoing import Limit, check_state, desk_of, tell_each
from engine.service.messages import NAMES, STATES, Asked, as_told, listed
from engine.service.replaying import replay_messages
from engine.store.intents import PENDING


def messages_list(
    context: typer.Context,
    state: Annotated[str | None, typer.Option("--state", help=f"Only those that are {', '.join(STATES)}.")] = None,
    limit: Limit = 100,
) -> None:
    """List what goes outside, the newest first, with the reason why it waits, was withheld or is parked."""
    door = doorway(context)
    check_state(state, STATES)
    loaded = door.installation.load_rules().rulebook
    store = door.store()
    with store.database.reading() as connection:
        found = listed(connection, store.tables, loaded, Asked(state), limit)
    rows = [as_told(row) for row in found.rows]
    door.printer.document({"messages": rows})
    door.printer.table(NAMES, [[row[name] for name in NAMES] for row in rows], "no messages")


def messages_replay(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(help="Messages by id, such as 17 or move-17.", metavar="ID…")],
) -> None:
    """Let parked messages begin anew; who has been reached before is not told twice."""
    door = doorway(context)
    with declining():
        replay_messages(desk_of(door), ids)
    known = [int(one) if one.isdecimal() else one for one in ids]
    tell_each(door, "messages", known, PENDING, "message {} goes out again with the next run")
