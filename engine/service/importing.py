"""Importing: NDJSON lines become snapshots in the store, in batches; bad lines are listed and lose nothing else."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.model.snapshot import Refusal, Refused, Snapshot, read_json, read_snapshot
from engine.store.database import Connection
from engine.store.intake import Intake, Taken
from engine.store.schema import Store
from engine.store.tombstones import Tombstones

BATCH = 500
BOM = b"\xef\xbb\xbf"  # some programs begin a file with it
LONGEST_LINE = 16 << 20  # bytes
MOST_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was not taken."""

    line: int
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What became of an import."""

    lines: int = 0
    taken: Taken = field(default_factory=Taken)
    refused: list[RefusedLine] = field(default_factory=list)
    refused_count: int = 0
    is_kept: bool = True

    def as_json(self) -> dict[str, object]:
        """Return the document of `import --json`."""
        return {
            "lines": self.lines,
            "created": self.taken.created,
            "changed": self.taken.changed,
            "unchanged": self.taken.unchanged,
            "outdated": self.taken.outdated,
            "refused": [{"line": one.line, "reason": one.reason} for one in self.refused],
            "refused_count": self.refused_count,
            "kept": self.is_kept,
        }


class _NothingKept(Exception):
    """Ends a transaction that is not to be kept."""


def _keep_if_whole(report: ImportReport) -> None:
    if report.refused_count:
        raise _NothingKept


@dataclass(frozen=True, slots=True)
class Importer:
    """Imports lines of one entity. `progress` is told the bytes of every line read."""

    store: Store
    entity: str
    at: datetime
    ignore_unknown: bool = False
    progress: Callable[[int], None] = lambda _: None
    tombstones: Tombstones | None = None

    def take(self, lines: Iterable[bytes], *, all_or_nothing: bool = False) -> ImportReport:
        """Return what became of the lines; each batch is a transaction of its own, or all of them are one."""
        report = ImportReport()
        if not all_or_nothing:
            for batch in self._batches(lines, report):
                with self.store.database.writing() as connection:
                    self._write(connection, batch, report)
            return report
        try:
            with self.store.database.writing() as connection:
                for batch in self._batches(lines, report):
                    self._write(connection, batch, report)
                _keep_if_whole(report)
        except _NothingKept:
            report.taken, report.is_kept = Taken(), False
        return report

    def _write(self, connection: Connection, batch: list[Snapshot], report: ImportReport) -> None:
        entity = self.store.tables.model.entity(self.entity)
        report.taken.add(Intake(self.store.tables, entity, self.store.zone).take(connection, batch, self.at))

    def _batches(self, lines: Iterable[bytes], report: ImportReport) -> Iterable[list[Snapshot]]:
        batch: list[Snapshot] = []
        erased = self.tombstones.all() if self.tombstones else frozenset()
        for line in lines:
            report.lines += 1
            self.progress(len(line))
            snapshot = self._snapshot(line.removeprefix(BOM) if report.lines == 1 else line, report, erased)
            if snapshot is not None:
                batch.append(snapshot)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def _snapshot(self, line: bytes, report: ImportReport, erased: frozenset[str]) -> Snapshot | None:
        if not line.strip():
            return None
        try:
            entity = self.store.tables.model.entity(self.entity)
            found = read_snapshot(entity, _json(line), self.store.zone, ignore_unknown=self.ignore_unknown)
            return unless_erased(self.tombstones, self.entity, found, erased)
        except Refused as error:
            report.refused_count += 1
            if len(report.refused) < MOST_LISTED:
                report.refused.append(RefusedLine(report.lines, str(error)))
            return None


def unless_erased(tombstones: Tombstones | None, entity: str, snapshot: Snapshot, erased: frozenset[str]) -> Snapshot:
    """Return a snapshot; raises Refused where its id or address is that of somebody who was erased here (L11)."""
    if tombstones is None or not erased:
        return snapshot
    hashes = {tombstones.id_hash(entity, snapshot.id)}
    email = snapshot.values.get("email")
    if isinstance(email, str):
        hashes.add(tombstones.email_hash(email))
    if hashes & erased:
        raise Refused([Refusal("", "ERASED: this contact was erased here and must not come back unnoticed")])
    return snapshot


def _json(line: bytes) -> Any:
    if len(line) > LONGEST_LINE:
        raise Refused([Refusal("", f"a line may have {LONGEST_LINE >> 20} MiB at most")])
    return read_json(line)
