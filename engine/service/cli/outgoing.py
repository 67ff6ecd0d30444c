"""Outgoing: what commands about messages, notices and recipients share: their states, and what people do with some."""

from collections.abc import Sequence
from typing import Annotated

import typer

from engine.service.cli.doorway import USAGE, Doorway
from engine.service.cli.output import complain
from engine.service.replaying import Desk
from engine.vocabulary.problem import nearest_or_all

Limit = Annotated[int, typer.Option("--limit", min=1, help="The most rows to show.")]


def check_state(state: str | None, states: Sequence[str]) -> None:
    """End where a state is asked for that there is none of."""
    if state is not None and state not in states:
        complain(f"--state {state}: {nearest_or_all(state, states)}")
        raise typer.Exit(USAGE)


def desk_of(door: Doorway) -> Desk:
    """Return where somebody at the command line decides."""
    return Desk(door.installation, door.store())


def tell_each(door: Doorway, what: str, ids: Sequence[int | str], state: str, sentence: str) -> None:
    """Tell what state some have come to; `what` names them in the document, and each has its number in the sentence."""
    door.printer.document({what: [{"id": one, "state": state} for one in ids]})
    for one in ids:
        door.printer.line(sentence.format(one))
