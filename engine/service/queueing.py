"""Queueing: calls about one record to one receiver go out in the order in which they were meant.

An order to delete is one of them: what was meant after it waits until it is known what came of it. What is parked, or
stopped by a pause, holds up nobody.
"""

from datetime import datetime

from actions.sending import CRM, CallingAction
from engine.service.scene import Scene
from engine.store import lines
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.intents import Intent


def waits_until(scene: Scene, connection: Connection, intent: Intent) -> datetime | None:
    """Return until when an intent waits for what was meant before it; None where it calls nobody, or is the first."""
    receiver = _receiver(scene, intent.rule, intent.part, intent.call)
    if receiver is None:
        return None
    ahead = lines.intents_before(connection, intent.entity, intent.record, intent.created_at, intent.key)
    until = [one.not_before for one in ahead if _receiver(scene, one.rule, one.part, one.call) == receiver]
    if receiver == CRM and scene.crm is not None:
        order = lines.order_before(connection, intent.entity, intent.record, intent.created_at)
        until += [order] if order is not None else []
    return max(until, default=None)


def is_behind(scene: Scene, one: Deletion) -> bool:
    """True while an order, which has never gone out, waits for calls to the CRM that were meant before it."""
    if one.record is None or one.ordered_at is None:
        return False
    with scene.store.database.reading() as connection:
        ahead = lines.intents_before(connection, one.entity, one.record, one.ordered_at)
    return any(_receiver(scene, before.rule, before.part, before.call) == CRM for before in ahead)


def _receiver(scene: Scene, rule_id: str, part: str, number: int) -> str | None:
    """Return whom a call of a rule calls; None where it calls nobody."""
    rule = scene.rulebook.rules.get(rule_id)
    call = rule.call_of(part, number) if rule else None
    if call is None or not isinstance(call, CallingAction):
        return None
    return call.receiver
