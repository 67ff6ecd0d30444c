"""Commands with which data about people is handed out: the report about one record, the export of a selection."""

from pathlib import Path
from typing import Annotated

import typer

from engine.language.description import lines_of
from engine.service.cli.doorway import DONE, FINDING, USAGE, Doorway, count, doorway
from engine.service.cli.output import Printer, complain
from engine.service.config_keys import ConfigError
from engine.service.disclosed_file import NotWritten, disclosed_file
from engine.service.exporting import WHY, Export, NoSelection, NotExported, export
from engine.service.report.document import Report, as_plain
from engine.service.report.page import ReportPage, as_html, page_of
from engine.service.report.teller import Teller
from engine.service.reporting import Reporter
from engine.store.dossier import Row
from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.tongue import TONGUES

Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]


def report_command(
    context: typer.Context,
    contact: Annotated[str, typer.Argument(help="The contact's id.", metavar="CONTACT")],
    entity: Annotated[str, typer.Option("--entity", help="What the contact is.")] = "contact",
    html: Annotated[Path | None, typer.Option("--html", help="Write it as a page here.", metavar="FILE")] = None,
    lang: Annotated[
        str, typer.Option("--lang", help="The language, en or sv; the contact's own by default.", metavar="LANGUAGE")
    ] = "",
    force: Force = False,
) -> None:
    """Tell all that is held and was decided about one contact (GDPR Art. 15)."""
    door = doorway(context)
    _check_entity(door, entity)
    if lang and lang not in TONGUES:
        raise ConfigError(f"--lang `{lang}`: reports are written in {' or '.join(TONGUES)}")
    store, installation = door.store(), door.installation
    reporter = Reporter(installation, store, door.rulebook(), installation.open_tombstones())
    with store.database.reading() as connection:
        found = reporter.report(connection, entity, contact, installation.moment(), lang)
        receipts = () if found else reporter.receipts(connection, entity, contact)
    if found is None:
        _tell_absence(door, entity, receipts)
        raise typer.Exit(FINDING)
    if html is not None:
        _write(html, as_html(found, store.zone).encode(), force=force)
    door.printer.document(found.as_json())
    _tell(door.printer, found, html, door)
    raise typer.Exit(DONE)


def export_command(
    context: typer.Context,
    selection: Annotated[str, typer.Argument(help="The selection.", metavar="SELECTION")],
    to: Annotated[Path, typer.Option("--to", help="A file that ends with .csv, .xlsx or .json.", metavar="FILE")],
    fields: Annotated[
        str, typer.Option("--fields", help="Fields by name, with commas; all but lists by default.", metavar="A,B")
    ] = "",
    force: Force = False,
) -> None:
    """Write the members of a selection into a file, without those who must not be handed out."""
    door = doorway(context)
    names = tuple(name for one in fields.split(",") if (name := one.strip()))
    try:
        found = export(door.installation, door.store(), door.rulebook(), Export(selection, to, names, force))
    except (NotExported, NotWritten) as error:
        complain(str(error))
        raise typer.Exit(FINDING if isinstance(error, NoSelection) else USAGE) from None
    door.printer.document(found.as_json())
    door.printer.line(f"{count(found.exported, 'member')} of {selection} exported to {to}")
    for reason, number in found.left_out.items():
        door.printer.line(f"{number} left out: {WHY[reason]} ({reason})")


def _check_entity(door: Doorway, entity: str) -> None:
    known = door.installation.model.entities
    if entity not in known:
        complain(f"the model has no entity `{entity}`; {nearest_or_all(entity, known)}")
        raise typer.Exit(USAGE)


def _tell_absence(door: Doorway, entity: str, receipts: tuple[Row, ...]) -> None:
    """Tell that nothing is known of an id, or that it was erased here, with the receipt."""
    receipt = receipts[-1] if receipts else None
    door.printer.document({"report": None, "erased": receipt is not None, "receipt": as_plain(receipt)})
    if receipt is None:
        complain(f"the store has no {entity} with this id, and has erased none")
        return
    complain(f"this {entity} was erased here; what is left is its receipt:")
    door.printer.pairs(receipt)


def _write(path: Path, content: bytes, *, force: bool) -> None:
    try:
        with disclosed_file(path, force=force) as stream:
            stream.write(content)
    except NotWritten as error:
        complain(str(error))
        raise typer.Exit(USAGE) from None


def _tell(printer: Printer, report: Report, file: Path | None, door: Doorway) -> None:
    if file is not None:
        printer.line(f"the report is in {file}")
    elif not printer.as_json:
        _print(printer, page_of(report, Teller(report.language, door.installation.settings.zone)))


def _print(printer: Printer, page: ReportPage) -> None:
    """Print a page for the terminal, section by section."""
    for line in (page.title, page.lead):
        printer.line(line)
    for section in page.sections:
        for line in ("", section.heading.upper(), *section.notes):
            printer.line(line)
        for block in section.blocks:
            if block.caption:
                printer.line(f"{block.caption}:")
            if block.rows:
                printer.table(block.columns, [[plain_spaces(cell) for cell in row] for row in block.rows])
            for statement in block.statements:
                for line in lines_of(statement):
                    printer.line(line)


def plain_spaces(text: str) -> str:
    """Return text for the terminal, where a space that keeps a number on one line is a space."""
    return text.replace("\N{NO-BREAK SPACE}", " ")
