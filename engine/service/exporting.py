"""Exporting: the members of a selection go into a file, without those who must not be handed out (L3)."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from actions.keep_in_selection import KeepInSelection
from engine.language.rule import Rulebook
from engine.model.entity import Entity, Field, FieldType
from engine.model.snapshot import plain
from engine.service.disclosed_file import disclosed_file
from engine.service.export.cells import Cell, cell, in_csv
from engine.service.export.spreadsheet import SheetFull, write_sheet
from engine.service.installation import Installation
from engine.service.logs import logger
from engine.store import erasure, exports, selections
from engine.store.database import Connection
from engine.store.exports import Keeping, Member
from engine.store.restrictions import FLAG
from engine.store.schema import Store
from engine.vocabulary.problem import nearest_or_all

LOG = logger("exporting")
CSV, XLSX, JSON = ".csv", ".xlsx", ".json"
FORMATS = (CSV, XLSX, JSON)
ID = "id"
RESTRICTED, OBJECTS, BLOCKED, IN_BIN = "RESTRICTED", "OBJECTS", "BLOCKED", "IN_RECYCLE_BIN"
WHY = {
    RESTRICTED: "their processing is restricted, or it is unclear whether it is",
    OBJECTS: "they object to marketing, which the selection is for",
    BLOCKED: "an alert forbids their export",
    IN_BIN: "they lie in the recycle bin",
}


class NotExported(Exception):
    """An export that cannot be made; the text says why and what to do."""


class NoSelection(NotExported):
    """No rule keeps a selection of this name."""


@dataclass(frozen=True, slots=True)
class Export:
    """What is wanted: a selection, where it is to go, and which fields; none named means all that hold one value."""

    selection: str
    file: Path
    fields: tuple[str, ...] = ()
    force: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of an export: how many went out, and how many did not for which reason."""

    selection: str
    file: Path
    exported: int
    left_out: Mapping[str, int]

    def as_json(self) -> dict[str, object]:
        """Return the document of `export --json`."""
        return {
            "selection": self.selection,
            "file": str(self.file),
            "exported": self.exported,
            "left_out": dict(self.left_out),
        }


@dataclass(slots=True)
class _Gate:
    """Lets members pass, and counts them and those who must not."""

    call: KeepInSelection | None
    in_bin: frozenset[str]
    passed: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def let(self, members: Iterable[Member]) -> Iterator[Member]:
        """Give those who may go."""
        for one in members:
            reason = self._reason(one)
            if reason:
                self.left_out[reason] += 1
            else:
                self.passed += 1
                yield one

    def _reason(self, one: Member) -> str:
        """Return why a member is left out, the weightiest reason first; empty where it may go.

        A selection that a rule no longer keeps in the rulebook says nothing about restricted ones.
        """
        shows_restricted = self.call is not None and self.call.include_restricted
        hiding = self.call.looks_at if self.call else frozenset[str]()
        if one.is_restricted and not (shows_restricted or one.is_permitted):
            return RESTRICTED
        if (hiding - {FLAG}) & one.set_flags:
            return OBJECTS
        if one.is_blocked:
            return BLOCKED
        return IN_BIN if one.id in self.in_bin else ""


def export(installation: Installation, store: Store, rulebook: Rulebook, wanted: Export) -> Exported:
    """Write the members of a selection into a file, whole or not at all; raises NotExported or NotWritten."""
    suffix = wanted.file.suffix.lower()
    if suffix not in FORMATS:
        raise NotExported(f"--to ends with {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, which says what is written")
    with store.database.reading() as connection:
        kept = _kept(connection, store, wanted.selection)
        fields = _chosen(store.tables.model.entity(kept.entity), wanted.fields)
        gate = _Gate(_call(rulebook, kept), erasure.ids_in_bin(connection, kept.entity))
        passing = gate.let(exports.members(connection, store.tables, kept, fields, store.zone))
        with disclosed_file(wanted.file, force=wanted.force) as stream:
            if suffix == JSON:
                _write_json(stream, wanted.selection, fields, passing, gate)
            elif suffix == CSV:
                _write_csv(stream, _header(fields), _rows(fields, passing))
            else:
                _write_xlsx(stream, wanted.file, fields, passing, installation)
    LOG.info("selection exported", selection=wanted.selection, exported=gate.passed, left_out=dict(gate.left_out))
    return Exported(wanted.selection, wanted.file, gate.passed, gate.left_out)


def _kept(connection: Connection, store: Store, selection: str) -> Keeping:
    kept = exports.keeping(connection, selection)
    if kept is None or kept.entity not in store.tables.records:
        known = [str(row["selection"]) for row in selections.listing(connection)]
        raise NoSelection(f"no rule keeps a selection `{selection}`; {nearest_or_all(selection, known)}")
    return kept


def _call(rulebook: Rulebook, kept: Keeping) -> KeepInSelection | None:
    rule = rulebook.rules.get(kept.rule)
    return next((one for one in rule.calls if isinstance(one, KeepInSelection)), None) if rule else None


def _chosen(shape: Entity, names: Sequence[str]) -> tuple[Field, ...]:
    """Return the fields to export; the id is always there and is none of them."""
    if not names:
        return tuple(one for one in shape.fields.values() if one.type is not FieldType.LIST)
    for name in names:
        if name != ID and name not in shape.fields:
            raise NotExported(f"--fields: a {shape.name} has no field `{name}`; {nearest_or_all(name, shape.fields)}")
    return tuple(shape.fields[name] for name in dict.fromkeys(names) if name != ID)


def _header(fields: Iterable[Field]) -> list[str]:
    return [ID, *(one.name for one in fields)]


def _rows(fields: Sequence[Field], members: Iterable[Member]) -> Iterator[list[Cell]]:
    for one in members:
        yield [cell(one.id), *(cell(one.values[f.name], is_unclear=f.name in one.unclear) for f in fields)]


def _write_csv(stream: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows as CSV (RFC 4180): UTF-8, line ends within cells stand in quotes."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([in_csv(one) for one in row] for row in rows)
    text.detach()


def _write_xlsx(
    stream: BinaryIO, file: Path, fields: Sequence[Field], members: Iterable[Member], installation: Installation
) -> None:
    try:
        write_sheet(stream, file.parent, _header(fields), _rows(fields, members), installation.clock.now())
    except SheetFull as error:
        raise NotExported(str(error)) from None


def _write_json(
    stream: BinaryIO, selection: str, fields: Sequence[Field], members: Iterable[Member], gate: _Gate
) -> None:
    """Write members as the API shows contacts: what is missing is left out, an unclear flag is null."""
    stream.write(b'{"selection": ' + _json(selection) + b', "members": [')
    between = b"\n"
    for one in members:
        stream.write(between + _json(_record(fields, one)))
        between = b",\n"
    stream.write(b'\n], "left_out": ' + _json(dict(gate.left_out)) + b"}\n")


def _record(fields: Sequence[Field], one: Member) -> dict[str, object]:
    values = {f.name: plain(one.values[f.name]) for f in fields if one.values[f.name] is not None}
    return {ID: one.id} | values | {f.name: None for f in fields if f.name in one.unclear}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
