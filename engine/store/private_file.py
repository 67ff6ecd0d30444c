"""Private files: small files that only the service reads (mode 0600), always whole, whatever befalls the machine."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

ONLY_MINE = 0o600
OF_OTHERS = 0o077
OF_EVERYBODY = 0o007


def make(file: Path, text: str) -> None:
    """Make a file with a text; one that is there already, or that somebody else makes meanwhile, stays as it is."""
    if file.exists():
        return
    fresh = _fresh(file, text)
    try:
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    _keep_name(file)


def make_empty(file: Path) -> None:
    """Make an empty file; one that is there already stays as it is, its mode too."""
    if not file.exists():
        os.close(os.open(file, os.O_RDONLY | os.O_CREAT, ONLY_MINE))


def replace(file: Path, text: str) -> None:
    """Put a text in the place of the one that is there: whoever reads finds the former or the new one, whole."""
    _fresh(file, text).replace(file)
    _keep_name(file)


def replace_and_overwrite(file: Path, text: str) -> None:
    """Replace a text that must not be found any more: its bytes are overwritten where the file system lets them be."""
    size = file.stat().st_size
    with file.open("r+b") as former:
        replace(file, text)
        former.write(bytes(size))
        former.flush()
        os.fsync(former.fileno())


def is_open_to_others(file: Path) -> bool:
    """True where others than the owner can read or write a file."""
    return bool(file.stat().st_mode & OF_OTHERS)


def is_open_to_everybody(file: Path) -> bool:
    """True where anybody on the machine can read or write a file; a group that somebody chose is not everybody."""
    return bool(file.stat().st_mode & OF_EVERYBODY)


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Let nobody else who asks for the same folder change its files meanwhile."""
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        flock(folder, LOCK_EX)
        yield
    finally:
        os.close(folder)


def _fresh(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_MINE), "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    return fresh


def _keep_name(file: Path) -> None:
    """Let the name survive a loss of power."""
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
