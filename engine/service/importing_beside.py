"""Importing beside: large imports run in a process of their own, with own connections, so that answers stay fast."""

import multiprocessing
import os
import signal
from asyncio import shield, to_thread
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from engine.service.faults import contained, told
from engine.service.importing import Importer
from engine.service.installation import Installation
from engine.service.logs import logger
from engine.store.unavailable import StoreUnavailable

LOG = logger("importing")
NICENESS = 5  # below that of the server, which answers meanwhile
END = b""
SPAWN = multiprocessing.get_context("spawn")  # a fork would carry locks and connections of the server's threads along


class ImportEnded(Exception):
    """An import that ended before its end; what it had stored by then is kept, and to send it again does no harm."""


class _BrokenOff(Exception):
    """The lines end before their end was told."""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """What is imported: lines of an entity into the store of an installation, at an instant."""

    installation: Installation
    entity: str
    at: datetime

    def importer(self) -> Importer:
        """Return what takes the lines."""
        installation = self.installation
        ignores = installation.settings.unknown_fields == "ignore"
        tombstones = installation.open_tombstones()
        return Importer(installation.open_store(), self.entity, self.at, ignores, tombstones=tombstones)


async def import_beside(job: ImportJob, parts: AsyncIterator[bytes]) -> dict[str, Any]:
    """Import NDJSON that comes in parts; return what became of it. Whoever sends waits while the store is busy.

    Raises ImportEnded, and StoreUnavailable; what the parts raise ends the import, too.
    """
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=_take, args=(job, there), daemon=True)
    process.start()
    there.close()
    try:
        async for part in parts:
            if part:
                await to_thread(here.send_bytes, part)
        await to_thread(here.send_bytes, END)
        report = await to_thread(here.recv)
        await shield(to_thread(process.join))
    except (EOFError, OSError):
        raise ImportEnded from None
    finally:
        process.kill()  # first: whoever still writes into the pipe ends with it, before its end here is gone
        process.join()
        here.close()
    if isinstance(report, str):
        raise StoreUnavailable(report)
    return dict(report)


def _take(job: ImportJob, there: Connection) -> None:
    """Import what comes through a pipe, and answer through it: the process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server is asked to stop, and ends this one
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(NICENESS)
    with contained(_tell):
        try:
            there.send(_taken(job, _lines(there)))
        except StoreUnavailable as error:
            there.send(str(error))


def _taken(job: ImportJob, lines: Iterator[bytes]) -> dict[str, object]:
    importer = job.importer()
    try:
        return importer.take(lines).as_json()
    finally:
        importer.store.database.close()


def _tell(error: Exception) -> None:
    if not isinstance(error, _BrokenOff):
        LOG.error("import failed", **told(error))


def _lines(there: Connection) -> Iterator[bytes]:
    rest = b""
    for part in _parts(there):
        *whole, rest = (rest + part).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _parts(there: Connection) -> Iterator[bytes]:
    """Give what is sent, up to its end; raises _BrokenOff where that never comes: half a line is no line."""
    while True:
        try:
            part = there.recv_bytes()
        except (EOFError, OSError):
            raise _BrokenOff from None
        if part == END:
            return
        yield part
