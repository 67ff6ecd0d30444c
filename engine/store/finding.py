"""Finding: contacts by the beginning of their id, name or e-mail address, by indexes that every store has.

Texts are as long as the CRM sends them, and PostgreSQL indexes none beyond some 2,700 bytes: there the beginnings are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Index, Integer, MetaData, Select, Table, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from engine.store.columns import Text
from engine.store.records import FOLDED, RecordTables

ENTITY = "contact"
BY = ("name", "email")
PREFIX = "found_by__"
INDEXED = 60  # characters of a text, where not all of it is indexed
HIGHEST = "\U0010ffff"
ITS, ABOVE, ITS_START, ABOVE_START = "its", "above", "its_start", "above_start"


class Beginning(GenericFunction[str]):
    """What of a text is indexed: all of it in SQLite, as much as always fits in PostgreSQL."""

    type = Text()
    name = "ansgar_beginning"
    inherit_cache = True


@compiles(Beginning)
def _whole(element: Beginning, compiler: SQLCompiler, **options: Any) -> str:
    return str(compiler.process(element.clauses.clauses[0], **options))


@compiles(Beginning, "postgresql")
def _start(element: Beginning, compiler: SQLCompiler, **options: Any) -> str:
    return f"left({compiler.process(element.clauses.clauses[0], **options)}, {INDEXED})"


@dataclass(frozen=True, slots=True)
class Hit:
    """A contact that was found: what people tell it apart by."""

    id: str
    name: str | None
    email: str | None
    category: str | None


def make(connection: Connection, tables: RecordTables) -> None:
    """Make the indexes where they are not there yet."""
    for name in BY:
        copied = tables.records[ENTITY].to_metadata(MetaData())
        index = Index(f"{PREFIX}{name}", Beginning(copied.c[name + FOLDED]))
        connection.execute(CreateIndex(index, if_not_exists=True))


def contacts(connection: Connection, tables: RecordTables, words: str, limit: int) -> list[Hit]:
    """Return contacts whose id begins with some words, or name or address, letter case aside: so many at most.

    Those whose text is exactly the words come first, then by name.
    """
    folded = words.casefold()
    bound: dict[str, str | int] = {
        ITS: folded,
        ABOVE: folded + HIGHEST,
        ITS_START: folded[:INDEXED],
        ABOVE_START: folded[:INDEXED] + HIGHEST,
    }
    bound |= {"most": limit}
    by_id = tables.shelf.get((), ("found", "id"), partial(_by_id, tables))
    rows = [*connection.execute(by_id, {ITS: words, ABOVE: words + HIGHEST, "most": limit})]
    for name in BY:
        rows += connection.execute(tables.shelf.get((), ("found", name), partial(by_beginning, tables, name)), bound)
    found = {row.id: Hit(row.id, row.name, row.email, row.category) for row in rows}
    return _sorted(found.values(), words, folded)[:limit]


def _sorted(found: Iterable[Hit], words: str, folded: str) -> list[Hit]:
    def place(one: Hit) -> tuple[bool, str, str]:
        texts = {(one.name or "").casefold(), (one.email or "").casefold()}
        return one.id != words and folded not in texts, (one.name or "").casefold(), one.id

    return sorted(found, key=place)


def _by_id(tables: RecordTables) -> Select[Any]:
    records = tables.records[ENTITY]
    return _having(records, records.c.id).order_by(records.c.id)


def by_beginning(tables: RecordTables, name: str) -> Select[Any]:
    """Select by the index of a field; what begins alike and goes on otherwise is told apart by the whole text."""
    records = tables.records[ENTITY]
    column = records.c[name + FOLDED]
    start: ColumnElement[str] = Beginning(column)
    its = (start >= bindparam(ITS_START, type_=Text()), start < bindparam(ABOVE_START, type_=Text()))
    return _having(records, column).where(*its).order_by(start)


def _having(records: Table, column: ColumnElement[str]) -> Select[Any]:
    columns = (records.c[name] for name in Hit.__slots__)
    its = (column >= bindparam(ITS, type_=Text()), column < bindparam(ABOVE, type_=Text()))
    return select(*columns).where(*its).limit(bindparam("most", type_=Integer()))
