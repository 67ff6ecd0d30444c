"""Ordering: a decided deletion is put to the CRM, under one key until it says what happened; every step has its row."""

from dataclasses import replace
from datetime import timedelta

from engine.crm.orders import Answered, Order
from engine.service.effects import CONFIRMATION
from engine.service.erasing import put_away
from engine.service.examining import is_still_due
from engine.service.guarding import deletion_call
from engine.service.logs import logger
from engine.service.notices import failed, post_in
from engine.service.retrying import wait_after
from engine.service.scene import Scene
from engine.store import deletions, intents, pauses
from engine.store.deletions import Deletion
from engine.vocabulary.calendar import Moment
from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure

LOG = logger("ordering")


def ask(scene: Scene, one: Deletion, moment: Moment, *, is_fresh: bool = False) -> str:
    """Hand the order over, or ask again under the same key; without a CRM our own copy is all there is.

    An order from an earlier pass is examined again. One that never went out is void then, and decided anew; one whose
    outcome is unknown ends, and a person looks.
    """
    rule = scene.rulebook.rules.get(one.rule)
    with scene.store.database.reading() as connection:
        if pauses.is_paused(connection, one.rule):
            return ""
    if not is_fresh and (rule is None or not is_still_due(scene, one, moment)):
        if one.attempts == 0 or scene.crm is None:
            return _void(scene, one, moment)
        return _end(scene, one, "failed", "OUTCOME_UNKNOWN", moment)
    one = _about_to_ask(scene, one, moment)
    try:
        answered = _answer(scene, one, rule.legal_basis if rule else "", moment)
    except TemporaryFailure as failure:
        with scene.store.database.writing() as connection:
            until = moment.now + max(wait_after(one.attempts - 1, one.key), failure.after or timedelta())
            deletions.move(connection, one, "ordered", at=moment.now, next_at=until, reason=str(failure))
        return ""
    except PermanentFailure as failure:
        return _end(scene, one, "failed", str(failure), moment)
    if answered.answer == "refused":
        return _end(scene, one, "refused", answered.reason, moment)
    if answered.answer == "accepted":
        with scene.store.database.writing() as connection:
            deletions.move(connection, one, "ordered", at=moment.now, next_at=None, reason="ACCEPTED")
        return ""
    return confirm(scene, one, moment)


def _about_to_ask(scene: Scene, one: Deletion, moment: Moment) -> Deletion:
    """Note an attempt before it is made: without that note an order surely never went out."""
    with scene.store.database.writing() as connection:
        deletions.move(connection, one, "ordered", at=moment.now, attempts=one.attempts + 1)
    return replace(one, attempts=one.attempts + 1)


def _void(scene: Scene, one: Deletion, moment: Moment) -> str:
    """Take back an order that never went out; the next pass decides anew."""
    with scene.store.database.writing() as connection:
        values = {"digest": None, "ordered_at": None, "next_at": None, "approval": None}
        deletions.move(connection, one, "due", at=moment.now, reason="VOID", **values)
    LOG.info("order void", deletion=one.key, rule=one.rule)
    return "due"


def _answer(scene: Scene, one: Deletion, legal_basis: str, moment: Moment) -> Answered:
    if scene.crm is None:
        return Answered("deleted")
    order = Order(f"deletion-{one.key}", one.contact or "", one.rule, one.version, one.digest or "", legal_basis)
    return scene.crm.order(order, moment.now)


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


def _end(scene: Scene, one: Deletion, state: str, reason: str, moment: Moment) -> str:
    with scene.store.database.writing() as connection:
        deletions.move(connection, one, state, at=moment.now, reason=reason, ended_at=moment.now, next_at=None)
        if state == "failed":
            post_in(scene, connection, failed(one.rule, one.key), moment)
    LOG.warning("deletion ended", deletion=one.key, rule=one.rule, state=state)
    return state
