"""Commands about recipients: what each was told of erasure and the like, and what is still to be told."""

from typing import Annotated

import typer

from engine.service import disclosed_to
from engine.service.cli.declining import declining
from engine.service.cli.doorway import doorway
from engine.service.cli.outgoing import Limit, check_state, desk_of, tell_each
from engine.service.replaying import replay_told, settle_told
from engine.store import recipients
from engine.store.intents import PENDING
from engine.store.recipients import LISTED, SETTLED, STATES

NAMES = ("id", *LISTED)
Ids = Annotated[list[int], typer.Argument(help="What was to be told, by id.", metavar="ID…")]


def recipients_sums(context: typer.Context) -> None:
    """List recipients with how much each was told, how much waits, and how much could not be told."""
    door = doorway(context)
    with door.store().database.reading() as connection:
        rows = disclosed_to.sums(connection, door.installation.settings)
    door.printer.document({"recipients": rows})
    door.printer.table(disclosed_to.SUMS, [list(row.values()) for row in rows], "no recipients are configured")


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
    with declining():
        replay_told(desk_of(door), [str(one) for one in ids])
    tell_each(door, "told", ids, PENDING, "{} is told again with the next run")


def recipients_settle(
    context: typer.Context,
    ids: Ids,
    reason: Annotated[str, typer.Option("--reason", help="How they were told, or why they cannot be. Name nobody.")],
) -> None:
    """Note that recipients were told by other means, or cannot be: they are not called about it any more."""
    door = doorway(context)
    with declining():
        settle_told(desk_of(door), [str(one) for one in ids], reason)
    tell_each(door, "told", ids, SETTLED, "{} is settled")
