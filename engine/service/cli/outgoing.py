"""Outgoing: what commands about messages, notices and recipients share: their states, and what people do with some."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import typer

from engine.service.cli.doorway import FINDING, USAGE, Doorway
from engine.service.cli.output import complain
from engine.store.database import Connection
from engine.vocabulary.problem import nearest_or_all

Limit = Annotated[int, typer.Option("--limit", min=1, help="The most rows to show.")]
Id = TypeVar("Id", int, str)


def check_state(state: str | None, states: Sequence[str]) -> None:
    """End where a state is asked for that there is none of."""
    if state is not None and state not in states:
        complain(f"--state {state}: {nearest_or_all(state, states)}")
        raise typer.Exit(USAGE)


def do_with_each(
    door: Doorway, ids: Sequence[Id], step: Callable[[Connection, Id, datetime], bool], missing: str
) -> None:
    """Do something with each of some, or with none of them; `missing` is what is said of one that is not there.

    The step returns False where there is nothing to do it with.
    """
    now = door.installation.clock.now()
    with door.store().database.writing() as connection:
        for one in ids:
            if not step(connection, one, now):
                complain(missing.format(one))
                raise typer.Exit(FINDING)


def tell_each(door: Doorway, what: str, ids: Sequence[int | str], state: str, sentence: str) -> None:
    """Tell what state some have come to; `what` names them in the document, and each has its number in the sentence."""
    door.printer.document({what: [{"id": one, "state": state} for one in ids]})
    for one in ids:
        door.printer.line(sentence.format(one))
