"""Files of the report: what it is called and made of when it goes out with a letter."""

import json
from zoneinfo import ZoneInfo

from engine.crm.letter import Attachment
from engine.service.report.document import Report
from engine.service.report.page import as_html

NAME = "personal-data"


def attached(report: Report, form: str, zone: ZoneInfo) -> Attachment:
    """Return a report as a file of a letter, for people or for machines. Its name names nobody."""
    if form == "json":
        content = json.dumps(report.as_json(), ensure_ascii=False, indent=2)
        return Attachment(f"{NAME}.json", "application/json", content.encode())
    return Attachment(f"{NAME}.html", "text/html", as_html(report, zone).encode())
