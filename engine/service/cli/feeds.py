"""`feeds`: how fresh and how much what deletion rules read is, and a person's word that a change of it is right."""

from typing import Annotated

import typer

from engine.service.cli.declining import declining
from engine.service.cli.doorway import doorway
from engine.service.doubts import CLOCK_NAME, Opened
from engine.service.feeding import COLUMNS, accept_feed, listed


def feeds_list(context: typer.Context) -> None:
    """List what deletion rules read: how much there is, how much there was, and what is doubtful about it."""
    door = doorway(context)
    rulebook = door.rulebook()
    rows = listed(Opened(door.installation, door.store()), rulebook)
    door.printer.document({"feeds": rows})
    door.printer.table(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])


def feeds_accept(
    context: typer.Context,
    feed: Annotated[str, typer.Argument(help=f"A feed by its name, or `{CLOCK_NAME}`.", metavar="FEED")],
) -> None:
    """Say that a feed, or the clock, is right as it is now; deletions that were held wait for `deletions approve`."""
    door = doorway(context)
    rulebook, store = door.rulebook(), door.store()
    with declining():
        accept_feed(Opened(door.installation, store), rulebook, feed)
    door.printer.document({"feed": feed, "accepted": True})
    door.printer.line(f"{feed} is taken as it is now")
