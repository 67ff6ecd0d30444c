"""The registry of rules: what the store remembers of each, and what becomes of its cases when the rulebook changes."""

import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import (
    Connection,
    and_,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from engine.store import deletions, evaluations, keepers, moves_told, positions
from engine.store.columns import Instant
from engine.store.tables import ALERT, CASE_MOVE, CASES, DELETION, MEMBER, MEMBER_MOVE, RULE, VERDICT_MOVE

ACTIVE, ORPHANED, RETIRED = "active", "orphaned", "retired"
REVISION = "registry"


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule as the store needs it, also after its text is gone.

    `definition` is what its alerts say, as JSON; `promoted` the version that may be live, if any may; `watched` the
    fields whose changes its event pattern waits for; `editor` who its text says has changed it last.
    """

    id: str
    entity: str
    stage: str
    version: str
    selection: str | None
    definition: Mapping[str, object]
    promoted: str | None = None
    watched: tuple[str, ...] = ()
    editor: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """A rule as stored.

    `seen` is up to where in the change log it was evaluated, in `evaluated_run`; `moved_run` is the last run in which
    its verdicts came or went as a whole. `matched` and `undecided` count its cases as of then.
    `paused` is the digest of the deletions that a tripped limit keeps from being scheduled; `paused_at` is when a
    person paused the rule, for `pause_reason`. `promoted` is the version that may be live.
    """

    key: int
    id: str
    entity: str
    stage: str
    state: str
    version: str
    selection: str | None
    paused: str | None
    paused_at: datetime | None
    pause_reason: str | None
    promoted: str | None
    known_since: datetime
    evaluated_at: datetime | None
    evaluated_version: str | None
    evaluated_run: int | None
    seen: int | None
    moved_run: int | None
    matched: int | None
    undecided: int | None
    waited_until: datetime | None
    definition: str
    watched: tuple[str, ...]
    editor: str | None


def registered(connection: Connection, only: Collection[str] | None = None) -> dict[str, Registered]:
    """Return the rules that the store knows, all or those of some ids, by id."""
    found = _REGISTERED if only is None else _REGISTERED.where(RULE.c.id.in_(sorted(only)))
    return {row.id: Registered(*row) for row in connection.execute(found)}


_REGISTERED = select(*(RULE.c[name] for name in Registered.__slots__)).order_by(RULE.c.id)


def version_of(connection: Connection, key: int) -> str:
    """Return the version of a rule that is registered."""
    found: str = connection.execute(select(RULE.c.version).where(RULE.c.key == key)).scalar_one()
    return found


def revision(connection: Connection) -> int:
    """Return a number that changes whenever the rules that are registered, their stages or promotions do."""
    return positions.read(connection, REVISION)


def revise(connection: Connection) -> None:
    """Note that what is registered has changed: by chance, not by count, so that no number ever returns."""
    positions.write(connection, REVISION, secrets.randbits(62))


def activate(
    connection: Connection, entries: Iterable[Entry], now: datetime, known: Mapping[str, Registered] | None = None
) -> dict[str, int]:
    """Make a valid rulebook the one that holds; return the keys of its rules. `known` are those that are registered.

    A rule that is gone from it is orphaned: its cases, members and alerts stay until it returns or is retired.
    """
    known = registered(connection) if known is None else known
    wanted = {entry.id: entry for entry in entries}
    keys = {rule.id: rule.key for rule in known.values()}
    for entry in wanted.values():
        before = known.get(entry.id)
        if before is None:
            values = asdict(entry) | {
                "definition": _text(entry.definition),
                "state": ACTIVE,
                "known_since": now,
            }
            keys[entry.id] = connection.execute(insert(RULE).values(values).returning(RULE.c.key)).scalar_one()
            keepers.take(connection, keys[entry.id], entry.selection)
            revise(connection)
            continue
        _change_stage(connection, before, entry.stage, now)
        names = ("stage", "version", "selection", "promoted", "watched", "entity")
        values = {name: getattr(entry, name) for name in names} | {
            "definition": _text(entry.definition),
            "state": ACTIVE,
            "editor": entry.editor or (before.editor if before.version == entry.version else None),
        }
        if any(getattr(before, name) != value for name, value in values.items()):
            _change(connection, before, values, now)
    _orphan(connection, known, wanted, now)
    return keys


def _change(connection: Connection, before: Registered, values: dict[str, object], now: datetime) -> None:
    if before.entity != values["entity"]:
        forget(connection, before.key, now)
        connection.execute(delete(MEMBER_MOVE).where(MEMBER_MOVE.c.rule == before.key))  # of records of another kind
        values |= {"evaluated_version": None, "evaluated_at": None}
    if before.state != ACTIVE:
        # What was cancelled while it was gone begins anew.
        evaluations.take_away(connection, before.key)
    name = values["selection"] if isinstance(values["selection"], str) else None
    moves_told.note_renamed(connection, before.key, (before.selection, name), now)
    if (before.selection, before.state, before.entity) != (name, ACTIVE, values["entity"]):
        keepers.take(connection, before.key, name)
    revise(connection)
    connection.execute(update(RULE).where(RULE.c.key == before.key).values(values))


def orphan_missing(connection: Connection, present: Collection[str], now: datetime) -> None:
    """Mark the rules that are gone from a valid rulebook."""
    _orphan(connection, registered(connection), present, now)


def _orphan(connection: Connection, known: Mapping[str, Registered], present: Collection[str], now: datetime) -> None:
    for rule in known.values():
        if rule.id not in present and rule.state == ACTIVE:
            revise(connection)
            connection.execute(update(RULE).where(RULE.c.key == rule.key).values(state=ORPHANED))
            deletions.cancel(connection, DELETION.c.rule == rule.key, "RULE_GONE", now)


def retire(connection: Connection, rule_id: str, now: datetime) -> bool:
    """End an orphaned rule: its cases close, its selection empties, its alerts fall. False where it is not orphaned."""
    rule = registered(connection).get(rule_id)
    if rule is None or rule.state != ORPHANED:
        return False
    forget(connection, rule.key, now)
    revise(connection)
    connection.execute(update(RULE).where(RULE.c.key == rule.key).values(state=RETIRED, evaluated_version=None))
    return True


def pause(connection: Connection, key: int, digest: str) -> None:
    """Keep a rule from doing anything that reaches outside, until a person releases it for exactly this set."""
    connection.execute(update(RULE).where(RULE.c.key == key).values(paused=digest))


def paused_for(connection: Connection, key: int) -> str | None:
    """Return the digest of the deletions that a tripped limit keeps from being scheduled; None where none does."""
    found: str | None = connection.execute(select(RULE.c.paused).where(RULE.c.key == key)).scalar_one()
    return found


def resume(connection: Connection, key: int) -> None:
    """Let a paused rule act again."""
    connection.execute(update(RULE).where(RULE.c.key == key).values(paused=None))


def last_editor(connection: Connection, rule_id: str) -> str | None:
    """Return who changed a rule last, by its text or its promotion; None where nobody is known."""
    found: str | None = connection.execute(select(RULE.c.editor).where(RULE.c.id == rule_id)).scalar_one_or_none()
    return found


def watched_fields(connection: Connection, entity: str) -> frozenset[str]:
    """Return the fields of an entity whose changes are to be written down, because an event pattern waits for them."""
    is_awake = (RULE.c.entity == entity, RULE.c.state == ACTIVE, RULE.c.stage != "off")
    rows = connection.execute(select(RULE.c.watched).where(*is_awake)).scalars()
    return frozenset(name for names in rows for name in names)


def forget(connection: Connection, key: int, now: datetime) -> None:
    """Remove a rule's cases, members (told in the feed) and alerts."""
    evaluations.take_away(connection, key)
    deletions.cancel(connection, DELETION.c.rule == key, "RULE_GONE", now)
    empty_selection(connection, key, now)
    moves_told.note_lowered(connection, ALERT.c.rule == key, now)
    connection.execute(delete(ALERT).where(ALERT.c.rule == key))
    connection.execute(delete(CASES).where(CASES.c.rule == key))
    connection.execute(delete(CASE_MOVE).where(CASE_MOVE.c.rule == key))
    connection.execute(delete(VERDICT_MOVE).where(VERDICT_MOVE.c.rule == key))


def empty_selection(connection: Connection, key: int, now: datetime) -> None:
    """Let every member of a rule's selection leave."""
    leaving = select(MEMBER.c.rule, MEMBER.c.record, literal(False), literal(now, Instant())).where(
        MEMBER.c.rule == key
    )
    connection.execute(insert(MEMBER_MOVE).from_select(["rule", "record", "joined", "moved_at"], leaving))
    connection.execute(delete(MEMBER).where(MEMBER.c.rule == key))
    moves_told.note_members(connection)


def counts(connection: Connection) -> dict[int, tuple[int, int]]:
    """Return, by rule key, how many cases are open and how many are undecided."""
    rows = connection.execute(
        select(CASES.c.rule, func.count(CASES.c.opened_at), func.count().filter(CASES.c.undecided)).group_by(
            CASES.c.rule
        )
    )
    return {rule: (opened, undecided) for rule, opened, undecided in rows}


def _change_stage(connection: Connection, before: Registered, stage: str, now: datetime) -> None:
    if before.stage == stage:
        return
    evaluations.take_away(connection, before.key)
    if stage == "off":
        _leave_live(connection, before.key, now)
        connection.execute(delete(CASES).where(CASES.c.rule == before.key))
        # What is not evaluated has no verdict: rules that read it become undecided.
        connection.execute(update(RULE).where(RULE.c.key == before.key).values(evaluated_version=None))
    elif stage == "live":
        # Cases, actions and grace start at the moment at which a rule becomes live; its shadow cases do not count, and
        # neither does what was lowered when it was live before.
        connection.execute(delete(CASES).where(CASES.c.rule == before.key))
        connection.execute(delete(ALERT).where(ALERT.c.rule == before.key, ALERT.c.lowered_at.is_not(None)))
    elif before.stage == "live":
        _leave_live(connection, before.key, now)


def _leave_live(connection: Connection, key: int, now: datetime) -> None:
    deletions.cancel(connection, DELETION.c.rule == key, "NOT_LIVE", now)
    empty_selection(connection, key, now)
    falling = and_(ALERT.c.rule == key, ALERT.c.severity != "blocking")
    moves_told.note_lowered(connection, falling, now)
    connection.execute(delete(ALERT).where(falling))


def _text(definition: Mapping[str, object]) -> str:
    return json.dumps(definition, ensure_ascii=False, sort_keys=True)
