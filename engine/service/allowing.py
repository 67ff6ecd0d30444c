"""Allowing: which of thousands of contacts may be used for a purpose now; whoever is not known is not to be used."""

from collections.abc import Sequence
from typing import Any

from actions.messaging import LEGAL_DUTY
from actions.raise_alert import USES
from engine.language.subjects.consent import GIVEN, MARKETING
from engine.service.returning import ERASED
from engine.service.scene import Scene
from engine.store.restrictions import EXPORT, MESSAGE
from engine.store.standings import Standing, blocking, standings
from engine.vocabulary.calendar import Moment

UNKNOWN, ALERT = "UNKNOWN", "ALERT"


def allowed(scene: Scene, use: str, purpose: str, contacts: Sequence[str], moment: Moment) -> dict[str, Any]:
    """Return whom a use is allowed for, in the order asked, and who is blocked, with every reason.

    As with messages, a legal duty passes over restriction, objection and consent; alerts and erasure count always.
    """
    asked = (use, purpose, EXPORT if use == EXPORT else MESSAGE)
    with scene.store.database.reading() as connection:
        held = standings(connection, scene.store.tables, set(contacts), asked, moment)
        raised = blocking(connection, [one.key for one in held.values() if one.is_blocked], use)
    erased = scene.tombstones.all() if len(held) < len(set(contacts)) else frozenset()
    free: list[str] = []
    blocked: list[dict[str, Any]] = []
    for contact in contacts:
        one = held.get(contact)
        if one is None:
            is_erased = bool(scene.tombstones.id_hashes("contact", contact) & erased)
            blocked.append({"contact": contact, "reasons": [ERASED if is_erased else UNKNOWN], "alerts": []})
        elif reasons := _reasons(one, purpose.casefold()):
            blocked.append({"contact": contact, "reasons": reasons, "alerts": raised.get(one.key, [])})
        else:
            free.append(contact)
    return {"use": use, "purpose": purpose, "allowed": free, "blocked": blocked}


def _reasons(one: Standing, purpose: str) -> list[str]:
    is_duty = purpose == LEGAL_DUTY
    objects = one.has_objected or (purpose == MARKETING and one.objects_to_marketing)
    found = {
        "DECEASED": one.is_deceased and not is_duty,
        "RESTRICTED": one.is_restricted and not is_duty,
        "OBJECTS": objects and not is_duty,
        "NO_CONSENT": one.consent != GIVEN and not is_duty,
        ALERT: one.is_blocked,
    }
    return [reason for reason, applies in found.items() if applies]


__all__ = ["ALERT", "UNKNOWN", "USES", "allowed"]
