"""Metadata: what all fixed tables belong to, and what their keys are."""

from sqlalchemy import BigInteger, Integer, MetaData

METADATA = MetaData()
# SQLite keeps rowids small and never reuses those of AUTOINCREMENT tables: a key is never another's.
KEY = BigInteger().with_variant(Integer, "sqlite")
