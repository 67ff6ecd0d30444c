"""Results: what the CRM reports of an order that it accepted moves a deletion or an intent on, exactly once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.crm.webhooks import in_one_line
from engine.model.snapshot import Refusal, Refused
from engine.service.logs import logger
from engine.service.ordering import CONTRADICTED, confirm, order_key, refuse, result_of
from engine.service.preparing import letter_key
from engine.service.scene import Scene
from engine.store import deletions, reports
from engine.store.deletions import Deletion, IllegalMove
from engine.store.intents import FAILED
from engine.vocabulary.calendar import Moment

LOG = logger("results")
UNKNOWN, VOID, CONTRADICTION = "unknown", "void", "contradiction"
ASKED = frozenset({"create_task", "set_field", "call_webhook"})  # verbs of which an outcome can be reported
_DELETION = re.compile(r"deletion-([1-9][0-9]{0,17})(?:-([1-9][0-9]{0,8}))?")
_INTENT = re.compile(r"intent-([1-9][0-9]{0,17})")


class NotTaken(Exception):
    """A result that cannot be taken; `code` says in a word why, its text what is known."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reported:
    """What the CRM reports of an order, and its reason where it gives one."""

    result: str
    reason: str = ""


def read_report(raw: Any, key: str, *, must_name: bool = False) -> Reported:
    """Return what is reported of the order of a key; raises Refused with a pointer for every fault.

    With `must_name` it has to name its `order`, which is this one.
    """
    if not isinstance(raw, Mapping):
        raise Refused([Refusal("", "a JSON object was expected")])
    done = "done" if key.startswith("intent-") else "deleted"
    result, reason = raw.get("result"), raw.get("reason")
    faults = []
    if must_name and raw.get("order") != key:
        faults.append(Refusal("/order", "the order that the address names was expected"))
    if result not in (done, "refused"):
        faults.append(Refusal("/result", f"`{done}` or `refused` was expected"))
    if reason is not None and not isinstance(reason, str):
        faults.append(Refusal("/reason", "text was expected"))
    if faults:
        raise Refused(faults)
    return Reported(str(result), in_one_line(reason or ""))


def take_result(scene: Scene, key: str, reported: Reported, moment: Moment) -> None:
    """Take what the CRM reports. Taken twice it changes nothing more; raises NotTaken where it cannot be so."""
    if found := _INTENT.fullmatch(key):
        _take_of_intent(scene, int(found[1]), reported, moment)
    elif found := _DELETION.fullmatch(key):
        _take_of_deletion(scene, key, int(found[1]), reported, moment)
    else:
        raise _unknown()


def _take_of_deletion(scene: Scene, key: str, number: int, reported: Reported, moment: Moment) -> None:
    one = _ordered(scene, key, number)
    known = result_of(one)
    if known is None and one.state == "ordered":
        try:
            _move_on(scene, one, reported, moment)
        except IllegalMove:  # by the answer, or by another report: that one is known now
            one = _ordered(scene, key, number)
            known = result_of(one)
        else:
            LOG.info("result reported", order=key, rule=one.rule, result=reported.result)
            return
    if known != reported.result:
        raise _contradicts(
            key, one.rule, f"it was {known}" if known else "a person looks at its deletion, which failed"
        )


def _move_on(scene: Scene, one: Deletion, reported: Reported, moment: Moment) -> None:
    if reported.result == "refused":
        refuse(scene, one, reported.reason, moment)
    else:
        confirm(scene, one, moment)


def _ordered(scene: Scene, key: str, number: int) -> Deletion:
    """Return the deletion whose newest order has a key; raises NotTaken where none such went out, or it is void."""
    with scene.store.database.reading() as connection:
        one = deletions.by_key(connection, scene.store.tables, number)
    newest = (one.orders or int(one.ordered_at is not None)) if one else 0
    if one is None or key not in {order_key(one, count + 1) for count in range(newest)}:
        raise _unknown()
    if one.state == "ordered" and not one.attempts and key == order_key(one):
        raise _unknown()
    if key != order_key(one) or not (result_of(one) or one.state in {"ordered", "failed"}):
        LOG.error("result of a void order", order=key, rule=one.rule)
        raise NotTaken(VOID, "this order was void by then: it is known that nothing had been done, or it is asked for")
    return one


def _take_of_intent(scene: Scene, number: int, reported: Reported, moment: Moment) -> None:
    with scene.store.database.writing() as connection:
        one = reports.asked(connection, number)
        rule = scene.rulebook.rules.get(one.rule) if one else None
        call = rule.call_of(one.part, one.call) if rule and one else None
        if one is None or call is None or call.verb not in ASKED:
            raise _unknown()
        if one.reported not in {None, reported.result}:
            raise _contradicts(letter_key(number), one.rule, f"it was {one.reported}")
        if one.reported is None:
            reports.note(connection, number, reported.result, reported.reason, moment.now)
    if one.reported is None and reported.result == "refused":
        scene.observer.effect_came_to(call.verb, FAILED)
    LOG.info("result reported", order=letter_key(number), rule=one.rule, result=reported.result)


def _unknown() -> NotTaken:
    return NotTaken(UNKNOWN, "no such order went out from here")


def _contradicts(key: str, rule: str, known: str) -> NotTaken:
    """Tell operators, and return what the CRM is told."""
    LOG.error(CONTRADICTED, order=key, rule=rule, so=known)
    return NotTaken(CONTRADICTION, f"another result of this order is known: {known}")
