"""The head of the audit chain: its newest entry, noted in a file outside the database, so that a cut-off end shows.

The file may be behind the chain, never ahead of it, and what it names must be in the chain.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from engine.store import private_file

_WRITTEN = re.compile(r"(\d{1,18}) ([0-9a-f]{64}|-)\s*")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the chain: the number of an entry, and its mac. Before the first entry it is 0, without one."""

    seq: int = 0
    mac: str = ""


BEGINNING = Mark()


def read(file: Path) -> Mark | None:
    """Return the head that was noted; None where there is no such file, or something else stands in it."""
    try:
        found = _WRITTEN.fullmatch(file.read_text())
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return Mark(int(found[1]), found[2].replace("-", "")) if found else None


def begin(file: Path) -> None:
    """Note that the chain has no entry yet, unless a head is noted."""
    private_file.make(file, _text(BEGINNING))


def write(file: Path, mark: Mark) -> None:
    """Note the newest entry."""
    private_file.replace(file, _text(mark))


def _text(mark: Mark) -> str:
    return f"{mark.seq} {mark.mac or '-'}\n"
