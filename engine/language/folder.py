"""The rules folder: which files in it are of rules and tests, and what in it has to be refused."""

import os
from collections.abc import Iterator
from pathlib import Path

SUFFIXES = frozenset({".yaml", ".yml"})


def rule_files(path: Path) -> Iterator[Path]:
    """Give the files of rules and tests at or below a path.

    Links, also to folders, are for `read_file` to refuse, and so is a folder that cannot be listed: it is given itself,
    because rules would silently be missing.
    """
    if not path.is_dir():
        yield path
        return
    folders = [path]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as found:
                entries = [one for one in found if not one.name.startswith(".")]
        except OSError:
            yield folder
            continue
        for entry in entries:
            file = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                folders.append(file)
            elif file.suffix in SUFFIXES or _is_linked_folder(entry):
                yield file


def _is_linked_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_symlink() and entry.is_dir()
    except OSError:  # in a circle, or to where nobody may look: no folder that could be read
        return False
