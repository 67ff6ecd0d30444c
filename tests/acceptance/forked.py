"""Commands by fork: the `ansgar` command in a child of a process that has loaded it already, in a quarter of the time.

Each command is a process of its own, with its own folder, environment, standard streams and exit code. What must begin
from nothing (a signal, an encoding, what is loaded) is started as a program instead.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

ROOT = Path(__file__).parents[2]
LOADED = (
    "engine.service.cli.main", "engine.service.cli.evaluation", "engine.service.cli.planning", "engine.service.scene",
    "engine.service.acting", "engine.service.cli.setup", "engine.service.cli.state", "engine.service.cli.checking",
    "engine.store.schema", "engine.service.vacancies", "engine.service.rule_testing", "engine.service.cli.deleting",
)  # fmt: skip
_PARENT: list[tuple["subprocess.Popen[bytes]", socket.socket]] = []


def ansgar(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a folder; return what it printed and its exit code.

    With another Python environment than that of the tests it is a program of its own.
    """
    if any(name.startswith("PYTHON") and environment[name] != os.environ.get(name) for name in environment):
        return subprocess.run(
            [Path(sys.executable).with_name("ansgar"), *arguments], cwd=folder, env=environment, input=stdin,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if not _PARENT:
        _PARENT.append(_begun())
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as error:
        given.write(stdin.encode())
        given.seek(0)
        request = json.dumps({"arguments": arguments, "folder": str(folder), "environment": dict(environment)})
        line = _PARENT[0][1]
        socket.send_fds(line, [len(request.encode()).to_bytes(4, "big")], [one.fileno() for one in (given, out, error)])
        line.sendall(request.encode())
        code = int.from_bytes(line.recv(4), "big", signed=True)
        said = []
        for one in (out, error):
            one.seek(0)
            said.append(one.read().decode(errors="replace"))
    return subprocess.CompletedProcess(["ansgar", *arguments], code, *said)


def _begun() -> tuple["subprocess.Popen[bytes]", socket.socket]:
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "tests.acceptance.forked", str(theirs.fileno())]
    process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])
    theirs.close()
    return process, ours


def _serve(line: socket.socket) -> None:
    """Fork for each request, until the other end is closed."""
    for name in LOADED:
        __import__(name)
    while True:
        head, fds, _, _ = socket.recv_fds(line, 4, 3)
        if not head:
            return
        request = json.loads(_read(line, int.from_bytes(head, "big")))
        child = os.fork()
        if child == 0:
            _become(request, fds)
        for one in fds:
            os.close(one)
        _, status = os.waitpid(child, 0)
        line.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))


def _read(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += line.recv(size - len(found))
    return found


def _become(request: dict[str, Any], fds: list[int]) -> None:
    """Be the command, and end as it does."""
    for number, one in enumerate(fds):
        os.dup2(one, number)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["ansgar", *request["arguments"]]
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, "r" if n == 0 else "w", encoding="utf-8") for n in range(3))
    from engine.service.cli.main import main  # noqa: PLC0415 - it is loaded already

    main()
    sys.exit()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
