"""Zones on PostgreSQL: local days and terms as SQL functions, made of the offsets that zoneinfo tells.

The server's own time zone data may be of another year than Python's, and then SQL and Python would come to different
days. On SQLite the functions of the same names are Python's own (`functions.py`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

from sqlalchemy import Connection, delete, insert, select

from engine.store.columns import MICROSECOND, to_microseconds
from engine.store.tables import SETTING

FUNCTIONS = Path(__file__).with_name("zones.sql")
KNOWN = "zones"  # the setting that tells which zones the functions know, and from which data
FIRST = datetime(1800, 1, 1, tzinfo=UTC)  # before the oldest change of an offset
# Four hundred years earlier every zone follows a rule of the calendar already, and the calendar repeats after as many.
LAST = datetime(2500, 1, 1, tzinfo=UTC)
CYCLE = timedelta(days=146_097)
A_DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
_NUMBERS = {
    "last": to_microseconds(LAST),
    "cycle": CYCLE // MICROSECOND,
    "day": A_DAY // MICROSECOND,
    "beyond": to_microseconds(datetime(9999, 12, 31, tzinfo=UTC)),
}
# What the first three functions do with the spans of a zone. `width_bucket` tells how many of a sorted array's members
# are not above a value: the span is the next.
_OFFSET = "RETURN ({offsets})[width_bucket(moved, {ends}) + 1];"
_SHOWN_BEFORE = "RETURN ({shown})[width_bucket(instant - cycled, {ends})] + cycled;"
_INSTANT = (
    "span := width_bucket(wall - cycled, {shown}); "
    "RETURN greatest(wall - cycled - ({offsets})[span + 1], ({ends})[span]) + cycled;"
)


@dataclass(frozen=True, slots=True)
class Spans:
    """The spans in which a zone keeps its offset: all offsets, and the ends of all but the last (microseconds)."""

    offsets: tuple[int, ...]
    ends: tuple[int, ...]

    def written(self, statement: str) -> str:
        """Return a statement with these spans in it."""
        shown = (end + offset for end, offset in zip(self.ends, self.offsets, strict=False))
        parts = {"offsets": self.offsets, "ends": self.ends, "shown": tuple(shown)}
        return statement.format(**{name: _listed(numbers) for name, numbers in parts.items()})


def prepare(connection: Connection, *zones: ZoneInfo) -> None:
    """Let the SQL functions know zones as Python knows them now; does nothing on SQLite."""
    if connection.dialect.name != "postgresql":
        return
    stored = connection.execute(select(SETTING.c.value).where(SETTING.c.name == KNOWN)).scalar_one_or_none()
    known: dict[str, str] = json.loads(stored or "{}")
    wanted = {key: _digest(key) for key in sorted({*known, *(zone.key for zone in zones)})}
    if wanted == known:
        return
    # Without parameters, several statements go at once.
    connection.exec_driver_sql(_functions(wanted), execution_options={"no_parameters": True})
    connection.execute(delete(SETTING).where(SETTING.c.name == KNOWN))
    connection.execute(insert(SETTING).values(name=KNOWN, value=json.dumps(wanted)))


def _functions(zones: Iterable[str]) -> str:
    spans = {zone: spans_of(zone) for zone in zones}
    uses = {"offsets": _OFFSET, "shown_before": _SHOWN_BEFORE, "instants": _INSTANT}
    return FUNCTIONS.read_text() % (_NUMBERS | {name: _by_zone(spans, use) for name, use in uses.items()})


def _by_zone(spans: Mapping[str, Spans], statement: str) -> str:
    return "\n    ".join(f"WHEN '{zone}' THEN {its.written(statement)}" for zone, its in spans.items())


def _listed(numbers: Iterable[int]) -> str:
    """Return numbers as a constant, which a function does not have to make at each call."""
    return f"'{{{','.join(map(str, numbers))}}}'::bigint[]"


@lru_cache(maxsize=32)
def spans_of(key: str) -> Spans:
    """Return the spans of a zone. No zone has changed its offset twice within a day."""
    zone, offsets, ends = ZoneInfo(key), [], []
    for end, offset in _spans(zone):
        offsets.append(offset // MICROSECOND)
        if end is not None:
            ends.append(to_microseconds(end))
    return Spans(tuple(offsets), tuple(ends))


def _spans(zone: ZoneInfo) -> Iterator[tuple[datetime | None, timedelta]]:
    """Give the end and the offset of each span in which a zone keeps its offset, the last one without an end."""
    day, offset = FIRST, _offset(FIRST, zone)
    while day < LAST + 2 * A_DAY:  # instants of the last days can be shown as earlier times
        if _offset(day + A_DAY, zone) != offset:
            end = _change(day, day + A_DAY, zone)
            yield end, offset
            offset = _offset(end, zone)
        day += A_DAY
    yield None, offset


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first second with another offset than the one at `before`."""
    old = _offset(before, zone)
    while after - before > SECOND:
        middle = before + SECOND * ((after - before) // SECOND // 2)
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _digest(key: str) -> str:
    """Return a digest of the functions, and of the data from which Python knows a zone: the system's, or tzdata's."""
    found = hashlib.sha256(FUNCTIONS.read_bytes())
    file = next((one for one in (Path(folder, key) for folder in TZPATH) if one.is_file()), None)
    if file is not None:
        found.update(file.read_bytes())
    else:
        package, _, name = f"tzdata.zoneinfo.{key.replace('/', '.')}".rpartition(".")
        found.update(resources.files(package).joinpath(name).read_bytes())
    return found.hexdigest()[:16]
