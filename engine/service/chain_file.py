"""The audit chain as a file: a line of JSON an entry, as it is handed out and checked elsewhere."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import BinaryIO

from engine.store import chain
from engine.store.database import Connection


def lines_of(connection: Connection) -> Iterator[str]:
    """Give the lines. One that cannot be read stands as `null`, so that the export is found bad where the store is."""
    return (chain.canonical(asdict(one) if one else None) for one in chain.entries(connection))


def write(connection: Connection, stream: BinaryIO) -> int:
    """Write the lines to a stream; return how many there are."""
    number = 0
    for line in lines_of(connection):
        stream.write(line.encode() + b"\n")
        number += 1
    return number
