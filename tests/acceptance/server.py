"""A server for tests: the installed command, started and stopped for real, on a port of its own."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from email import message_from_bytes
from pathlib import Path
from typing import Any, Self

import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.acceptance.forked import ansgar

ANSGAR = Path(sys.executable).with_name("ansgar")
TRUSTED = ssl.create_default_context()  # read once: to read it for each call takes longer than the call


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Ledger:
    """A mail server that keeps count of what it was sent, by message id, as a receiver that honours keys does."""

    def __init__(self) -> None:
        self.subjects: dict[str, str] = {}
        self.received = 0
        self._changed = threading.Condition()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a letter."""
        letter = message_from_bytes(envelope.content if isinstance(envelope.content, bytes) else b"")
        with self._changed:
            self.subjects[str(letter["Message-ID"])] = str(letter["Subject"])
            self.received += 1
            self._changed.notify_all()
        return "250 taken"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    def wait_for(self, count: int, seconds: float = 60) -> None:
        """Wait until so many different letters have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.subjects) >= count, seconds), self.subjects


class Server:
    """`ansgar serve` in a folder."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self.port = folder, free_port()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSGAR_")}
        self.environment = clean | environment
        self.process: subprocess.Popen[bytes] | None = None
        made = self.command("--json", "token", "create", "--scope", "crm", "--scope", "read", "--name", "test")
        self.headers = {"authorization": f"Bearer {json.loads(made)['token']}"}

    def command(self, *arguments: str) -> str:
        """Run another command in the same folder and return what it prints."""
        done = ansgar(arguments, self.folder, self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def finding(self, *arguments: str) -> Any:
        """Run another command that ends with a finding, and return what it prints as JSON."""
        done = ansgar(arguments, self.folder, self.environment)
        assert done.returncode == 1, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def start(self) -> None:
        """Start, and wait until it is ready."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [ANSGAR, "serve", "--port", str(self.port)],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        transport = httpx.HTTPTransport(retries=0, verify=TRUSTED)
        with httpx.Client(transport=transport) as client:
            for _ in range(2_000):
                try:
                    if client.get(f"http://127.0.0.1:{self.port}/healthz").status_code == 200:
                        return
                except httpx.TransportError:
                    assert self.process.poll() is None, (self.folder / "log").read_text()
                    threading.Event().wait(0.02)  # nothing tells when a port opens
        raise AssertionError("the server did not start")

    def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        """End it by a signal and return how it ended."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(15)

    def call(self, method: str, path: str, **keywords: Any) -> httpx.Response:
        """Call the API with the token."""
        headers = self.headers | keywords.pop("headers", {})
        url = f"http://127.0.0.1:{self.port}{path}"
        return httpx.request(method, url, headers=headers, timeout=30, verify=TRUSTED, **keywords)
