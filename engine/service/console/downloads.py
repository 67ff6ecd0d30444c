"""Downloads: a file is made whole before any of it goes out, and is gone from the disk before it does."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO
from urllib.parse import quote

from fastapi import Response
from starlette.responses import StreamingResponse

from engine.service.console.rendering import HEADERS

PART = 65_536  # bytes that are in memory at once
KINDS = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def downloaded(name: str, make: Callable[[Path], object]) -> Response:
    """Return a download of a name; `make` writes it to the path that it is given, readable by nobody else."""
    suffix = Path(name).suffix
    with TemporaryDirectory(prefix="ansgar-") as folder:
        file = Path(folder) / f"download{suffix}"
        make(file)
        stream = file.open("rb")  # which still reads when the folder is gone
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    headers = HEADERS | {"content-disposition": disposition}
    return StreamingResponse(_parts(stream), 200, headers, KINDS[suffix])


def _parts(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        yield from iter(partial(stream.read, PART), b"")
