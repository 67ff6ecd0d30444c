"""Commands about the tokens with which the API is called: make one, list them, revoke one."""

from typing import Annotated

import typer

from engine.service import admitting
from engine.service.admitting import TokenWanted
from engine.service.cli.declining import declining
from engine.service.cli.doorway import doorway
from engine.store import tokens


def token_create(
    context: typer.Context,
    scope: Annotated[list[str], typer.Option("--scope", help=f"What it may do: {', '.join(tokens.SCOPES)}.")],
    name: Annotated[str, typer.Option("--name", help="Whose it is.")],
    expires: Annotated[
        str,
        typer.Option("--expires", help="When it ends: `90 days`, or the start of a day; else never.", metavar="WHEN"),
    ] = "",
) -> None:
    """Make a token; it is shown once."""
    door = doorway(context)
    with declining():
        made = admitting.make(door.installation, door.store(), TokenWanted(name, tuple(scope), expires))
    door.printer.document({"token": made.token, "id": made.id, "expires_at": made.expires_at})
    door.printer.line(made.token)


def token_list(context: typer.Context) -> None:
    """List tokens, without anything that could be used."""
    door = doorway(context)
    with door.store().database.reading() as connection:
        found = tokens.listing(connection)
    door.printer.document({"tokens": found})
    door.printer.table(tuple(tokens.SHOWN), [tuple(row.values()) for row in found], "no tokens")


def token_revoke(
    context: typer.Context, token: Annotated[int, typer.Argument(help="The token's id.", metavar="ID")]
) -> None:
    """Revoke a token: the next call with it is refused."""
    door = doorway(context)
    with declining():
        admitting.revoke(door.installation, door.store(), token)
    door.printer.document({"token": token, "revoked": True})
    door.printer.line(f"token {token} is revoked")
