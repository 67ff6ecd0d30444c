"""Messages: what goes outside in one list: what is done for cases, and what the CRM is told of moves."""

from dataclasses import dataclass
from typing import Any

from engine.language.rule import Rulebook
from engine.service.effects import REMINDER
from engine.service.telling_moves import type_of
from engine.store import intent_list, moves_told
from engine.store.database import Connection
from engine.store.records import RecordTables

STATES = intent_list.STATES
NAMES = ("id", "contact", "rule", "action", "state", "reason", "attempts", "due_at", "ended_at")
MOVE = "move-"  # begins the id of what the CRM is told of a move
Behind = tuple[int, int]  # the last intent and the last move of the page before
LAST = 2**62 - 1
BEGIN: Behind = (LAST, LAST)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which messages are wanted: of a state, of a rule, or all."""

    state: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of messages, the newest first; `behind` is where the next one begins, None where there is none."""

    rows: list[Row]
    behind: Behind | None


def listed(
    connection: Connection,
    tables: RecordTables,
    rulebook: Rulebook | None,
    asked: Asked,
    limit: int,
    behind: Behind = BEGIN,
) -> Page:
    """Return the newest messages behind a place. Both kinds keep the order of their ids, so that none is told twice."""
    state, rule = asked.state, asked.rule
    said = intent_list.listing(connection, tables, state, limit + 1, rule=rule, before=behind[0])
    moved = moves_told.listing(connection, tables, state, limit + 1, rule=rule, before=behind[1])
    rows: list[Row] = []
    last = list(behind)
    while (said or moved) and len(rows) < limit:
        if said and (not moved or said[0]["created_at"] >= moved[0]["created_at"]):
            last[0] = said[0]["id"]
            rows.append(_said(said.pop(0), rulebook))
        else:
            last[1] = moved[0]["id"]
            rows.append(_moved(moved.pop(0)))
    return Page(rows, (last[0], last[1]) if said or moved else None)


def as_told(row: Row) -> Row:
    """Return a message as the command and the API tell it."""
    return {name: row[name] for name in NAMES}


def _said(row: Row, rulebook: Rulebook | None) -> Row:
    """Return an intent with what it does in place of the number of its call."""
    rule = rulebook.rules.get(row["rule"]) if rulebook else None
    part, number = row.pop("part"), row.pop("call")
    call = rule.call_of(part, number) if rule else None
    return row | {"action": REMINDER if part == REMINDER else call.verb if call else None}


def _moved(row: Row) -> Row:
    """Return what the CRM is to be told of a selection or an alert as one more message, by the type of its event."""
    return row | {"id": f"{MOVE}{row['id']}", "action": type_of(row.pop("topic"), came=row.pop("came"))}
