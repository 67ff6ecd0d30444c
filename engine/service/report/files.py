"""Files of the report: what it is called and made of when it goes out with a letter."""

import csv
import json
import re
from collections.abc import Iterator
from io import StringIO
from zoneinfo import ZoneInfo

from engine.crm.letter import Attachment
from engine.model.snapshot import plain
from engine.service.report.document import Report, Told
from engine.service.report.page import as_html

NAME = "personal-data"
HEADING = ("collection", "item", "field", "label", "value")
FORMULA = re.compile(r"[=+\-@\t\r]")  # with what a spreadsheet takes a text for a formula
NUMBER = re.compile(r"[+-]?[\d\s().-]+")  # numbers of telephones, too


def attached(report: Report, form: str, zone: ZoneInfo) -> Attachment:
    """Return a report as a file of a letter, for people or for machines. Its name names nobody."""
    if form == "json":
        content = json.dumps(report.as_json(), ensure_ascii=False, indent=2)
        return Attachment(f"{NAME}.json", "application/json", content.encode())
    if form == "csv":
        return Attachment(f"{NAME}.csv", "text/csv", as_csv(report).encode())
    return Attachment(f"{NAME}.html", "text/html", as_html(report, zone).encode())


def as_csv(report: Report) -> str:
    """Return the data of a report as a table, one value a line; what was decided about the record is not in it."""
    written = StringIO()
    table = csv.writer(written)
    table.writerow(HEADING)
    table.writerows(_lines(report))
    return written.getvalue()


def _lines(report: Report) -> Iterator[tuple[str, ...]]:
    for one in report.fields:
        if one.value is not None:
            yield _line("", "", one)
    for collection in report.collections:
        for item_id, values in collection.items:
            yield from (_line(collection.name, item_id, one) for one in values if one.value is not None)


def _line(collection: str, item: str, one: Told) -> tuple[str, ...]:
    value = plain(one.value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return tuple(map(_inert, (collection, item, one.name, one.label, text)))


def _inert(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe before what looks like one."""
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text
