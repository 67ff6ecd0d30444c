"""Commands about the audit chain: check it, here or in an exported file, and export it."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.service.cli.doorway import DONE, FINDING, Doorway, count, doorway
from engine.service.cli.output import complain
from engine.service.disclosed_file import NotWritten, disclosed_file
from engine.service.recording import head_file, sealing_keys
from engine.store import chain, chain_head
from engine.store.chain import Checked
from engine.store.unavailable import StoreUnavailable

SAID = {
    chain.EDITED: "it is not what was written",
    chain.MISSING: "an entry is missing before it",
    chain.OUT_OF_ORDER: "it stands in another place than it was written",
    chain.UNKNOWN_KEY: "its key is not in the ring of the chain's keys",
    chain.TRUNCATED: "the end is cut off: the head that was noted outside the database is further on",
    chain.NO_HEAD: "no head is noted outside the database, so a cut-off end would not show: restore the file",
}
ToFile = Annotated[Path | None, typer.Option("--to", help="The file to write; standard output without.")]
OfFile = Annotated[Path | None, typer.Option("--file", help="An exported chain instead of that of the store.")]


def audit_verify(context: typer.Context, file: OfFile = None) -> None:
    """Check the audit chain against its keys and its head; name the first entry that is not what it was."""
    door = doorway(context)
    found = _of_file(door, file) if file is not None else _of_store(door)
    bad = found.first_bad
    told = None if bad is None else {"seq": bad.seq, "what": bad.what, "says": SAID[bad.what]}
    door.printer.document({"verified": bad is None, "entries": found.entries, "first_bad": told})
    door.printer.line(f"{count(found.entries, 'record')} as they were written")
    if bad is not None:
        complain(f"entry {bad.seq}: {SAID[bad.what]}")
    raise typer.Exit(DONE if bad is None else FINDING)


def audit_export(context: typer.Context, to: ToFile = None, force: bool = False) -> None:
    """Export the audit chain as NDJSON, a line an entry; `audit verify --file` needs its keys alone."""
    door = doorway(context)
    with door.store().database.reading() as connection:
        # One that cannot be read stands as `null`, so that the export is found bad where the store is.
        lines = (chain.canonical(asdict(one) if one else None) for one in chain.entries(connection))
        if to is None:
            for line in lines:
                typer.echo(line)
            return
        try:
            number = _write(lines, to, force=force)
        except NotWritten as error:
            complain(str(error))
            raise typer.Exit(FINDING) from None
    door.printer.document({"file": str(to), "entries": number})
    door.printer.line(f"{count(number, 'record')} written to {to}")


def _write(lines: Iterator[str], to: Path, *, force: bool) -> int:
    number = 0
    with disclosed_file(to, force=force) as stream:
        for line in lines:
            stream.write(line.encode() + b"\n")
            number += 1
    return number


def _of_store(door: Doorway) -> Checked:
    installation, store = door.installation, door.store()
    file = head_file(installation)
    try:
        keys = sealing_keys(installation)
        head = chain_head.read(file) if file is not None else None
    except OSError as error:
        raise StoreUnavailable(f"the head of the chain, {file}, cannot be read: {error.strerror}") from None
    with store.database.reading() as connection:  # after the head, which is behind what is read then, never ahead
        return chain.verify(connection, keys, head)


def _of_file(door: Doorway, file: Path) -> Checked:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        complain(f"{file} cannot be read")
        raise typer.Exit(FINDING) from None
    found = (chain.read_line(line) for line in lines if line.strip())
    return chain.checked(found, sealing_keys(door.installation).by_id)
