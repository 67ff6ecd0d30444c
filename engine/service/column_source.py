"""The columns from which verdicts are derived: what rules read, fetched from the store once."""

from collections.abc import Iterable

from engine.evaluate.columnar.frames import Frames
from engine.language.algebra import Predicate
from engine.language.columns_needed import columns_needed
from engine.store.column_reading import read_columns
from engine.store.database import Connection
from engine.store.records import RecordTables


def read_frames(connection: Connection, tables: RecordTables, predicates: Iterable[tuple[str, Predicate]]) -> Frames:
    """Return the columns that predicates on entities need, and no others."""
    frames = Frames(tables.model)
    # Sorted, the records of an entity come before what belongs to them.
    for source, names in sorted(columns_needed(tables.model, predicates).items()):
        frames.put(source, names, read_columns(connection, tables, source, names))
    return frames
