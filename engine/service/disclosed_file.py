"""Disclosed files: written whole or not at all, readable by their owner alone, and over nothing that is there."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

OWNER_ALONE = 0o600


class NotWritten(Exception):
    """A file that was not written; the text says why and what to do."""


@contextmanager
def disclosed_file(path: Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """Give the stream of a file that appears under its name once all of it is on the disk.

    A file that is there stays, unless `force` says otherwise. Raises NotWritten.
    """
    if not force and os.path.lexists(path):
        raise _is_there(path)
    partial = path.with_name(f".ansgar-{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ALONE), "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _put(partial, path, force=force)
    except OSError as error:
        raise NotWritten(f"{path} cannot be written: {(error.strerror or type(error).__name__).lower()}") from None
    finally:
        partial.unlink(missing_ok=True)


def _put(partial: Path, path: Path, *, force: bool) -> None:
    """Give a finished file its name. A link, unlike a new name, never takes the place of what came meanwhile."""
    if force:
        partial.replace(path)
        return
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        raise _is_there(path) from None
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise _is_there(path) from None
        partial.replace(path)


def _is_there(path: Path) -> NotWritten:
    return NotWritten(f"{path} is there already: choose another name, or add --force to replace it")
