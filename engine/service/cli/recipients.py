"""Commands about recipients: what each was told of erasure and the like, and what is still to be told."""

from datetime import datetime
from typing import Annotated

import typer

from engine.service.cli.doorway import doorway
from engine.service.cli.outgoing import Limit, check_state, do_with_each, tell_each
from engine.store import recipients
from engine.store.database import Connection
from engine.store.intents import PARKED, PENDING
from engine.store.recipients import LISTED, OVERTAKEN, SETTLED, STATES, TOLD

NAMES = ("id", *LISTED)
SUMS = ("recipient", "told_of", "told", "waiting", "parked", "settled", "overtaken")
Ids = Annotated[list[int], typer.Argument(help="What was to be told, by id.", metavar="ID…")]


def recipients_sums(context: typer.Context) -> None:
    """List recipients with how much each was told, how much waits, and how much could not be told."""
    door = doorway(context)
    settings = door.installation.settings
    with door.store().database.reading() as connection:
        found = recipients.sums(connection)
        gone = {name for name in found if recipients.is_gone(connection, name)}
    rows = [
        {
            "recipient": name,
            "told_of": settings.recipients[name].told_of if name in settings.recipients else (),
            "told": count.get(TOLD, 0),
            "waiting": count.get(PENDING, 0),
            "parked": count.get(PARKED, 0),
            "settled": count.get(SETTLED, 0),
            "overtaken": count.get(OVERTAKEN, 0),
            "takes_calls": name not in gone,
        }
        for name in (*settings.recipients, *sorted(found.keys() - settings.recipients.keys()))
        for count in [found.get(name, {})]
    ]
    door.printer.document({"recipients": rows})
    door.printer.table((*SUMS, "takes_calls"), [list(row.values()) for row in rows], "no recipients are configured")


def recipients_list(
    context: typer.Context,
    contact: Annotated[str | None, typer.Option("--contact", help="Only what is about this contact.")] = None,
    entity: Annotated[str, typer.Option("--entity", help="What the contact is or was.")] = "contact",
    state: Annotated[str | None, typer.Option("--state", help=f"Only what is {', '.join(STATES)}.")] = None,
    limit: Limit = 100,
) -> None:
    """List what recipients were or are to be told, the newest first; of an erased contact, too, by its old id."""
    door = doorway(context)
    check_state(state, STATES)
    hashes = None if contact is None else door.installation.open_tombstones().id_hashes(entity, contact)
    with door.store().database.reading() as connection:
        rows = recipients.listing(connection, id_hashes=hashes, state=state, limit=limit)
    door.printer.document({"told": rows})
    door.printer.table(NAMES, [[row[name] for name in NAMES] for row in rows], "nothing")


def recipients_replay(context: typer.Context, ids: Ids) -> None:
    """Let what is parked begin anew, under its old key; a recipient that took no more calls is called again."""
    door = doorway(context)
    do_with_each(door, ids, recipients.replay, "nothing is parked under {}")
    tell_each(door, "told", ids, PENDING, "{} is told again with the next run")


def recipients_settle(
    context: typer.Context,
    ids: Ids,
    reason: Annotated[str, typer.Option("--reason", help="How they were told, or why they cannot be. Name nobody.")],
) -> None:
    """Note that recipients were told by other means, or cannot be: they are not called about it any more."""
    door = doorway(context)

    def settle(connection: Connection, one: int, now: datetime) -> bool:
        return recipients.settle(connection, one, reason, now)

    do_with_each(door, ids, settle, "nothing waits or is parked under {}")
    tell_each(door, "told", ids, SETTLED, "{} is settled")
