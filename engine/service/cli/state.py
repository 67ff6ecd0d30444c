"""Commands that take in state and show what is stored: import, runs, cases, selections, alerts."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from engine.service.alert_text import raised_alerts
from engine.service.cli.doorway import DONE, FINDING, USAGE, count, doorway
from engine.service.cli.output import complain, progress, told_basis
from engine.service.importing import Importer
from engine.service.recording import record_alert
from engine.store import alerts, cases, runs, selections
from engine.store.facts import Records
from engine.vocabulary.problem import nearest_or_all

MOST = 2**31
Limit = Annotated[int, typer.Option("--limit", min=1, max=MOST, help="The most rows to show.")]


def import_command(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(help="NDJSON snapshots, one a line; - reads standard input.", metavar="FILE|-")
    ],
    entity: Annotated[str, typer.Option("--entity", help="What the lines are.")] = "contact",
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Keep nothing when a line is refused.")
    ] = False,
) -> None:
    """Take in contact snapshots; evaluates nothing."""
    door = doorway(context)
    installation = door.installation
    if entity not in installation.model.entities:
        complain(f"the model has no entity `{entity}`; {nearest_or_all(entity, installation.model.entities)}")
        raise typer.Exit(USAGE)
    with _opened(file) as (stream, size), progress("importing", size, counting="items") as advance:
        importer = Importer(
            door.store(),
            entity,
            installation.clock.now(),
            installation.settings.unknown_fields == "ignore",
            advance,
            installation.open_tombstones(),
        )
        report = importer.take(stream, all_or_nothing=all_or_nothing)
    door.printer.document(report.as_json())
    for one in report.refused:
        door.printer.line(f"line {one.line}: refused: {one.reason}")
    taken = report.taken
    kept = "" if report.is_kept else "; nothing was kept"
    door.printer.line(
        f"{count(report.lines, 'line')}: {taken.created} created, {taken.changed} changed, "
        f"{taken.unchanged} unchanged, {taken.outdated} outdated, {report.refused_count} refused{kept}"
    )
    raise typer.Exit(FINDING if report.refused_count else DONE)


def runs_list(context: typer.Context, limit: Limit = 20) -> None:
    """List the newest runs."""
    door = doorway(context)
    with door.store().database.reading() as connection:
        found = runs.listing(connection, limit)
    door.printer.document({"runs": found})
    names = ("run", "now", "mode", "trigger", "rules", "matched", "entered", "left", "undecided")
    door.printer.table(names, [[row[name] for name in names] for row in found], "no runs yet")


def runs_show(
    context: typer.Context, run: Annotated[int, typer.Argument(max=MOST, help="The run's number.", metavar="ID")]
) -> None:
    """Show one run, rule by rule."""
    door = doorway(context)
    with door.store().database.reading() as connection:
        found = runs.read(connection, run)
    if found is None:
        complain(f"there is no run {run}")
        raise typer.Exit(FINDING)
    door.printer.document(found)
    names = ("rule", "stage", "looked at", "matched", "entered", "left", "undecided", "actions", "error")
    rows = [row | {"looked at": told_basis(row["basis"], row["candidates"])} for row in found["rules"]]
    door.printer.table(names, [[row[name] for name in names] for row in rows])


def cases_list(
    context: typer.Context,
    rule: Annotated[str | None, typer.Option("--rule", help="Only the cases of this rule.")] = None,
    limit: Limit = MOST,
) -> None:
    """List open and undecided cases."""
    door = doorway(context)
    store = door.store()
    with store.database.reading() as connection:
        found = cases.listing(connection, store.tables, rule, limit)
    door.printer.document({"cases": found})
    names = ("rule", "contact", "state", "undecided", "opened_at", "shadow")
    door.printer.table(names, [[row[name] for name in names] for row in found], "no cases")


def selections_list(context: typer.Context) -> None:
    """List selections with their sizes."""
    door = doorway(context)
    with door.store().database.reading() as connection:
        found = selections.listing(connection)
    door.printer.document({"selections": found})
    names = ("selection", "rule", "entity", "stage", "state", "members", "as_of")
    door.printer.table(names, [[row[name] for name in names] for row in found], "no selections")


def selections_members(
    context: typer.Context, name: Annotated[str, typer.Argument(help="The selection.", metavar="NAME")]
) -> None:
    """List the members of a selection, sorted by id."""
    door = doorway(context)
    store = door.store()
    with store.database.reading() as connection:
        members = selections.members(connection, store.tables, name)
        known = {str(row["selection"]): row["as_of"] for row in selections.listing(connection)}
    if members is None:
        complain(f"no rule keeps a selection `{name}`; {nearest_or_all(name, known)}")
        raise typer.Exit(FINDING)
    door.printer.document({"selection": name, "members": members, "as_of": known.get(name)})
    for member in members:
        door.printer.line(member)


def alerts_list(context: typer.Context) -> None:
    """List raised alerts, the most urgent first."""
    door = doorway(context)
    store = door.store()
    records = Records(store.tables, store.zone)
    with store.database.reading() as connection:
        found = raised_alerts(connection, records, door.installation.settings.languages)
    door.printer.document({"alerts": found})
    names = ("id", "contact", "rule", "severity", "message", "blocks", "since")
    door.printer.table(names, [[row[name] for name in names] for row in found], "no alerts")


def alerts_lower(
    context: typer.Context, alert: Annotated[int, typer.Argument(max=MOST, help="The alert's id.", metavar="ID")]
) -> None:
    """Lower an alert by hand; it stays down until its case closes."""
    door = doorway(context)
    store = door.store()
    with store.database.writing() as connection:
        was_lowered = alerts.lower(connection, alert, door.installation.clock.now())
        if was_lowered:
            record_alert(door.installation, store, connection, alert)
    if not was_lowered:
        complain(f"no alert {alert} is raised")
        raise typer.Exit(FINDING)
    door.printer.document({"alert": alert, "lowered": True})
    door.printer.line(f"alert {alert} is lowered")


@contextmanager
def _opened(file: str) -> Iterator[tuple[BinaryIO, int | None]]:
    if file == "-":
        yield sys.stdin.buffer, None
        return
    path = Path(file)
    try:
        with path.open("rb") as stream:
            yield stream, path.stat().st_size
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        complain(f"{file}: {(error.strerror or 'cannot be read').lower()}")
        raise typer.Exit(USAGE) from None
