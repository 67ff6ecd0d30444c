"""Spreadsheets: rows into an XLSX file, a row at a time; texts are texts, whatever they begin with."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import xlsxwriter

from engine.service.export.cells import Cell, is_unsafe

MOST_ROWS = 1_048_576  # that a sheet has
LONGEST_CELL = 32_767  # characters
WIDTH = 18  # of a column
# Nothing is guessed: no text becomes a number, a link or a formula.
LITERAL = dict.fromkeys(("strings_to_numbers", "strings_to_formulas", "strings_to_urls"), False)


class SheetFull(Exception):
    """More than a sheet can hold; the text says what to do."""


def write_sheet(
    stream: BinaryIO, scratch: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]], at: datetime
) -> None:
    """Write rows as a workbook with one sheet. What does not fit into memory lies in `scratch` meanwhile.

    Raises SheetFull.
    """
    options = {"constant_memory": True, **LITERAL}
    with (
        TemporaryDirectory(prefix=".ansgar-", dir=scratch) as folder,
        xlsxwriter.Workbook(stream, {**options, "tmpdir": folder}) as book,
    ):
        book.set_properties({"created": at.replace(tzinfo=None)})
        sheet, bold = book.add_worksheet("members"), book.add_format({"bold": True})
        quoted = book.add_format({"quote_prefix": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(header) - 1, WIDTH)
        for number, name in enumerate(header):
            sheet.write_string(0, number, name, bold)
        for line, row in enumerate(rows, start=1):
            if line == MOST_ROWS:
                raise SheetFull(f"an XLSX sheet has {MOST_ROWS:,} rows at most: export to CSV or JSON")
            for number, one in enumerate(row):
                _write(sheet, (line, number), one, quoted)


def _write(sheet: Any, where: tuple[int, int], one: Cell, quoted: Any) -> None:
    match one:
        case None:
            return
        case bool():
            sheet.write_boolean(*where, one)
        case Decimal() if Decimal(repr(float(one))) == one:
            sheet.write_number(*where, float(one))
        case _:
            _write_text(sheet, where, str(one), quoted)


def _write_text(sheet: Any, where: tuple[int, int], text: str, quoted: Any) -> None:
    """Write a text as one. With the prefix it stays one also when somebody edits the cell."""
    if len(text) > LONGEST_CELL:
        raise SheetFull(f"a cell holds {LONGEST_CELL:,} characters at most: export to CSV or JSON")
    sheet.write_string(*where, text, quoted if is_unsafe(text) else None)
