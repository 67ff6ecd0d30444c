"""Installations for tests: a real store in a folder of its own, a clock that stands still, rules from text."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from engine.language.rule import Rulebook
from engine.model.shipped import SHIPPED_MODEL
from engine.service.config import Settings
from engine.service.importing import Importer, ImportReport
from engine.service.installation import Installation
from engine.service.runner import RunReport, run
from engine.store import alerts, cases, selections
from engine.store.database import open_database
from engine.store.schema import Store, open_store
from engine.store.tables import CASE_MOVE, MEMBER_MOVE
from engine.vocabulary.clock import MovingClock
from tests.rulebooks import rulebook

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Place:
    """An installation with its store open, driven by hand."""

    def __init__(self, folder: Path, rules: str = "") -> None:
        self.clock = MovingClock(NOON)
        self.installation = Installation(Settings(), folder, SHIPPED_MODEL, self.clock)
        self.store: Store = open_store(
            open_database(f"sqlite:///{folder / 'store.db'}"), SHIPPED_MODEL, Settings().zone
        )
        self.rules: Rulebook = rulebook(rules) if rules else Rulebook({})

    def take(self, *records: dict[str, Any], entity: str = "contact") -> ImportReport:
        """Import records."""
        return self.take_lines((json.dumps(record).encode() for record in records), entity=entity)

    def take_lines(
        self, lines: Iterable[bytes], *, entity: str = "contact", all_or_nothing: bool = False
    ) -> ImportReport:
        """Import lines."""
        return Importer(self.store, entity, self.clock.now()).take(lines, all_or_nothing=all_or_nothing)

    def run(self, *names: str, at: datetime | None = None) -> RunReport:
        """Run the rules, all or by name."""
        return run(self.installation, self.store, self.rules, self.installation.moment(at), only=names)

    def members(self, selection: str) -> list[str] | None:
        """Return the members of a selection."""
        with self.store.database.reading() as connection:
            return selections.members(connection, self.store.tables, selection)

    def alerts(self) -> list[tuple[str, str]]:
        """Return (rule, contact) of every raised alert."""
        with self.store.database.reading() as connection:
            return [(one.rule, one.record) for one in alerts.raised(connection, self.store.tables)]

    def cases(self) -> list[tuple[str, str, str]]:
        """Return (rule, contact, state) of every case."""
        with self.store.database.reading() as connection:
            return [
                (str(c["rule"]), str(c["contact"]), str(c["state"]))
                for c in cases.listing(connection, self.store.tables)
            ]

    def moves(self) -> tuple[int, int]:
        """Return how many case moves and member moves were ever written."""
        with self.store.database.reading() as connection:
            counts = [
                connection.execute(select(func.count()).select_from(one)).scalar_one()
                for one in (CASE_MOVE, MEMBER_MOVE)
            ]
        return counts[0], counts[1]


def tally(report: RunReport, rule: str = "lost") -> tuple[int, int, int, int]:
    """Return matched, entered, left, undecided of a rule in a run."""
    found = next(one.tally for one in report.rules if one.rule == rule)
    return found.matched, found.entered, found.left, found.undecided
