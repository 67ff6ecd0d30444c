"""Rows: one table as an evaluation sees it, with the columns that were worked out for its expressions."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

import polars as pl

_ALL = "~all"


@dataclass(slots=True)
class Rows:
    """So many rows. Columns are worked out when an expression first asks for them, by a key that says what they are."""

    height: int
    _columns: dict[str, pl.Series] = field(default_factory=dict)
    _names: dict[Hashable, str] = field(default_factory=dict)

    def column(self, key: Hashable, found: Callable[[], pl.Series]) -> pl.Expr:
        """Return the expression of a column, worked out where it is not there yet."""
        if key not in self._names:
            self.put(key, found())
        return self.expression(key)

    def put(self, key: Hashable, values: pl.Series) -> None:
        """Let values stand as a column."""
        name = self._names.setdefault(key, f"~{len(self._names)}")
        self._columns[name] = values

    def has(self, key: Hashable) -> bool:
        """True when a column was worked out."""
        return key in self._names

    def values(self, key: Hashable) -> pl.Series:
        """Return the values of a column that is there."""
        return self._columns[self._names[key]]

    def expression(self, key: Hashable) -> pl.Expr:
        """Return the expression of a column that is there."""
        return pl.col(self._names[key])

    def made(self, expression: pl.Expr) -> pl.Series:
        """Return what an expression comes to for each row."""
        return self.together({"made": expression})["made"]

    def together(self, expressions: Mapping[str, pl.Expr]) -> pl.DataFrame:
        """Return what several expressions come to for each row, worked out at once."""
        rows = pl.DataFrame({_ALL: pl.int_range(self.height, eager=True), **self._columns})
        return rows.lazy().select(_ALL, **expressions).collect()
