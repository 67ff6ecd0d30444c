"""Readings: what only Python can tell of a text. PostgreSQL is told it before a statement, for the texts in question.

Its own regular expressions are another dialect than RE2, and it folds letters by another rule. SQLite calls Python.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    Text,
    bindparam,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import func

from engine.language.event_pattern import EventKind, fits
from engine.store.functions import Matches, SaysExpected, expectations, read_data
from engine.vocabulary.pattern import matches

AT_A_TIME = 10_000  # texts held in memory


@dataclass(frozen=True, slots=True)
class PatternInText:
    """An RE2 pattern, and the selection of the texts that it may be looked for in."""

    texts: Select[Any]
    pattern: str
    exact: bool

    def is_in(self, value: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Return the condition that it is found in a value; `name` is the parameter that the texts are bound to."""
        return Matches(value, self.pattern, self.exact, bindparam(name, type_=ARRAY(Text())))


def texts_of(
    value: ColumnElement[Any], rows: FromClause, among: Sequence[ColumnElement[bool]], owners: Table | None
) -> Select[Any]:
    """Select the texts that a value of rows has, for those records that satisfy conditions; `owners` are items'."""
    if owners is not None and among:
        among = (rows.c.owner_key.in_(select(owners.c.key).where(*among)),)
    return select(value).select_from(rows).where(*among).distinct()


def found_in(
    connection: Connection, patterns: Mapping[str, PatternInText], bound: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Return, by the name of its parameter, the texts in which each pattern is found; nothing where SQL can tell.

    `bound` are the parameters that the selections of texts have.
    """
    if connection.dialect.name == "sqlite":
        return {}
    return {
        name: [text for text in _texts(connection, one.texts, bound) if _is_in(text, one)]
        for name, one in patterns.items()
    }


def _texts(connection: Connection, chosen: Select[Any], bound: Mapping[str, Any]) -> Any:
    return connection.execute(chosen, bound, execution_options={"yield_per": AT_A_TIME}).scalars()


def _is_in(text: str | None, one: PatternInText) -> bool:
    return text is not None and matches(text, one.pattern, exact=one.exact)


def says(connection: Connection, events: Any, kind: EventKind, its: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that an event, of those that satisfy a condition, says what a kind of event expects."""
    if connection.dialect.name == "sqlite":
        return SaysExpected(events.c.body, expectations(kind.expected))
    rows = connection.execute(
        select(events.c.seq, events.c.body).where(its), execution_options={"yield_per": AT_A_TIME}
    )
    fitting = [row.seq for row in rows if fits(kind.expected, read_data(row.body))]
    seq: ColumnElement[int] = events.c.seq
    return seq.in_(select(func.unnest(literal(fitting, ARRAY(BigInteger)))))
