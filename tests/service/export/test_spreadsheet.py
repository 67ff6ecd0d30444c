"""Spreadsheets: texts are text cells, numbers are numbers, and more than a sheet holds is refused."""

import io
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from engine.service.export import spreadsheet
from engine.service.export.cells import Cell
from engine.service.export.spreadsheet import SheetFull, write_sheet
from tests.installations import NOON

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def written(folder: Path, *rows: list[Cell]) -> ET.Element:
    """Return the sheet of a workbook that was written."""
    stream = io.BytesIO()
    write_sheet(stream, folder, ["id", "name"], rows, NOON)
    with zipfile.ZipFile(stream) as book:
        assert book.testzip() is None
        return ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own


def test_s8_a_text_is_a_text_cell_whatever_it_begins_with(tmp_path: Path) -> None:
    """No formula, no link, no number out of digits; and with the prefix it stays text when somebody edits it."""
    texts: list[Cell] = ["=cmd|' /C calc'!A0", "\uff1d1", "http://example.se", "0042", "<b>&", "a\nb"]
    sheet = written(tmp_path, *([text, None] for text in texts))
    cells = sheet.findall(".//m:c", NS)[2:]

    assert sheet.findall(".//m:f", NS) + sheet.findall(".//m:hyperlink", NS) == []
    assert [one.get("t") for one in cells] == ["inlineStr"] * len(texts)
    assert ["".join(one.itertext()) for one in cells] == texts
    assert [one.get("s") is not None for one in cells] == [True, True, False, False, False, False]
    assert list(tmp_path.iterdir()) == []


def test_numbers_are_numbers_where_a_sheet_can_say_them(tmp_path: Path) -> None:
    """One that a double cannot hold is written out as text: no digit is lost."""
    numbers: list[Cell] = [Decimal("-5.5"), Decimal("123456789012345.6789"), True]
    cells = written(tmp_path, *([one, None] for one in numbers)).findall(".//m:c", NS)[2:]

    assert [(one.get("t"), "".join(one.itertext())) for one in cells] == [
        (None, "-5.5"), ("inlineStr", "123456789012345.6789"), ("b", "1"),
    ]  # fmt: skip


def test_more_than_a_sheet_holds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and texts that a program would cut off are never lost in silence."""
    with pytest.raises(SheetFull, match="export to CSV or JSON"):
        written(tmp_path, ["x" * 32_768, None])
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    assert written(tmp_path, ["1", None], ["2", None]) is not None
    with pytest.raises(SheetFull, match="3 rows"):
        written(tmp_path, ["1", None], ["2", None], ["3", None])
    assert list(tmp_path.iterdir()) == []
