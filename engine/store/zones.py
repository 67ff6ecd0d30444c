"""Zones on PostgreSQL: local days and terms as SQL functions over offsets that zoneinfo tells.

The server's own time zone data may be of another year than Python's, and then SQL and Python would come to different
days. On SQLite the functions of the same names are Python's own (`functions.py`).
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, delete, insert, select

from engine.store.columns import Text, to_microseconds
from engine.store.tables import SETTING

# Rows lie in the order in which spans end, so that the span of an instant is the first that ends after it.
ZONE_SPAN = Table(
    "zone_span",
    MetaData(),
    Column("zone", Text, primary_key=True),
    Column("ends_at", BigInteger, primary_key=True, autoincrement=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("utc_offset", BigInteger, nullable=False),
)

FIRST = datetime(1800, 1, 1, tzinfo=UTC)  # before the oldest change of an offset
# From here on every zone follows a rule of the calendar, which repeats after 400 years; later instants are moved back.
LAST = datetime(2500, 1, 1, tzinfo=UTC)
CYCLE = timedelta(days=146_097)
A_DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
WIDEST = timedelta(hours=26)  # more than any offset
NEVER = 2**62
FUNCTIONS = Path(__file__).with_name("zones.sql")
FORM = 1  # of the functions; another number has them made anew
_NUMBERS = {
    "last": to_microseconds(LAST),
    "cycle": CYCLE // timedelta(microseconds=1),
    "day": A_DAY // timedelta(microseconds=1),
    "widest": WIDEST // timedelta(microseconds=1),
    "beyond": to_microseconds(datetime(9999, 12, 31, tzinfo=UTC)),
}


def prepare(connection: Connection, *zones: ZoneInfo) -> None:
    """Let the SQL functions know zones as Python knows them now; does nothing on SQLite."""
    if connection.dialect.name != "postgresql":
        return
    for zone in zones:
        name, known_as = f"zone {zone.key}", f"{FORM} {_digest(zone)}"
        found = connection.execute(select(SETTING.c.value).where(SETTING.c.name == name)).scalar_one_or_none()
        if found == known_as:
            continue
        ZONE_SPAN.create(connection, checkfirst=True)
        # Without parameters, several statements go at once.
        connection.exec_driver_sql(FUNCTIONS.read_text() % _NUMBERS, execution_options={"no_parameters": True})
        connection.execute(delete(ZONE_SPAN).where(ZONE_SPAN.c.zone == zone.key))
        connection.execute(insert(ZONE_SPAN), list(_rows(zone)))
        connection.execute(delete(SETTING).where(SETTING.c.name == name))
        connection.execute(insert(SETTING).values(name=name, value=known_as))


def _rows(zone: ZoneInfo) -> Iterator[dict[str, object]]:
    starts_at = -NEVER
    for end, offset in _spans(zone):
        ends_at = NEVER if end is None else to_microseconds(end)
        yield {
            "zone": zone.key,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "utc_offset": offset // timedelta(microseconds=1),
        }
        starts_at = ends_at


def _spans(zone: ZoneInfo) -> Iterator[tuple[datetime | None, timedelta]]:
    """Give the end and the offset of each span in which a zone keeps its offset, the last one without an end.

    No zone has changed its offset twice within a day.
    """
    day, offset = FIRST, _offset(FIRST, zone)
    while day < LAST + CYCLE // 400:
        if _offset(day + A_DAY, zone) != offset:
            end = _change(day, day + A_DAY, zone)
            yield end, offset
            offset = _offset(end, zone)
        day += A_DAY
    yield None, offset


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first second with the offset that holds at `after` and not at `before`."""
    old = _offset(before, zone)
    while after - before > SECOND:
        middle = before + SECOND * ((after - before) // SECOND // 2)
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _digest(zone: ZoneInfo) -> str:
    """Return a digest of the data from which Python knows a zone: of the system, or else of the tzdata package."""
    for folder in TZPATH:
        file = Path(folder, zone.key)
        if file.is_file():
            return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    package, _, name = f"tzdata.zoneinfo.{zone.key.replace('/', '.')}".rpartition(".")
    return hashlib.sha256(resources.files(package).joinpath(name).read_bytes()).hexdigest()[:16]
