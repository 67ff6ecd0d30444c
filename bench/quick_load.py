"""The quick way into a store: the rows that intake would write, straight into the tables; for a million contacts.

`tests/bench/test_quick_load.py` holds that a store comes out the same both ways.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from bench.population import FIELDS, Activity, Consent, Contact
from bench.snapshots import DATES
from engine.model.shipped import CONTACT
from engine.store.columns import UNIT, delimited, to_microseconds
from engine.store.database import Connection
from engine.store.records import FOLDED, STORED_AT, UNCLEAR, masks
from engine.store.schema import Store
from engine.vocabulary.calendar import start_of_day

CHUNK = 5_000  # contacts
MILLION = 1_000_000
TEXTS = tuple(name for name in FIELDS if CONTACT.fields[name].type.value == "text")
FLAGS = tuple(name for name in FIELDS if CONTACT.fields[name].guards)
OWN = ("email_bounces", "tags", *sorted(DATES), *FLAGS)
COLUMNS = (
    "id", STORED_AT, *TEXTS, *(name + FOLDED for name in (*TEXTS, "tags")), *OWN, *(name + UNCLEAR for name in FLAGS),
)  # fmt: skip
OF_ACTIVITY = ("type", "direction", "status")
OF_CONSENT = ("purpose", "status", "legal_basis")
RESTRICTING = "restrict_processing"
RESTRICTED = ("entity", "record", "since")
LOGGED = ("entity", "record", "mask", "is_new", "changed_at")
Rows = list[tuple[Any, ...]]


def load(store: Store, found: Iterable[Contact], at: datetime) -> int:
    """Write contacts into a store that has none yet; return how many."""
    rest, written = iter(found), 0
    with store.database.reading() as connection:
        bits = masks(connection, "contact")
    while chunk := list(islice(rest, CHUNK)):
        with store.database.writing() as connection:
            _write(connection, store.zone, chunk, (written, bits, to_microseconds(at)))
        written += len(chunk)
    return written


def _write(connection: Connection, zone: ZoneInfo, chunk: list[Contact], how: tuple[int, dict[str, int], int]) -> None:
    """Write a chunk; `how` is how many there are already, the bits of the change log, and the instant."""
    before, bits, at = how
    days = _Days(zone)
    _insert(connection, "record_contact", COLUMNS, [_row(one, days, at) for one in chunk])
    keyed = list(enumerate(chunk, before + 1))  # keys count from one, in the order of writing
    at_of = "at"
    columns = ("owner_key", "id", at_of, *OF_ACTIVITY, *(name + FOLDED for name in OF_ACTIVITY))
    activities = [_activity(key, item) for key, one in keyed for item in one.activities]
    _insert(connection, "item_contact__activities", columns, activities)
    columns = ("owner_key", "id", at_of, "expires_on", *OF_CONSENT, *(name + FOLDED for name in OF_CONSENT))
    consents = [_consent(key, item, days) for key, one in keyed for item in one.consents]
    _insert(connection, "item_contact__consents", columns, consents)
    log = [("contact", key, _mask(one, bits), True, at) for key, one in keyed]
    _insert(connection, "change_log", LOGGED, log)
    restricted = [("contact", key, at) for key, one in keyed if dict(zip(FIELDS, one.values, strict=True))[RESTRICTING]]
    _insert(connection, "restriction", RESTRICTED, restricted)


def _insert(connection: Connection, table: str, columns: tuple[str, ...], rows: Rows) -> None:
    if not rows:
        return
    mark = {"qmark": "?"}.get(connection.dialect.paramstyle, "%s")
    quoted = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join([mark] * len(columns))
    connection.exec_driver_sql(f"INSERT INTO {table} ({quoted}) VALUES ({marks})", rows)


class _Days(dict[int, int]):
    """The first instant of days, in microseconds, by ordinal."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, ordinal: int) -> int:
        self[ordinal] = found = to_microseconds(start_of_day(date.fromordinal(ordinal), self._zone))
        return found


def _row(one: Contact, days: _Days, at: int) -> tuple[Any, ...]:
    values = dict(zip(FIELDS, one.values, strict=True))
    texts = [values[name] for name in TEXTS]
    tags = values["tags"]
    return (
        one.id,
        at,
        *texts,
        *(text if text is None else text.casefold() for text in texts),
        None if tags is None else delimited([tag.casefold() for tag in tags]),
        values["email_bounces"] * UNIT,
        None if tags is None else delimited(tags),
        *(None if values[name] is None else days[values[name]] for name in sorted(DATES)),
        *(values[name] for name in FLAGS),
        *(False for _ in FLAGS),
    )


def _activity(key: int, item: Activity) -> tuple[Any, ...]:
    said = item[1:4]
    return (key, item.id, item.at * MILLION, *said, *said)  # written in small letters already


def _consent(key: int, item: Consent, days: _Days) -> tuple[Any, ...]:
    said = item[1:4]
    expires = None if item.expires_on is None else days[item.expires_on]
    return (key, item.id, item.at * MILLION, expires, *said, *said)


def _mask(one: Contact, bits: dict[str, int]) -> int:
    names: Iterator[str] = (name for name, value in zip(FIELDS, one.values, strict=True) if value is not None)
    mask = sum(bits[name] for name in names)
    return mask | (bits["activities"] if one.activities else 0) | (bits["consents"] if one.consents else 0)
