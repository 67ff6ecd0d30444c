"""Commands about what goes outside: messages, tasks, field changes and calls, as they wait, ended or were parked."""

import re
from datetime import datetime
from typing import Annotated, Any

import typer

from engine.language.rule import Rulebook
from engine.service.cli.doorway import doorway
from engine.service.cli.outgoing import Limit, check_state, do_with_each, tell_each
from engine.service.effects import REMINDER
from engine.service.telling_moves import type_of
from engine.store import intents, moves_told
from engine.store.database import Connection

STATES = (intents.PENDING, intents.DONE, intents.WITHHELD, intents.PARKED)
NAMES = ("id", "contact", "rule", "action", "state", "reason", "attempts", "due_at", "ended_at")
_ID = re.compile(r"(move-)?(\d{1,18})")


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
        said = [_said(row, loaded) for row in intents.listing(connection, store.tables, state, limit)]
        moved = [_moved(row) for row in moves_told.listing(connection, store.tables, state, limit)]
    newest = sorted([*said, *moved], key=lambda row: row["created_at"], reverse=True)[:limit]
    rows = [{name: row[name] for name in NAMES} for row in newest]
    door.printer.document({"messages": rows})
    door.printer.table(NAMES, [[row[name] for name in NAMES] for row in rows], "no messages")


def _said(row: dict[str, Any], rulebook: Rulebook | None) -> dict[str, Any]:
    """Return an intent with what it does in place of the number of its call."""
    rule = rulebook.rules.get(row["rule"]) if rulebook else None
    part, number = row.pop("part"), row.pop("call")
    call = rule.call_of(part, number) if rule else None
    return row | {"action": REMINDER if part == REMINDER else call.verb if call else None}


def _moved(row: dict[str, Any]) -> dict[str, Any]:
    """Return what the CRM is to be told of a selection or an alert as one more message, by the type of its event."""
    return row | {"id": f"move-{row['id']}", "action": type_of(row.pop("topic"), came=row.pop("came"))}


def messages_replay(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(help="Messages by id, such as 17 or move-17.", metavar="ID…")],
) -> None:
    """Let parked messages begin anew; who has been reached before is not told twice."""
    door = doorway(context)
    do_with_each(door, ids, _replay, "no message {} is parked")
    known = [int(one) if one.isdecimal() else one for one in ids]
    tell_each(door, "messages", known, intents.PENDING, "message {} goes out again with the next run")


def _replay(connection: Connection, one: str, now: datetime) -> bool:
    found = _ID.fullmatch(one)
    if found is None:
        return False
    replay = moves_told.replay if found[1] else intents.replay
    return replay(connection, int(found[2]), now)
