"""Importing: NDJSON lines become snapshots in the store, in batches; bad lines are listed and lose nothing else."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.model.snapshot import Refusal, Refused, Snapshot, SnapshotReader, read_json
from engine.service.returning import IN_BIN, refused, unless_erased
from engine.store import erasure, statistics
from engine.store.database import Connection
from engine.store.intake import Intake, Taken
from engine.store.schema import Store
from engine.store.tombstones import Tombstones

BATCH = 5_000  # records and items of one transaction: enough that its end does not count, and others can write soon
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

    def refuse(self, line: int, reason: str) -> None:
        """Note a line that is not taken."""
        self.refused_count += 1
        if len(self.refused) < MOST_LISTED:
            self.refused.append(RefusedLine(line, reason))

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
    """Imports lines of one entity. `progress` is told, batch by batch, the bytes read, and the records and items."""

    store: Store
    entity: str
    at: datetime
    ignore_unknown: bool = False
    progress: Callable[[int, int], None] = lambda _bytes, _items: None
    tombstones: Tombstones | None = None

    def take(self, lines: Iterable[bytes], *, all_or_nothing: bool = False) -> ImportReport:
        """Return what became of the lines; each batch is a transaction of its own, or all of them are one."""
        report = ImportReport()
        if not all_or_nothing:
            for batch in self._batches(lines, report):
                with self.store.database.writing() as connection:
                    self._write(connection, batch, report)
            self._gather_statistics(report)
            return report
        try:
            with self.store.database.writing() as connection:
                for batch in self._batches(lines, report):
                    self._write(connection, batch, report)
                _keep_if_whole(report)
        except _NothingKept:
            report.taken, report.is_kept = Taken(), False
        self._gather_statistics(report)
        return report

    def _gather_statistics(self, report: ImportReport) -> None:
        if report.taken.created + report.taken.changed >= statistics.MANY:
            with self.store.database.writing() as connection:
                statistics.gather(connection, self.store.tables, self.entity)

    def _write(self, connection: Connection, batch: list[tuple[int, Snapshot]], report: ImportReport) -> None:
        """Write a batch, save those in the recycle bin: looked up where no deletion can move meanwhile."""
        entity = self.store.tables.model.entity(self.entity)
        binned = erasure.ids_in_bin(connection, self.entity)
        for line, snapshot in batch:
            if snapshot.id in binned:
                report.refuse(line, str(refused(IN_BIN)))
        snapshots = [snapshot for _, snapshot in batch if snapshot.id not in binned]
        report.taken.add(Intake(self.store.tables, entity, self.store.zone).take(connection, snapshots, self.at))

    def _batches(self, lines: Iterable[bytes], report: ImportReport) -> Iterator[list[tuple[int, Snapshot]]]:
        reader = SnapshotReader(
            self.store.tables.model.entity(self.entity), self.store.zone, ignore_unknown=self.ignore_unknown
        )
        erased = self.tombstones.all() if self.tombstones else frozenset()
        batch: list[tuple[int, Snapshot]] = []
        read, items = 0, 0
        for line in lines:
            report.lines += 1
            read += len(line)
            snapshot = self._snapshot(reader, line, report, erased)
            if snapshot is not None:
                batch.append((report.lines, snapshot))
                items += 1 + sum(map(len, snapshot.collections.values()))
            if items >= BATCH:
                yield batch
                self.progress(read, items)
                batch, read, items = [], 0, 0
        if batch:
            yield batch
        self.progress(read, items)

    def _snapshot(
        self, reader: SnapshotReader, line: bytes, report: ImportReport, erased: frozenset[str]
    ) -> Snapshot | None:
        text = line.removeprefix(BOM) if report.lines == 1 else line
        if not text.strip():
            return None
        try:
            return unless_erased(self.tombstones, self.entity, reader.read(_json(text)), erased)
        except Refused as error:
            report.refuse(report.lines, str(error))
            return None


def _json(line: bytes) -> Any:
    if len(line) > LONGEST_LINE:
        raise Refused([Refusal("", f"a line may have {LONGEST_LINE >> 20} MiB at most")])
    return read_json(line)
