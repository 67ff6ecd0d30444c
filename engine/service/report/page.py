"""The report as a page: one HTML file for the person whom it is about, which loads nothing from anywhere."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined, Template

from engine.language.statement import Statement
from engine.model.names import ENTITIES
from engine.service.report.document import Report
from engine.service.report.sections import sections
from engine.service.report.teller import Block, ReportSection, Teller

TEMPLATE = Path(__file__).with_name("page.html")
STYLE = Path(__file__).with_name("page.css")


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A page as its template takes it."""

    language: str
    title: str
    lead: str
    contents: str
    sections: tuple[ReportSection, ...]


def as_html(report: Report, zone: ZoneInfo) -> str:
    """Return a report as one HTML page in its language."""
    page = page_of(report, Teller(report.language, zone))
    style = STYLE.read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(page=page, style=style, digest=digest)


def page_of(report: Report, teller: Teller) -> ReportPage:
    """Return what stands on the page of a report."""
    at = teller.instant(report.made_at)
    where = {
        "store": "",
        "recycle_bin": teller.say(
            en=f"It has been deleted; a copy lies in the recycle bin until {teller.instant(report.bin_until)}.",
            sv=f"Posten är raderad; en kopia ligger i papperskorgen till {teller.instant(report.bin_until)}.",
        ),
        "traces": teller.say(
            en="The record itself is not held here, only what is listed below.",
            sv="Själva posten finns inte här, bara det som står nedan.",
        ),
    }[report.place]
    known = ENTITIES.get(report.entity)
    whom = teller.wording(known.one) if known else report.entity.replace("_", " ")
    lead = teller.say(
        en=f"All that this service holds and has decided about {whom} with the number {report.id}, on {at}.",
        sv=f"Allt som den här tjänsten har om {whom} med nummer {report.id} och har beslutat om den, den {at}.",
    )
    return ReportPage(
        report.language,
        teller.say(en="Report on personal data", sv="Registerutdrag"),
        f"{lead} {where}".strip(),
        teller.say(en="Contents", sv="Innehåll"),
        tuple(sections(report, teller)),
    )


def texts(page: ReportPage) -> Iterator[str]:
    """Give every text of a page."""
    yield from (page.title, page.lead)
    for section in page.sections:
        yield from (section.heading, *section.notes)
        for block in section.blocks:
            yield from _texts(block)


def _texts(block: Block) -> Iterator[str]:
    yield from (block.caption, *block.columns)
    for row in block.rows:
        yield from row
    statements: tuple[Statement, ...] = block.statements
    for one in statements:
        yield from one.every_text()


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
