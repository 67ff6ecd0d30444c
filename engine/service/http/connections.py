"""Connections: who does not say in time, or in short, what they ask for is not waited for (S5)."""

import asyncio
from asyncio.events import TimerHandle
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

LARGEST_HEAD = 64 << 10  # bytes of a request before its body
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(HttpToolsProtocol):
    """A connection that is closed when the head of a request takes longer than `patience`, in seconds, or is too large.

    The server's own time-outs begin only once a request is there.
    """

    patience = 30.0

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head: int | None = 0  # bytes so far of the head that is coming; None while a request is being answered
        self._timer: TimerHandle | None = self.loop.call_later(self.patience, self._close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what comes, as long as the head of a request is not too large."""
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        if self._head is not None and self._head > LARGEST_HEAD and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self._close()

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a head."""
        super().on_message_begin()
        self._head = self._head or 0
        if self._timer is None:
            self._timer = self.loop.call_later(self.patience, self._close)

    def on_headers_complete(self) -> None:
        """Go on: the head is there."""
        self._stop()
        self._head = None
        super().on_headers_complete()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def connections(patience: float) -> type[Connection]:
    """Return the kind of connection with a patience, in seconds."""
    return type("Connection", (Connection,), {"patience": patience})
