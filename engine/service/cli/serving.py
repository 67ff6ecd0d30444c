"""The command of the running service."""

import gc
import logging
import os
import signal
import sys
from types import FrameType
from typing import Annotated

import typer
import uvicorn

from engine.service.cli.doorway import doorway
from engine.service.http.app import create_app
from engine.service.http.connections import connections
from engine.service.log_lines import LogLines
from engine.service.logs import configure_logs
from engine.service.safeguards import check_before_start, check_door
from engine.service.serving import Service, open_service

STOP_SECONDS = 5
LAST_SECONDS = 9  # after which it ends whatever a request still does: what is unfinished is resumed from its rows
SWITCH_SECONDS = 0.001  # after which the loop that judges lets an answer go before it: a fifth of what Python has


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65_535, help="The port to listen on.")] = None,
) -> None:
    """Serve the API, and run rules on schedule and on change, in one process; ends with exit 0 on SIGTERM.

    It does not start where a secret can be guessed, others can read a key, or other machines can call without a token.
    """
    installation = doorway(context).installation
    lines = LogLines(sys.stderr)
    configure_logs(logging.INFO, lines)
    check_before_start(installation)
    section = installation.settings.server
    service = open_service(installation)
    try:
        check_door(installation, service.store, host or section.host)
        lines.start()
        _listen(service, host or section.host, port or section.port)
    finally:
        service.stop()
        lines.stop()


def _listen(service: Service, host: str, port: int) -> None:
    section = service.installation.settings.server
    config = uvicorn.Config(
        create_app(service),
        host=host,
        port=port,
        http=connections(section.patience),
        ws="none",
        limit_concurrency=section.connections,
        server_header=False,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    # uvicorn stops gracefully on SIGTERM and then raises it anew: by then there is nothing left to interrupt.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()  # what is loaded by now stays: looking through it again and again would hold up answers
    service.start()
    _Listener(config, service).run()


class _Listener(uvicorn.Server):
    """Listens until it is asked to stop; from then on the time runs, and who follows runs is told that it is over."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop gracefully. No timer in a thread: whoever is interrupted here may be about to start one itself."""
        signal.alarm(LAST_SECONDS)
        self._service.scene.progress.close()
        super().handle_exit(sig, frame)
