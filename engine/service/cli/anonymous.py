"""The command about anonymous records: how many there are, and what was left of them, for statistics."""

import json
from pathlib import Path
from typing import Annotated

import typer

from engine.service.cli.doorway import USAGE, count, doorway
from engine.service.cli.output import complain
from engine.store import anonymous as store_of_anonymous


def anonymous(
    context: typer.Context,
    entity: Annotated[str, typer.Argument(help="Of what the records were; all without it.", metavar="[ENTITY]")] = "",
    to: Annotated[Path | None, typer.Option("--to", help="Write what is left of each to a file, a line each.")] = None,
) -> None:
    """Count the records that were made anonymous; with `--to` write what is left of them as NDJSON."""
    door = doorway(context)
    store = door.store()
    if entity and entity not in store.tables.records:
        complain(f"the model has no entity `{entity}`")
        raise typer.Exit(USAGE)
    with store.database.reading() as connection:
        counts = {
            name: number for name, number in store_of_anonymous.counts(connection).items() if entity in {"", name}
        }
        found = [(name, row) for name in counts if to for row in store_of_anonymous.rows(connection, name)]
    if to is not None:
        _write(to, found)
    door.printer.document({"anonymous": counts, "file": str(to) if to else None})
    door.printer.table(("entity", "records"), list(counts.items()), "nothing was made anonymous")
    if to is not None:
        door.printer.line(f"{count(len(found), 'record')} written to {to}")


def _write(file: Path, found: list[tuple[str, dict[str, object]]]) -> None:
    """Write a line for each record: what it was, and what is left of it."""
    lines = (json.dumps({"entity": entity, **row}, ensure_ascii=False, sort_keys=True) for entity, row in found)
    try:
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        complain(f"{file} cannot be written: {error.strerror}")
        raise typer.Exit(USAGE) from None
