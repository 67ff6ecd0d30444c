"""Limits of a served API (S5): no caller exhausts it, and others are answered meanwhile."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.server import Server

PATIENCE = 1  # second
LARGEST = 100_000  # bytes
Open = Callable[[], "Wire"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server with little patience."""
    tmp_path = tmp_path_factory.mktemp("limits")
    limits = {"patience": PATIENCE, "largest_body": LARGEST, "largest_import": 10 * LARGEST, "connections": 20}
    (tmp_path / "config.yaml").write_text(f"server: {json.dumps(limits)}\nrules: {{path: rules}}\n")
    (tmp_path / "rules").mkdir()
    made = Server(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def wire(server: Server) -> Iterator[Open]:
    """Give what opens connections to it; all are hung up in the end."""
    opened: list[Wire] = []

    def open_one() -> Wire:
        opened.append(Wire(server))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


class Wire:
    """A connection on which anything can be sent."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=10)

    def send(self, data: bytes) -> None:
        """Send, whether anybody listens or not."""
        try:
            self._socket.sendall(data)
        except OSError:
            return

    def head(self, method: str, path: str, **headers: str) -> None:
        """Send the head of a request."""
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in {**self._server.headers, **headers}.items()]
        self.send("\r\n".join([f"{method} {path} HTTP/1.1", "host: x", *lines, "", ""]).encode())

    def answer(self) -> str:
        """Return all that is answered until the server closes the connection, or a body is complete."""
        found = b""
        try:
            while part := self._socket.recv(65_536):
                found += part
        except OSError:
            pass
        return found.decode("latin-1")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def peak_memory(server: Server) -> int:
    """Return the most memory that the server ever had, in KiB."""
    assert server.process is not None
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0])


def is_well(server: Server) -> bool:
    """True while others are answered."""
    return server.call("GET", "/v1/selections").status_code == 200


def test_s5_a_body_that_is_too_large_is_refused_before_it_is_all_there(server: Server, wire: Open) -> None:
    """By its declared length at once, and without one as soon as it is; memory stays flat."""
    before = peak_memory(server)
    declared = wire()
    declared.head("PUT", "/v1/contacts/1", content_length=str(100 << 20))
    endless = wire()
    endless.head("PUT", "/v1/contacts/1", transfer_encoding="chunked")
    for _ in range(200):
        endless.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")

    assert " 413 " in declared.answer().partition("\r\n")[0]
    assert endless.answer().partition("\r\n")[0] in {
        "HTTP/1.1 413 Request Entity Too Large",
        "HTTP/1.1 413 Content Too Large",
        "",
    }
    assert is_well(server)
    assert peak_memory(server) - before < 30 << 10


def test_s5_an_import_has_a_limit_of_its_own(server: Server) -> None:
    """What came before the limit may be stored; the answer says that the body was too large."""
    lines = b"".join(b'{"id": "c%d", "name": "%s"}\n' % (n, b"x" * 80) for n in range(15_000))
    found = server.call("POST", "/v1/contacts/import", content=lines)

    assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (413, "too-large")
    assert is_well(server)


def test_s5_whoever_sends_slowly_is_not_waited_for(server: Server, wire: Open) -> None:
    """A head that never ends, nothing at all, and a body that drips: each ends within its patience."""
    silent, dripping, stalling = wire(), wire(), wire()
    dripping.send(b"GET /v1/runs HTTP/1.1\r\nhost: x\r\nx-drip: ")
    stalling.head("PUT", "/v1/contacts/1", content_length="1000")
    stalling.send(b'{"name": "')

    assert (silent.answer(), dripping.answer()) == ("", "")
    assert "408" in stalling.answer().partition("\r\n")[0]
    assert is_well(server)


def test_s5_a_head_that_is_too_large_is_refused(server: Server, wire: Open) -> None:
    """431, and the connection is closed."""
    one = wire()
    one.send(b"GET /v1/runs HTTP/1.1\r\nhost: x\r\n")
    for number in range(40):
        one.send(b"x-%d: " % number + b"x" * 4_096 + b"\r\n")

    assert one.answer().partition("\r\n")[0] in {"HTTP/1.1 431 Request Header Fields Too Large", ""}
    assert is_well(server)


def test_s5_more_connections_than_allowed_are_told_so_and_go_away(server: Server, wire: Open) -> None:
    """Thirty that say nothing: others get 503 meanwhile, and are answered once those were closed."""
    silent = [wire() for _ in range(30)]
    meanwhile = server.call("GET", "/v1/selections").status_code
    for one in silent:
        one.answer()

    assert meanwhile == 503
    assert is_well(server)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"tags": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "deep"),
        (json.dumps({f"k{n}": 0 for n in range(8_000)}).encode(), "no such field"),
        (json.dumps({"activities": [{f"k{n}": 0} for n in range(6_000)]}).encode(), "no such field"),
    ],
)
def test_s5_json_that_is_made_to_be_dear_is_refused_cheaply(server: Server, body: bytes, said: str) -> None:
    """Nested ten thousand deep, or with thousands of unknown keys: a hundred faults are told, and no more looked for."""
    found = server.call("PUT", "/v1/contacts/1", content=body)

    assert found.status_code == 422
    assert said in found.json()["detail"]
    assert len(found.json()["refusals"]) <= 100


def test_s5_compressed_bodies_are_not_unpacked(server: Server) -> None:
    """A small one can stand for gigabytes."""
    found = server.call("PUT", "/v1/contacts/1", content=b"\x1f\x8b", headers={"content-encoding": "gzip"})

    assert (found.status_code, "content-encoding" in found.json()["detail"]) == (415, True)
