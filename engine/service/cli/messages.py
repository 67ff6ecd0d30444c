"""Commands about what goes outside: messages, tasks, field changes and calls, as they wait, ended or were parked."""

from typing import Annotated

import typer

from engine.service.cli.doorway import doorway
from engine.service.cli.outgoing import Limit, check_state, do_with_each, tell_each
from engine.service.effects import REMINDER
from engine.store import intents

STATES = (intents.PENDING, intents.DONE, intents.WITHHELD, intents.PARKED)
NAMES = ("id", "contact", "rule", "action", "state", "reason", "attempts", "due_at", "ended_at")


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
        rows = intents.listing(connection, store.tables, state, limit)
    for row in rows:
        rule = loaded.rules.get(str(row["rule"])) if loaded else None
        part, number = str(row.pop("part")), int(str(row.pop("call")))
        call = rule.call_of(part, number) if rule else None
        row["action"] = REMINDER if part == REMINDER else call.verb if call else None
    door.printer.document({"messages": rows})
    door.printer.table(NAMES, [[row[name] for name in NAMES] for row in rows], "no messages")


def messages_replay(
    context: typer.Context, ids: Annotated[list[int], typer.Argument(help="Messages by id.", metavar="ID…")]
) -> None:
    """Let parked messages begin anew; who has been reached before is not told twice."""
    door = doorway(context)
    do_with_each(door, ids, intents.replay, "no message {} is parked")
    tell_each(door, "messages", ids, intents.PENDING, "message {} goes out again with the next run")
