"""Distinct values: what only Python can tell of a value is asked once for each that occurs."""

from collections.abc import Callable
from typing import Any

import polars as pl


def mapped(values: pl.Series, each: Callable[[Any], Any], kind: pl.DataType) -> pl.Series:
    """Return what a function makes of every value; missing stays missing."""
    distinct = values.drop_nulls().unique()
    made = pl.Series([each(one) for one in distinct], dtype=kind)
    return values.replace_strict(distinct, made, default=None, return_dtype=kind)
