"""The audit chain: what was done and by whom, each entry sealed together with the one before it (S11).

`mac` is HMAC-SHA256, under a key that is not in the database, of the entry as canonical JSON: its names in order, no
spaces, ASCII, the mac of the entry before it as `before`. An exported line is the same JSON with `mac` for `before`.
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from sqlalchemy import BigInteger, Connection, func, insert, select, type_coerce
from sqlalchemy.exc import DBAPIError

from engine.store.chain_head import BEGINNING, Mark
from engine.store.columns import EPOCH, to_microseconds
from engine.store.database import BACKENDS
from engine.store.keys import Key, KeyRing
from engine.store.tables import CHAIN

EDITED, MISSING, OUT_OF_ORDER, UNKNOWN_KEY, TRUNCATED, NO_HEAD = (
    "edited", "missing", "out_of_order", "unknown_key", "truncated", "no_head",
)  # fmt: skip
AT_A_TIME = 1_000
COLUMNS = [type_coerce(CHAIN.c.at, BigInteger).label("at") if one.name == "at" else one for one in CHAIN.c]
KeyOf = Callable[[str], Key | None]


@dataclass(frozen=True, slots=True)
class Act:
    """What was done: by whom (a person, or ansgar), what in a word, by which rule, about whom by keyed hash only."""

    who: str
    what: str
    rule: str = ""
    version: str = ""
    subject: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is sealed and exported."""

    seq: int
    at: str
    who: str
    what: str
    rule: str
    version: str
    subject: str
    details: Mapping[str, Any]
    key_id: str
    mac: str = ""

    def sealed(self, key: Key, before: str) -> str:
        """Return the mac that belongs to the entry."""
        content = asdict(self) | {"before": before}
        del content["mac"]
        return key.mac(canonical(content))


@dataclass(frozen=True, slots=True)
class Bad:
    """The first entry at which a chain is not what it was: its number, and what is wrong in a word."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking a chain: how many entries are as they were, the last of them, and the first that is not."""

    entries: int
    last: Mark
    first_bad: Bad | None


def canonical(content: object) -> str:
    """Return JSON that is the same for the same content."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def newest(connection: Connection) -> Mark:
    """Return the newest entry's place."""
    found = connection.execute(select(CHAIN.c.seq, CHAIN.c.mac).order_by(CHAIN.c.seq.desc()).limit(1)).one_or_none()
    return Mark(*found) if found else BEGINNING


def holds(connection: Connection, mark: Mark) -> bool:
    """True where a place is in the chain, with that mac."""
    if mark == BEGINNING:
        return True
    its = (CHAIN.c.seq == mark.seq, CHAIN.c.mac == mark.mac)
    return connection.execute(select(CHAIN.c.seq).where(*its)).first() is not None


def append(connection: Connection, key: Key, act: Act, now: datetime) -> Mark:
    """Append an act; return its place. Whoever appends is the only writer, so numbers have no gaps."""
    return append_all(connection, key, (act,), now)


def append_all(connection: Connection, key: Key, acts: Sequence[Act], now: datetime) -> Mark:
    """Append acts in their order; return the place of the last."""
    mark, rows = newest(connection), []
    for act in acts:
        words = {name: _storable(getattr(act, name)) for name in ("who", "what", "rule", "version", "subject")}
        entry = Entry(mark.seq + 1, _told(to_microseconds(now)), **words, details=dict(act.details), key_id=key.id)
        mark = Mark(entry.seq, entry.sealed(key, mark.mac))
        rows.append(asdict(entry) | {"at": now, "details": canonical(entry.details), "mac": mark.mac})
    if rows:
        connection.execute(insert(CHAIN), rows)
    return mark


def entries(connection: Connection) -> Generator[Entry | None]:
    """Give the entries in their order, None for one that cannot be read as any."""
    rows = connection.execute(select(*COLUMNS).order_by(CHAIN.c.seq), execution_options={"yield_per": AT_A_TIME})
    try:
        with rows:
            for row in rows.mappings():
                yield entry_of(row)
    except DBAPIError as error:
        if BACKENDS[connection.dialect.name].is_environment(error):
            raise
        yield None  # text that is none


def verify(connection: Connection, keys: KeyRing, head: Mark | None) -> Checked:
    """Check the chain of a store against its keys, and against the head that was noted outside."""
    with closing(entries(connection)) as its:  # which may be left before its end
        found = checked(its, keys.by_id, head)
    if head is None and found.first_bad is None:
        return replace(found, first_bad=Bad(max(found.last.seq, 1), NO_HEAD))
    return found


def checked(found: Iterable[Entry | None], key_of: KeyOf, head: Mark | None = None) -> Checked:
    """Check entries one by one, up to the first that is not what it was."""
    mark, rest = BEGINNING, iter(found)
    for entry in rest:
        what = _fault(entry, mark, key_of)
        if what and what != UNKNOWN_KEY and _stands_elsewhere(rest, mark, key_of):
            what = OUT_OF_ORDER
        if not what and entry is not None and head and head.seq == entry.seq and head.mac != entry.mac:
            what = EDITED
        if what or entry is None:
            return Checked(mark.seq, mark, Bad(mark.seq + 1, what or EDITED))
        mark = Mark(entry.seq, entry.mac)
    is_cut = head is not None and head.seq > mark.seq
    return Checked(mark.seq, mark, Bad(mark.seq + 1, TRUNCATED) if is_cut else None)


def sealed_with(connection: Connection, key_id: str) -> int:
    """Return how many entries are sealed with a key."""
    its = select(func.count()).select_from(CHAIN).where(CHAIN.c.key_id == key_id)
    return int(connection.execute(its).scalar_one())


def read_line(line: str) -> Entry | None:
    """Return the entry of an exported line; None where it is none."""
    try:
        said = json.loads(line)
        return _checked_types(Entry(**said))
    except (ValueError, TypeError, RecursionError):
        return None


def _fault(entry: Entry | None, before: Mark, key_of: KeyOf) -> str:
    """Return what is wrong with the entry that stands behind a place; empty where nothing is."""
    if entry is None:
        return EDITED
    if entry.seq != before.seq + 1:
        return MISSING if entry.seq > before.seq else OUT_OF_ORDER
    key = key_of(entry.key_id)
    if key is None:
        return UNKNOWN_KEY
    return "" if _fits(entry, before, key) else EDITED


def _fits(entry: Entry, before: Mark, key: Key) -> bool:
    try:
        return compare_digest(entry.sealed(key, before.mac).encode(), entry.mac.encode())
    except ValueError:  # a number that is none, text that is none
        return False


def _stands_elsewhere(rest: Iterator[Entry | None], before: Mark, key_of: KeyOf) -> bool:
    """True when the entry that should stand behind a place stands further on."""
    found = (replace(one, seq=before.seq + 1) for one in rest if one is not None)
    return any(not _fault(one, before, key_of) for one in found)


def entry_of(row: Mapping[Any, Any]) -> Entry | None:
    """Return the entry of a row of `COLUMNS`; None where it cannot be read as any."""
    try:
        details = json.loads(row["details"])
        if canonical(details) != row["details"]:
            return None
        return _checked_types(Entry(**{**row, "at": _told(row["at"]), "details": details}))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _checked_types(entry: Entry) -> Entry:
    words = (entry.at, entry.who, entry.what, entry.rule, entry.version, entry.subject, entry.key_id, entry.mac)
    if not all(isinstance(word, str) for word in words) or type(entry.seq) is not int:
        raise TypeError
    return entry


def _told(microseconds: int) -> str:
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat()


def _storable(text: str) -> str:
    """Return text as every database keeps it."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
