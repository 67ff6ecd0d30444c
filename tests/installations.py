"""Installations for tests: a real store in a folder of its own, a clock that stands still, rules from text."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from sqlalchemy import func, select

from engine.crm.letter import Post
from engine.crm.orders import Crm
from engine.evaluate.decision import Decider
from engine.language.rule import Rulebook
from engine.model.shipped import SHIPPED_MODEL
from engine.service.acting import carry_out
from engine.service.config import Settings
from engine.service.importing import Importer, ImportReport
from engine.service.installation import Installation
from engine.service.plan import Plan
from engine.service.planning import plan
from engine.service.runner import RunReport, Wanted, run
from engine.service.scene import Scene, open_scene
from engine.store import alerts, cases, deletions, moves_told, selections
from engine.store.facts import Records
from engine.store.schema import Store
from engine.store.tables import CASE_MOVE, MEMBER_MOVE
from engine.store.tombstones import Tombstones
from engine.vocabulary.clock import MovingClock
from tests.rulebooks import rulebook
from tests.stores import STORES

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


DECIDER = Decider()  # one worker process for all tests of a session; conftest ends it


class Place:
    """An installation with its store open, driven by hand."""

    def __init__(self, folder: Path, rules: str = "", settings: Settings | None = None, crm: Crm | None = None) -> None:
        self.clock = MovingClock(NOON)
        self.folder = folder
        self.installation = Installation(settings or Settings(), folder, SHIPPED_MODEL, self.clock)
        self.decider = DECIDER
        self.crm = crm
        self.post: Post | None = None  # instead of the outbox
        self.store: Store = STORES.open(folder)
        if self.installation.settings.told:
            with self.store.database.writing() as connection:
                moves_told.begin(connection, self.installation.settings.told)
        self.rules: Rulebook = rulebook(rules) if rules else Rulebook({})

    def take(self, *records: dict[str, Any], entity: str = "contact") -> ImportReport:
        """Import records."""
        return self.take_lines((json.dumps(record).encode() for record in records), entity=entity)

    def take_lines(
        self, lines: Iterable[bytes], *, entity: str = "contact", all_or_nothing: bool = False
    ) -> ImportReport:
        """Import lines."""
        tombstones = self.installation.open_tombstones()
        return Importer(self.store, entity, self.clock.now(), tombstones=tombstones).take(
            lines, all_or_nothing=all_or_nothing
        )

    def run(
        self, *names: str, at: datetime | None = None, inputs: dict[str, str] | None = None, full: bool = False
    ) -> RunReport:
        """Run the rules, all or by name, with inputs for those that need them; `full`: for all, whatever changed."""
        rules = self.rules.asked(names, inputs) if inputs else self.rules
        return run(self.installation, self.store, rules, self.installation.moment(at), Wanted(frozenset(names), full))

    def plan(self, *names: str, at: datetime | None = None, rules: Rulebook | None = None) -> Plan:
        """Return the plan of these rules, or of others."""
        return plan(self.installation, self.store, rules or self.rules, self.installation.moment(at), only=names)

    def scene(self) -> Scene:
        """Return the scene in which effects are carried out."""
        scene = open_scene(self.installation, self.store, self.rules, self.decider)
        return replace(scene, crm=self.crm, post=self.post or scene.post)

    def act(self) -> Counter[str]:
        """Carry out what is due now."""
        return carry_out(self.scene(), self.installation.moment())

    def live(self) -> Counter[str]:
        """Run, then carry out what is due."""
        self.run()
        return self.act()

    def letters(self) -> list[EmailMessage]:
        """Return the letters in the outbox, the oldest first."""
        files = sorted((self.folder / "var" / "outbox").glob("*.eml"), key=lambda file: (len(file.name), file.name))
        return [message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=policy.default) for file in files]

    def deletions(self) -> dict[str | None, tuple[str, str | None]]:
        """Return state and reason of each contact's newest deletion."""
        with self.store.database.reading() as connection:
            return {
                one.contact: (one.state, one.reason)
                for one in sorted(deletions.read(connection, self.store.tables), key=lambda d: d.key)
            }

    def key_of(self, contact: str) -> int:
        """Return the key of a contact that is there."""
        with self.store.database.reading() as connection:
            return Records(self.store.tables, self.store.zone).key_of(connection, "contact", contact) or 0

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


def scene_of(store: Store, rulebook: Rulebook) -> Scene:
    """Return a scene in which nothing goes outside."""
    installation = Installation(Settings(), Path(), SHIPPED_MODEL, MovingClock(NOON))
    nobody = cast("Tombstones", None), cast("Post", None)
    return Scene(installation, store, rulebook, nobody[0], DECIDER, nobody[1], None)
