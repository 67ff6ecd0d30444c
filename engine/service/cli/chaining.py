"""Commands about the audit chain: check it, here or in an exported file, and export it."""

from pathlib import Path
from typing import Annotated

import typer

from engine.service.chain_file import lines_of, write
from engine.service.cli.doorway import DONE, FINDING, Doorway, count, doorway
from engine.service.cli.output import complain
from engine.service.disclosed_file import NotWritten, disclosed_file
from engine.service.recording import sealing_keys
from engine.service.verifying import SAID, as_told, verify
from engine.store import chain
from engine.store.chain import Checked

ToFile = Annotated[Path | None, typer.Option("--to", help="The file to write; standard output without.")]
OfFile = Annotated[Path | None, typer.Option("--file", help="An exported chain instead of that of the store.")]


def audit_verify(context: typer.Context, file: OfFile = None) -> None:
    """Check the audit chain against its keys and its head; name the first entry that is not what it was."""
    door = doorway(context)
    found = _of_file(door, file) if file is not None else verify(door.installation, door.store())
    bad = found.first_bad
    door.printer.document(as_told(found))
    door.printer.line(f"{count(found.entries, 'record')} as they were written")
    if bad is not None:
        complain(f"entry {bad.seq}: {SAID[bad.what]}")
    raise typer.Exit(DONE if bad is None else FINDING)


def audit_export(context: typer.Context, to: ToFile = None, force: bool = False) -> None:
    """Export the audit chain as NDJSON, a line an entry; `audit verify --file` needs its keys alone."""
    door = doorway(context)
    with door.store().database.reading() as connection:
        if to is None:
            for line in lines_of(connection):
                typer.echo(line)
            return
        try:
            with disclosed_file(to, force=force) as stream:
                number = write(connection, stream)
        except NotWritten as error:
            complain(str(error))
            raise typer.Exit(FINDING) from None
    door.printer.document({"file": str(to), "entries": number})
    door.printer.line(f"{count(number, 'record')} written to {to}")


def _of_file(door: Doorway, file: Path) -> Checked:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        complain(f"{file} cannot be read")
        raise typer.Exit(FINDING) from None
    found = (chain.read_line(line) for line in lines if line.strip())
    return chain.checked(found, sealing_keys(door.installation).by_id)
