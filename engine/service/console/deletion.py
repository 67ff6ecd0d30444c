"""A deletion: how it stands and came to that, what keeps it, what happens next, and what people can decide about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from engine.language.description import Section
from engine.service import deciding, erasing
from engine.service.approving import Word
from engine.service.console.pages import moved, pages
from engine.service.console.rendering import shown, to, voice_of
from engine.service.console.said import reason_of
from engine.service.console.sessions import Approving, ByWhom, Operating, Seen
from engine.service.deciding import Desk
from engine.service.doubts import Doubts, is_clock_off
from engine.service.examining import surroundings
from engine.service.guards import GUARDS
from engine.service.http.access import Serving
from engine.service.http.paging import Key
from engine.service.http.problems import HttpProblem
from engine.service.ordering import order_key
from engine.service.reviewing import describer_of
from engine.service.serving import Service
from engine.store import deletion_queue, deletions, erasure, pauses, reviews
from engine.store.approvals import AWAITS_APPROVAL, NO_APPROVAL
from engine.store.database import Connection
from engine.store.deletions import BEFORE_ORDER, Deletion
from engine.store.reviews import Review
from engine.vocabulary.calendar import Moment

ROUTES = pages()
SECTIONS = ("grounds", "criteria", "then", "limit")  # of the rule in words, that its deletions are judged by
# What guards ask of the whole input: it is counted when a deletion is examined, which takes too long for a page.
COUNTED = frozenset({"LIMIT", "FEED_STALE", "INPUT_SUSPECT"})


@dataclass(frozen=True, slots=True)
class Guard:
    """What a guard says now: that it applies, or not; None where that is found out when the deletion is examined."""

    code: str
    applies: bool | None
    then: str


@dataclass(frozen=True, slots=True)
class Step:
    """A state that a deletion came to."""

    state: str
    reason: str | None
    at: Any
    by: str | None
    said: str | None


@dataclass(frozen=True, slots=True)
class Life:
    """All that the page shows of a deletion."""

    one: Deletion
    steps: Sequence[Step]
    guards: Sequence[Guard]
    reviews: Sequence[Review]
    receipt: dict[str, Any] | None
    is_paused: bool

    @property
    def awaits_word(self) -> bool:
        """True where it waits in a batch, also where nobody answered in time."""
        return self.one.approval is not None and self.one.reason in {AWAITS_APPROVAL, NO_APPROVAL}

    @property
    def orders(self) -> list[str]:
        """The keys of the orders that were written."""
        return [order_key(self.one, number) for number in range(1, (self.one.orders or 0) + 1)]


@ROUTES.get("/deletions/{deletion}")
def deletion(request: Request, serving: Serving, _visitor: Seen, deletion: Key) -> Response:
    """Show the page."""
    voice, moment = voice_of(request, serving), serving.installation.moment()
    with serving.store.database.reading() as connection:
        life = _life(connection, serving, _named(connection, serving, deletion), moment)
    return shown(
        request,
        "deletion.html",
        life=life,
        one=life.one,
        rule=serving.scene.rulebook.rules.get(life.one.rule),
        sections=_sections(serving, life.one.rule, voice.teller.language),
        per_day=serving.installation.settings.limits.deletions_per_day,
        before_order=BEFORE_ORDER,
    )


@ROUTES.post("/deletions/{deletion}/release")
def release(serving: Serving, form: Approving, visitor: ByWhom, deletion: Key) -> Response:
    """Let a deletion go on that a limit or a doubt holds."""
    word, moment = Word(visitor.holder.name, reason_of(form)), serving.installation.moment()
    with serving.store.database.writing() as connection:
        one = _named(connection, serving, deletion)
        if one.state != "held":  # what waits for an approval is approved as a set, on the page of its batch
            raise HttpProblem(409, "illegal-move", f"deletion {one.key} is {one.state}: only what is held is released")
        desk = Desk(serving.installation, connection, serving.store.tables, serving.scene.rulebook)
        deciding.approve(desk, [one], word, moment)
    serving.wake()
    return moved(to("deletions", deletion), "deletion_released")


@ROUTES.post("/deletions/{deletion}/keep")
def keep(serving: Serving, form: Operating, visitor: ByWhom, deletion: Key) -> Response:
    """Cancel a deletion that is not ordered yet."""
    reason, now = reason_of(form), serving.installation.clock.now()
    with serving.store.database.writing() as connection:
        one = _named(connection, serving, deletion)
        deciding.keep(serving.installation, connection, one, now, visitor.holder.name, reason)
    return moved(to("deletions", deletion), "deletion_kept")


@ROUTES.post("/deletions/{deletion}/restore")
def restore(serving: Serving, form: Operating, visitor: ByWhom, deletion: Key) -> Response:
    """Bring a contact back from the recycle bin."""
    reason = reason_of(form)
    with serving.store.database.reading() as connection:
        one = _named(connection, serving, deletion)
    erasing.restore(serving.scene, one, serving.installation.moment(), visitor.holder.name, reason)
    serving.wake()
    return moved(to("deletions", deletion), "deletion_restored")


def _named(connection: Connection, serving: Service, key: int) -> Deletion:
    found = deletions.by_key(connection, serving.store.tables, key)
    if found is None:
        raise HttpProblem(404, "unknown", f"there is no deletion {key}")
    return found


def _life(connection: Connection, serving: Service, one: Deletion, moment: Moment) -> Life:
    told = zip(deletions.history(connection, one.key), deletion_queue.said_of(connection, one.key), strict=True)
    steps = [Step(step["state"], step["reason"], step["moved_at"], step["by"], said) for step, said in told]
    receipt = erasure.receipt_like(connection, one, steps[-1].at) if one.state == "erased" and steps else None
    asked = reviews.read(connection, serving.store.tables, reviews.of_deletion(one.key))
    return Life(
        one,
        steps,
        _guards(connection, serving, one, moment) if one.state in BEFORE_ORDER else (),
        asked,
        receipt,
        pauses.is_paused(connection, one.rule),
    )


def _guards(connection: Connection, serving: Service, one: Deletion, moment: Moment) -> list[Guard]:
    around = Doubts(is_clock_off(serving.scene, connection))
    found = surroundings(serving.scene, connection, one, moment, around)
    if found is None or not found[0].rule.deletes:
        return []
    unknown = COUNTED - {one.reason}
    told = []
    for code, applies, then in GUARDS:
        says = None if code in unknown else code == one.reason if code in COUNTED else applies(found[1])
        told.append(Guard(code, says, then))
    return told


def _sections(serving: Service, rule_id: str, language: str) -> Sequence[Section]:
    rule = serving.scene.rulebook.rules.get(rule_id)
    if rule is None:
        return ()
    told = describer_of(serving.installation, serving.scene.rulebook, language).describe(rule).sections
    return [one for one in told if one.name in SECTIONS]
