"""Copying: many rows into one table at once; PostgreSQL takes them as a stream, which is several times faster."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

FEW = 20  # rows for which a statement is as good


def write(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new rows, all with the same columns, in the caller's transaction."""
    if connection.dialect.name == "postgresql" and len(rows) > FEW:
        _copy(connection, table, rows)
    elif rows:
        connection.execute(table.insert(), rows)


def _copy(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    dialect = connection.dialect
    columns = [table.c[name] for name in rows[0]]
    told = [column.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is for column in columns]
    named = ", ".join(dialect.identifier_preparer.format_column(column) for column in columns)
    statement = f"COPY {dialect.identifier_preparer.format_table(table)} ({named}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as stream:
            for row in rows:
                stream.write_row([tell(row[column.name]) for tell, column in zip(told, columns, strict=True)])
    except dialect.loaded_dbapi.Error as error:
        raise DBAPIError(statement, None, error) from None


def _as_it_is(value: Any) -> Any:
    return value
