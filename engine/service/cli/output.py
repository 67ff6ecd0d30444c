"""Printing: one JSON document or one table on stdout, and nothing else there."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_WIDTH = 160  # columns of a table that is not shown on a terminal


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints for people, or as JSON."""

    as_json: bool
    zone: tzinfo = UTC

    def document(self, document: Mapping[str, object]) -> None:
        """Print a JSON document; does nothing for people."""
        if self.as_json:
            text = json.dumps(document, default=_plain, ensure_ascii=False)
            sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "nothing") -> None:
        """Print a table for people; a sentence where it has no rows."""
        if self.as_json:
            return
        from rich.table import Table  # noqa: PLC0415 - not every command prints a table
        from rich.text import Text  # noqa: PLC0415

        table = Table(box=None, pad_edge=False, header_style="bold")
        count = 0
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(_shown(cell, self.zone)) for cell in row))
            count += 1
        console().print(table if count else Text(empty))

    def pairs(self, found: Mapping[str, object]) -> None:
        """Print names with what they stand for, a line each, for people."""
        for name, value in found.items():
            self.line(f"{name}: {_shown(value, self.zone)}")

    def line(self, text: str = "") -> None:
        """Print a line for people."""
        if not self.as_json:
            sys.stdout.write(_inert(text) + "\n")


def console() -> "Console":
    """Return the console on stdout, wide enough for tables when it is no terminal."""
    from rich.console import Console  # noqa: PLC0415 - as above

    return Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)


def complain(text: str) -> None:
    """Tell the user on stderr what went wrong and what to do."""
    sys.stderr.write("".join(f"{_inert(line)}\n" for line in text.split("\n")))


class Advance(Protocol):
    """What moves a progress bar on: by how much of its total, and how many more things were done meanwhile."""

    def __call__(self, amount: int, counted: int = 0, /) -> None:
        """Move the bar on."""


@contextmanager
def progress(what: str, total: int | None, *, counting: str = "") -> Iterator[Advance]:
    """Show a progress bar on stderr where that is a terminal; yields what to call with each advance.

    With `counting`, a word such as `items`, it says how many were done, and how many in a second.
    """
    if not sys.stderr.isatty():
        yield lambda _amount, _counted=0, /: None
        return
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    rate = f"{{task.fields[counted]:,}} {counting}, {{task.fields[rate]:,.0f}} a second"
    counted = (TextColumn(rate),) if counting else ()
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), *counted, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        number = bar.add_task(what, total=total, counted=0, rate=0.0)
        task = bar.tasks[number]

        def advance(amount: int, counted: int = 0, /) -> None:
            done = task.fields["counted"] + counted
            bar.update(number, advance=amount, counted=done, rate=done / (task.elapsed or 1))

        yield advance


def _shown(cell: object, zone: tzinfo) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        case list() | tuple():
            return ", ".join(map(str, cell))
        case dict():
            return ", ".join(f"{key} {value}" for key, value in cell.items())
    return _inert(str(cell))


def _inert(text: str) -> str:
    """Return text in which nothing steers the terminal; line ends are the caller's."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def told_basis(basis: str, candidates: int) -> str:
    """Return how many records a rule was evaluated for: those that may have changed, or all of them, and why."""
    how, _, why = basis.partition(": ")
    return f"all: {why}" if how == "full" and why else str(candidates)
