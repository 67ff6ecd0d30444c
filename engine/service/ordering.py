"""Ordering: a decided deletion is put to the CRM, under one key until it is known what came of it; each step has a row.

Unknown is asked for, never assumed: an order that went out is followed by asking whether the contact is still there.
Only while it surely is, and the order is good, the same order goes out again; once void, the deletion is decided anew.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from actions.deletion_extent import ANONYMISE, ERASE
from engine.crm.orders import Answered, AskedCrm, Order, Presence, is_addressable
from engine.crm.outside import THE_CRM
from engine.model.anonymity import treatment
from engine.service.effects import CONFIRMATION
from engine.service.erasing import put_away
from engine.service.examining import is_still_due
from engine.service.guarding import deletion_call
from engine.service.logs import logger
from engine.service.notices import failed, post_in
from engine.service.order_terms import Term, term_of, terms_of
from engine.service.queueing import is_behind
from engine.service.retrying import MOST_ATTEMPTS, wait_after
from engine.service.scene import Scene
from engine.store import deletions, intents, pauses
from engine.store.deletions import Deletion, IllegalMove
from engine.vocabulary.calendar import Moment
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure

LOG = logger("ordering")
ACCEPTED, CONTRADICTION, UNVERIFIED = "ACCEPTED", "CONTRADICTION", "UNVERIFIED"
VOID, OUTCOME_UNKNOWN, NOTHING_DONE = "VOID", "OUTCOME_UNKNOWN", "NOTHING_DONE"
CONTRADICTED = "the CRM contradicts itself"
LONGEST_WAIT = timedelta(hours=6)
MOST_DOUBLINGS = 10

Result = Literal["deleted", "refused"]


def new_order(scene: Scene, one: Deletion, moment: Moment) -> dict[str, Any]:
    """Return what a deletion's row says of an order about to be written: good for a while, under a key of its own."""
    valid = terms_of(scene.installation.settings).valid
    times = {"ordered_at": moment.now, "next_at": moment.now, "expires_at": valid.after(moment.now, moment)}
    return times | {"orders": (one.orders or 0) + 1, "attempts": 0, "reason": None}


def order_key(one: Deletion, count: int | None = None) -> str:
    """Return the key of a deletion's newest order, or of its n-th; the same at every attempt."""
    number = count or one.orders or 1
    return f"deletion-{one.key}" if number == 1 else f"deletion-{one.key}-{number}"


def result_of(one: Deletion) -> Result | None:
    """Return what is known to have come of a deletion's newest order; None where nothing is."""
    if one.state == "refused":
        return "refused"
    return "deleted" if one.state in {"confirmed", "in_recycle_bin", "erased", "restored"} else None


def ask(scene: Scene, one: Deletion, moment: Moment, *, is_fresh: bool = False) -> str:
    """Hand the order over, or ask what came of it; without a CRM our own copy is all there is.

    An order from an earlier pass is examined again before it goes out. One that never went out is void when something
    speaks against it or its time has passed; until then it waits for what the CRM is to be told of the record before.
    """
    with scene.store.database.reading() as connection:
        if pauses.is_paused(connection, one.rule):
            return ""
    term = _term(scene, one, moment)
    if scene.crm is not None and one.attempts:
        return _follow(scene, one, moment)
    is_good = scene.crm is None or moment.now < term.expires_at
    if is_good and scene.crm is not None and is_behind(scene, one):
        return ""
    if not (is_good and (is_fresh or _is_due(scene, one, moment))):
        return _void(scene, one, moment)
    return _send(scene, one, moment) if scene.crm else confirm(scene, one, moment)


def _term(scene: Scene, one: Deletion, moment: Moment) -> Term:
    return term_of(terms_of(scene.installation.settings), one, moment)


def _is_due(scene: Scene, one: Deletion, moment: Moment) -> bool:
    return one.rule in scene.rulebook.rules and is_still_due(scene, one, moment)


def _follow(scene: Scene, one: Deletion, moment: Moment) -> str:
    """Ask what came of an order that went out; send it again only while it is good and nothing speaks against it."""
    term, seen, reason = _term(scene, one, moment), None, one.reason or ""
    after: timedelta | None = None
    if tells(scene, one):
        try:
            seen = _presence(scene, one, moment)
            one = replace(one, attempts=one.attempts + 1)
        except TemporaryFailure as failure:
            one = replace(one, attempts=one.attempts + failure.was_tried)
            reason, after = reason if reason == ACCEPTED else str(failure), failure.after
    if seen == "gone":
        return confirm(scene, one, moment)
    if seen == "there" and moment.now >= term.void_at:
        return _void(scene, one, moment)
    if moment.now >= term.given_up_at:
        return _end(scene, one, "failed", OUTCOME_UNKNOWN, moment)
    may_go = (seen == "there" and reason != ACCEPTED) or not tells(scene, one)
    if may_go and moment.now < term.expires_at and _is_due(scene, one, moment):
        return _send(scene, one, moment)
    turn = term.next_after(moment.now)
    if turn is not None and moment.now >= term.expires_at and (seen == "there" or not tells(scene, one)):
        after = max(after or timedelta(), turn - moment.now)  # until then nothing can come of it here
    return _wait(scene, one, moment, reason, after)


def tells(scene: Scene, one: Deletion) -> bool:
    """True where the presence of the contact tells what came of an order: one that was to take all of it away."""
    takes_all = one.entity == "contact" and one.how in {None, ERASE} and one.purposes is None
    return takes_all and isinstance(scene.crm, AskedCrm) and is_addressable(one.contact or "")


def _presence(scene: Scene, one: Deletion, moment: Moment) -> Presence:
    """Return whether the CRM still has the contact; raises TemporaryFailure where that stays unknown."""
    crm = scene.crm
    if not isinstance(crm, AskedCrm):
        raise AssertionError("only a CRM that can be asked is asked")
    return scene.outside.spared(THE_CRM, moment.now, lambda: crm.presence(one.contact or "", order_key(one)))


def _send(scene: Scene, one: Deletion, moment: Moment) -> str:
    """Make one attempt, noted before it is made, and write what was answered."""
    order = _order(scene, one)
    try:
        answered = scene.outside.spared(THE_CRM, moment.now, lambda: _attempt(scene, one, order, moment))
    except TemporaryFailure as failure:
        tried = replace(one, attempts=one.attempts + failure.was_tried)
        return _wait(scene, tried, moment, str(failure), failure.after)
    except PermanentFailure as failure:
        return _end(scene, one, "failed", str(failure), moment)
    try:
        return _answered(scene, replace(one, attempts=one.attempts + 1), answered, moment)
    except IllegalMove:
        _tell_contradiction(scene, one, answered)
        raise


def _order(scene: Scene, one: Deletion) -> Order:
    rule = scene.rulebook.rules.get(one.rule)
    return Order(
        order_key(one),
        one.contact or "",
        one.rule,
        one.version,
        one.digest or "",
        rule.legal_basis if rule else "",
        how=one.how or ERASE,
        purposes=one.purposes,
        treatment=treatment(scene.store.tables.model.entity(one.entity)) if one.how == ANONYMISE else None,
        expires_at=one.expires_at,
        entity=one.entity,
    )


def _attempt(scene: Scene, one: Deletion, order: Order, moment: Moment) -> Answered:
    """Note an attempt before it is made: without that note an order surely never went out."""
    if scene.crm is None:
        raise AssertionError("nobody is there to take an order")
    with scene.store.database.writing() as connection:
        deletions.move(connection, one, "ordered", at=moment.now, attempts=one.attempts + 1)
    return scene.crm.order(order, moment.now)


def _answered(scene: Scene, one: Deletion, answered: Answered, moment: Moment) -> str:
    match answered.answer:
        case "refused":
            return _end(scene, one, "refused", answered.reason, moment)
        case "accepted":
            return _wait(scene, one, moment, ACCEPTED)
    if not (terms_of(scene.installation.settings).verifies and tells(scene, one)):
        return confirm(scene, one, moment)
    try:
        seen = _presence(scene, one, moment)
    except TemporaryFailure as failure:
        return _wait(scene, one, moment, UNVERIFIED, failure.after)
    if seen == "gone":
        return confirm(scene, one, moment)
    LOG.error(CONTRADICTED, order=order_key(one), rule=one.rule, so="deleted, and still there")
    return _wait(scene, one, moment, CONTRADICTION)


def _tell_contradiction(scene: Scene, one: Deletion, answered: Answered) -> None:
    """Tell operators where the deletion has meanwhile come to the opposite of what was answered."""
    with scene.store.database.reading() as connection:
        now = deletions.by_key(connection, scene.store.tables, one.key)
    known = result_of(now) if now is not None else None
    if known is not None and answered.answer not in {"accepted", known}:
        LOG.error(CONTRADICTED, order=order_key(one), rule=one.rule, so="two different results")


def _wait(scene: Scene, one: Deletion, moment: Moment, reason: str, after: timedelta | None = None) -> str:
    """Note when it is asked again: later each time, as late as the CRM asks for, and once the order's time is over."""
    doublings = min(max(one.attempts - 1, 0), MOST_DOUBLINGS)
    until = moment.now + min(wait_after(doublings, one.key), LONGEST_WAIT)
    turn = _term(scene, one, moment).next_after(moment.now)
    until = max(min(until, turn or until), moment.now + (after or timedelta()))
    with scene.store.database.writing() as connection:
        said: dict[str, Any] = {"next_at": until, "reason": reason or None, "attempts": one.attempts}
        deletions.move(connection, one, "ordered", at=moment.now, **said)
    return ""


def _void(scene: Scene, one: Deletion, moment: Moment) -> str:
    """Take back an order that surely did nothing; the next pass decides anew, and another order has another key.

    Where so many orders went out and nothing was ever done, a person looks.
    """
    orders = one.orders or 1
    if one.attempts and orders >= MOST_ATTEMPTS:
        return _end(scene, one, "failed", NOTHING_DONE, moment)
    values: dict[str, Any] = {"digest": None, "ordered_at": None, "next_at": None, "expires_at": None, "attempts": 0}
    values |= {"approval": None, "orders": orders}
    with scene.store.database.writing() as connection:
        deletions.move(connection, one, "due", at=moment.now, reason=VOID, **values)
    LOG.info("order void", deletion=one.key, rule=one.rule)
    return "due"


def confirm(scene: Scene, one: Deletion, moment: Moment) -> str:
    """Note that the CRM, or nobody where there is none, has deleted; then the copy here is put away."""
    rule = scene.rulebook.rules.get(one.rule)
    call = deletion_call(rule, one) if rule else None
    with scene.store.database.writing() as connection:
        deletions.move(connection, one, "confirmed", at=moment.now, reason=None, next_at=None)
        if call is not None and call.confirm is not None and one.record is not None:
            row = {"rule": one.rule_key, "record": one.record, "case": one.case, "call": one.call, "part": CONFIRMATION}
            intents.add(connection, [row | {"deletion": one.key, "not_before": moment.now, "created_at": moment.now}])
        confirmed = deletions.by_key(connection, scene.store.tables, one.key)
    return put_away(scene, confirmed, moment) if confirmed else ""


def refuse(scene: Scene, one: Deletion, reason: str, moment: Moment) -> str:
    """Note that the CRM refuses, with its reason, which operators see and no log."""
    return _end(scene, one, "refused", reason, moment)


def _end(scene: Scene, one: Deletion, state: str, reason: str, moment: Moment) -> str:
    with scene.store.database.writing() as connection:
        deletions.move(connection, one, state, at=moment.now, reason=reason, ended_at=moment.now, next_at=None)
        if state == "failed":
            post_in(scene, connection, failed(one.rule, one.key), moment)
    if state == "failed":  # for one of our own reasons, which name nobody
        LOG.error("deletion failed, a person has to look", deletion=one.key, rule=one.rule, reason=reason)
    else:
        LOG.warning("deletion ended", deletion=one.key, rule=one.rule, state=state)
    return state
