"""Fingerprint: what tells whether a folder's rule files have changed, without reading them."""

from contextlib import suppress
from pathlib import Path

from engine.language.folder import rule_files

Fingerprint = tuple[tuple[str, int, int, int, int], ...]


def fingerprint(folder: Path) -> Fingerprint:
    """Return what tells whether a folder's rule files have changed: names, and of each file its number, size and times.

    The time of its last change of any kind tells of one that can be read again, and of one with an older time. Of a
    link that leads nowhere it is that of the link; what is gone meanwhile, or may not be looked at, has none.
    """
    return tuple(sorted(_mark(file) for file in rule_files(folder)))


def _mark(file: Path) -> tuple[str, int, int, int, int]:
    for look in (file.stat, file.lstat):
        with suppress(OSError):
            found = look()
            return str(file), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    return str(file), 0, 0, 0, 0
