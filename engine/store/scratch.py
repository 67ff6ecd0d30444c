"""Scratch tables: temporary ones, empty when somebody begins to use them, and a connection's own."""

from sqlalchemy import Connection, Table, delete
from sqlalchemy.schema import CreateTable


def begin(connection: Connection, table: Table) -> None:
    """Give an empty temporary table.

    It is made once a connection: SQLite prepares every statement anew when a schema changes, and PostgreSQL keeps rows
    about each in its catalogue.
    """
    connection.execute(CreateTable(table, if_not_exists=True))
    end(connection, table)


def end(connection: Connection, table: Table) -> None:
    """Do away with what is in a temporary table."""
    connection.execute(delete(table))
