"""Declining: what a person asked for and does not get ends a command with its sentence and the exit code that fits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from engine.service.cli.doorway import FINDING, REFUSED, USAGE
from engine.service.cli.output import complain
from engine.service.naming import ALREADY, NOT_THERE, UNFIT, Declined
from engine.store.deletions import IllegalMove

EXITS = {NOT_THERE: FINDING, ALREADY: FINDING, UNFIT: USAGE}


@contextmanager
def declining() -> Iterator[None]:
    """End with the sentence of what is declined, or does not fit how things stand."""
    try:
        yield
    except IllegalMove as error:
        refuse(str(error))
    except Declined as error:
        complain(str(error))
        raise typer.Exit(EXITS.get(error.code, REFUSED)) from None


def refuse(sentence: str) -> NoReturn:
    """End because something is refused."""
    complain(sentence)
    raise typer.Exit(REFUSED)
