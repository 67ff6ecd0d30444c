"""Column types: text by code points, instants as integers, decimals as scaled integers, lists as delimited text."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy
from sqlalchemy import BigInteger
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from engine.model.values import LIST_SEPARATOR, SCALE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
UNIT = 10**SCALE
_BY_CODE_POINTS = sqlalchemy.Text(collation="C")


def to_microseconds(instant: datetime) -> int:
    """Return microseconds since 1970 in UTC, exactly."""
    return (instant - EPOCH) // MICROSECOND


class Text(TypeDecorator[str]):
    """Text that is compared and ordered by code points in every database, whatever language a server was set up in."""

    impl = sqlalchemy.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of a database; SQLite orders by code points anyway."""
        return _impl_of_text(dialect)

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None] | None:
        """Return what a text goes through. Nothing that is kept has a NUL; one that is asked for is in no text."""
        return None if dialect.name == "sqlite" else _without_nul


class Instant(TypeDecorator[datetime]):
    """An instant as microseconds since 1970: half the index size of text, and exact to compare."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Return the integer that stands for an instant; integers pass."""
        return to_microseconds(value) if isinstance(value, datetime) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the instant that an integer stands for."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Exact(TypeDecorator[Decimal]):
    """A number with four decimals as a scaled integer: sums are exact, and the same in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Return the scaled integer of a decimal; integers are scaled already."""
        return int(value * UNIT) if isinstance(value, Decimal) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the decimal of a scaled integer."""
        return None if value is None else Decimal(value).scaleb(-SCALE)


class TextList(TypeDecorator[tuple[str, ...]]):
    """A list of texts, each between separators, so that membership is a search for one text."""

    impl = sqlalchemy.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of a database."""
        return _impl_of_text(dialect)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the delimited text of a list; text passes."""
        return delimited(value) if isinstance(value, tuple | list) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:
        """Return the list of a delimited text."""
        if value is None:
            return None
        return tuple(value[1:-1].split(LIST_SEPARATOR)) if len(value) > 1 else ()


def type_of(value: object) -> TypeEngine[Any] | None:
    """Return the column type of a constant; None where SQLAlchemy knows it."""
    if isinstance(value, Decimal):
        return Exact()
    return Instant() if isinstance(value, datetime) else None


def delimited(members: tuple[str, ...] | list[str]) -> str:
    """Return members between separators; the separator alone is the empty list."""
    return LIST_SEPARATOR + "".join(one + LIST_SEPARATOR for one in members)


def _without_nul(value: str | None) -> str | None:
    """Return text that PostgreSQL takes."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if value is not None and "\0" in value else value


def _impl_of_text(dialect: Dialect) -> TypeEngine[Any]:
    is_plain = dialect.name == "sqlite"
    return dialect.type_descriptor(sqlalchemy.Text() if is_plain else _BY_CODE_POINTS)
