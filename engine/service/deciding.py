"""Deciding: what people decide about deletions, and about a rule that is paused; for commands and rule tests alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.language.approval import Approval
from engine.language.rule import Rulebook
from engine.service import effects
from engine.service.activation import LIVE, in_effect
from engine.service.approving import Word, check_person, give
from engine.service.four_eyes import may_decide
from engine.service.guarding import deletion_call
from engine.service.installation import Installation
from engine.service.naming import ILLEGAL_MOVE, NOT_LIVE, NOT_THERE, SET_CHANGED, Declined
from engine.service.recording import record_deletion
from engine.store import approvals, deletions, pauses, registry
from engine.store.approvals import AWAITS_APPROVAL, NO_APPROVAL, Request
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.records import RecordTables
from engine.vocabulary.calendar import Moment


@dataclass(frozen=True, slots=True)
class Desk:
    """Where people decide: the installation, a transaction, and the rulebook that holds."""

    installation: Installation
    connection: Connection
    tables: RecordTables
    rulebook: Rulebook


Check = Callable[[Installation, Connection, str, Approval, str], None]


def approve(
    desk: Desk, chosen: Sequence[Deletion], word: Word, moment: Moment, check: Check | None = check_person
) -> int:
    """Let deletions go on: what holds them is overridden for them, or people's word for exactly them is taken.

    Returns how many more words are needed. Raises Declined where one of them waits for no person, where they are not
    all that is to be approved together, or where the word does not count: `check` says so.
    """
    connection, tables = desk.connection, desk.tables
    waiting = [one for one in chosen if one.state != "held"]
    for one in chosen:
        what = "deletion.released" if one.state == "held" else "deletion.approved"
        record_deletion(desk.installation, connection, what, one, word.by)
    for one in chosen:
        if one.state == "held":
            deletions.move(
                connection,
                one,
                "due",
                at=moment.now,
                by=word.by or None,
                said=word.reason,
                reason=None,
                released_at=moment.now,
            )
        elif one.reason not in {AWAITS_APPROVAL, NO_APPROVAL} or one.approval is None:
            why = "only what is held, or waits for an approval, can be approved"
            raise Declined(ILLEGAL_MOVE, f"deletion {one.key} is {one.state}; {why}")
    missing = 0
    for request in requests_of(connection, waiting, word):
        wanted = _wanted(desk.rulebook, deletions.by_key(connection, tables, request.deletions[0]))
        if check is not None:
            check(desk.installation, connection, request.rule, wanted, word.by)
        missing = max(missing, give(connection, tables, request, wanted, word, moment))
    return missing


def requests_of(connection: Connection, waiting: Sequence[Deletion], word: Word) -> list[Request]:
    """Return the approvals that deletions wait for; raises Declined unless they are each one's exact set."""
    keys = {one.key for one in waiting}
    found = []
    for approval in sorted({one.approval or 0 for one in waiting}):
        request = approvals.requested(connection, approval)
        if request is None or (word.digest and request.digest != word.digest):
            raise Declined(SET_CHANGED, "the set is another by now: look at `ansgar deletions batches` again")
        if not keys >= set(request.deletions):
            others = ", ".join(str(one) for one in request.deletions if one not in keys)
            raise Declined(
                SET_CHANGED, f"what is approved together is approved as a whole: name {others} too, or keep them first"
            )
        found.append(request)
    return found


def _wanted(rulebook: Rulebook, one: Deletion | None) -> Approval:
    rule = rulebook.rules.get(one.rule) if one is not None else None
    wanted = deletion_call(rule, one).approval if rule is not None and one is not None else None
    if wanted is None:
        raise Declined(NOT_THERE, "the rule asks for no approval any more; the next run decides anew")
    return wanted


def keep(
    installation: Installation,
    connection: Connection,
    one: Deletion,
    now: datetime,
    by: str | None = None,
    reason: str = "",
) -> None:
    """Cancel a deletion because a person wants to keep the record. Raises Declined where it is ordered already."""
    if deletions.cancel(connection, deletions.is_one(one.key), "KEPT_BY_PERSON", now, by, reason) != 1:
        raise Declined(ILLEGAL_MOVE, f"deletion {one.key} is {one.state} and cannot be cancelled any more")
    record_deletion(installation, connection, "deletion.kept", one, by or "")


def release_by_person(connection: Connection, rule_id: str, now: datetime) -> tuple[int, bool] | None:
    """Release a rule that a person paused, whatever its files say; None where no person paused it.

    Returns how many deletions were waiting, and whether a limit still keeps the rule from scheduling.
    """
    stored = registry.registered(connection).get(rule_id)
    if stored is None or stored.paused_at is None:
        return None
    return pauses.release(connection, stored.key, now), bool(stored.paused)


def check_release(installation: Installation, connection: Connection, rule_id: str, by: str) -> None:
    """Raise Declined where four eyes are asked for and whoever releases a rule is not somebody else than its editor."""
    if installation.settings.approvals.four_eyes:
        may_decide(installation, connection, rule_id, by)


def release_by_limit(
    installation: Installation, connection: Connection, rulebook: Rulebook, rule_id: str, moment: Moment
) -> int | None:
    """Release a rule of the rulebook that a limit paused, for exactly the deletions that it stopped; return how many.

    None where they are others by now: the rule stays paused for the set as it is now, which is to be committed. Raises
    Declined where the rule is not paused, or not live.
    """
    everything = registry.registered(connection)
    stored = everything.get(rule_id)
    if stored is None or stored.paused is None:
        raise Declined(NOT_THERE, f"`{rule_id}` is not paused")
    if in_effect(installation, rulebook, everything).rules[rule_id].stage != LIVE:
        raise Declined(NOT_LIVE, f"`{rule_id}` is not live, so nothing can be scheduled; it stays paused")
    return effects.release(connection, rulebook.rules[rule_id], stored.key, moment, stored.paused)
