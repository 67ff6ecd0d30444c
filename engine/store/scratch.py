"""Scratch tables: temporary ones, empty when somebody begins to use them, and a connection's own."""

from sqlalchemy import Connection, Table, delete
from sqlalchemy.schema import CreateTable


def begin(connection: Connection, table: Table) -> None:
    """Give an empty temporary table."""
    if connection.dialect.name == "sqlite":
        table.drop(connection, checkfirst=True)
        table.create(connection)
        return
    # Made once a session, because each would leave rows in the catalogue of the database; it empties itself.
    connection.execute(CreateTable(table, if_not_exists=True))
    connection.execute(delete(table))


def end(connection: Connection, table: Table) -> None:
    """Do away with what is in a temporary table."""
    if connection.dialect.name == "sqlite":
        table.drop(connection)
    else:
        connection.execute(delete(table))
