"""Metadata: what all fixed tables belong to, what their keys are, and how an index is of some rows alone."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, MetaData

METADATA = MetaData()
# SQLite keeps rowids small and never reuses those of AUTOINCREMENT tables: a key is never another's.
KEY = BigInteger().with_variant(Integer, "sqlite")


def partial(condition: ColumnElement[bool]) -> dict[str, Any]:
    """Return the options of an index of the rows for which a condition is true."""
    return {"sqlite_where": condition, "postgresql_where": condition}
