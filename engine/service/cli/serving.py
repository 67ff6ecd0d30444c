"""Commands of the running service: serve, and the tokens with which it is called."""

import gc
import logging
import signal
import sys
from typing import Annotated

import typer
import uvicorn

from engine.service.cli.doorway import FINDING, USAGE, doorway
from engine.service.cli.output import complain
from engine.service.http.app import create_app
from engine.service.logs import configure_logs
from engine.service.recording import ANYBODY, record
from engine.service.serving import open_service
from engine.store import tokens
from engine.store.chain import Act
from engine.vocabulary.problem import nearest_or_all

STOP_SECONDS = 5
SWITCH_SECONDS = 0.001  # after which the loop that judges lets an answer go before it: a fifth of what Python has


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65_535, help="The port to listen on.")] = None,
) -> None:
    """Serve the API, and run rules on schedule and on change, in one process; ends with exit 0 on SIGTERM."""
    door = doorway(context)
    configure_logs(logging.INFO)
    service = open_service(door.installation)
    server = door.installation.settings.server
    config = uvicorn.Config(
        create_app(service),
        host=host or server.host,
        port=port or server.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    # uvicorn stops gracefully on SIGTERM and then raises it anew: by then there is nothing left to interrupt.
    signal.signal(signal.SIGTERM, lambda *_: None)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()  # what is loaded by now stays: looking through it again and again would hold up answers
    service.start()
    try:
        uvicorn.Server(config).run()
    finally:
        service.stop()


def token_create(
    context: typer.Context,
    scope: Annotated[list[str], typer.Option("--scope", help=f"What it may do: {', '.join(tokens.SCOPES)}.")],
    name: Annotated[str, typer.Option("--name", help="Whose it is.")],
) -> None:
    """Make a token; it is shown once."""
    door = doorway(context)
    for one in scope:
        if one not in tokens.SCOPES:
            complain(f"`{one}` is no scope; {nearest_or_all(one, tokens.SCOPES)}")
            raise typer.Exit(USAGE)
    with door.store().database.writing() as connection:
        now = door.installation.clock.now()
        token = tokens.create(connection, name, tuple(dict.fromkeys(scope)), now)
        made: dict[str, str | int] = {"token": tokens.newest(connection), "scopes": " ".join(dict.fromkeys(scope))}
        record(door.installation, connection, Act(ANYBODY, "token.created", details=made), now)
    door.printer.document({"token": token})
    door.printer.line(token)


def token_list(context: typer.Context) -> None:
    """List tokens, without anything that could be used."""
    door = doorway(context)
    with door.store().database.reading() as connection:
        found = tokens.listing(connection)
    door.printer.document({"tokens": found})
    names = ("id", "name", "scopes", "created_at", "revoked_at")
    door.printer.table(names, [[row[name] for name in names] for row in found], "no tokens")


def token_revoke(
    context: typer.Context, token: Annotated[int, typer.Argument(help="The token's id.", metavar="ID")]
) -> None:
    """Revoke a token."""
    door = doorway(context)
    with door.store().database.writing() as connection:
        now = door.installation.clock.now()
        was_valid = tokens.revoke(connection, token, now)
        if was_valid:
            record(door.installation, connection, Act(ANYBODY, "token.revoked", details={"token": token}), now)
    if not was_valid:
        complain(f"no token {token} is valid")
        raise typer.Exit(FINDING)
    door.printer.document({"token": token, "revoked": True})
    door.printer.line(f"token {token} is revoked")
