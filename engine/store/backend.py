"""A backend: what a kind of database has to say of itself, so that the rest need not know which one it is."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

BUSY_MILLISECONDS = 15_000  # how long one writer waits for another


@dataclass(frozen=True, slots=True)
class Backend:
    """One kind of database.

    `connected` makes the engine of a URL; `reading` and `writing` are the execution options of the two kinds of
    transaction; `alone` keeps other processes from writing to a file meanwhile, `take_turn` does so from within a
    transaction that has just begun; `check` raises StoreMisconfigured where a database cannot be used; `is_environment`
    tells that a fault is the machine's and not the statement's; `said` is what may be told of one.
    """

    connected: Callable[[URL, Path | None], Engine]
    reading: Mapping[str, Any]
    writing: Mapping[str, Any]
    alone: Callable[[Path | None], AbstractContextManager[None]]
    take_turn: Callable[[Connection], None]
    check: Callable[[Connection], None]
    is_environment: Callable[[DBAPIError], bool]
    said: Callable[[DBAPIError], str]
