"""`feeds`: how fresh and how much what deletion rules read is, and a person's word that a change of it is right."""

from typing import Annotated

import typer

from engine.language.rule import Rulebook
from engine.service.cli.doorway import FINDING, Doorway, doorway
from engine.service.cli.output import complain
from engine.service.doubts import CLOCK_NAME, Opened, accept, doubts, present
from engine.store import baselines

COLUMNS = ("feed", "present", "before", "counted_at", "doubt")
LESS, STALE, OFF = "much less than before", "nothing new", "jumped"


def feeds_list(context: typer.Context) -> None:
    """List what deletion rules read: how much there is, how much there was, and what is doubtful about it."""
    door = doorway(context)
    rows = _rows(door, door.rulebook())
    door.printer.document({"feeds": rows})
    door.printer.table(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])


def feeds_accept(
    context: typer.Context,
    feed: Annotated[str, typer.Argument(help=f"A feed by its name, or `{CLOCK_NAME}`.", metavar="FEED")],
) -> None:
    """Say that a feed, or the clock, is right as it is now; deletions that were held wait for `deletions approve`."""
    door = doorway(context)
    rulebook, store = door.rulebook(), door.store()
    with store.database.writing() as connection:
        is_known = accept(Opened(door.installation, store), connection, rulebook, feed)
    if not is_known:
        complain(f"no deletion rule reads `{feed}`: `ansgar feeds` lists what they read")
        raise typer.Exit(FINDING)
    door.printer.document({"feed": feed, "accepted": True})
    door.printer.line(f"{feed} is taken as it is now")


def _rows(door: Doorway, rulebook: Rulebook) -> list[dict[str, object]]:
    ground, moment = Opened(door.installation, door.store()), door.installation.moment()
    rules = [rule for rule in rulebook.rules.values() if rule.deletes]
    with ground.store.database.reading() as connection:
        levels, known = present(ground, connection, rules), baselines.read(connection)
        found = doubts(ground, connection, rules, moment)
    rows: list[dict[str, object]] = [
        {
            "feed": name,
            "present": value,
            "before": known[name].value if name in known else None,
            "counted_at": known[name].taken_at if name in known else None,
            "doubt": LESS if name in found.fallen else STALE if name in found.stale else None,
        }
        for name, value in sorted(levels.items())
    ]
    clock: dict[str, object] = dict.fromkeys(COLUMNS) | {"feed": CLOCK_NAME}
    return [*rows, clock | {"doubt": OFF if found.is_clock_off else None}]
