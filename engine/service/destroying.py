"""Destroying: a due deletion is examined afresh, twice, guarded and ordered; every step resumes from its row."""

from collections import Counter
from collections.abc import Callable
from functools import partial

from engine.service.approving import await_word, needed
from engine.service.doubts import Doubts, doubts, watch
from engine.service.erasing import erase, put_away
from engine.service.examining import Found, examine
from engine.service.logs import logger
from engine.service.notices import held, post_in
from engine.service.ordering import ask, new_order
from engine.service.scene import Scene
from engine.store import approvals, deletions, room
from engine.store.database import Connection
from engine.store.deletions import Deletion, IllegalMove
from engine.vocabulary.calendar import Moment

LOG = logger("destroying")


def advance(scene: Scene, moment: Moment) -> Counter[str]:
    """Move every deletion on as far as it can go without waiting; return how many came to which state."""
    watch(scene, scene.rulebook)
    with scene.store.database.reading() as connection:
        found = deletions.due(connection, scene.store.tables, moment.now)
        rules = {one.rule: rule for one in found if (rule := scene.rulebook.rules.get(one.rule)) is not None}
        around = doubts(scene, connection, rules.values(), moment) if found else Doubts()
    waiting = [one for one in found if one.state in deletions.BEFORE_ORDER]
    moved = _decide(scene, waiting, moment, around)
    for one in found:
        match one.state:
            case "ordered":
                moved[_unless_moved(one, partial(ask, scene, one, moment))] += 1
            case "confirmed":
                moved[_unless_moved(one, partial(put_away, scene, one, moment))] += 1
            case "in_recycle_bin" if not around.is_clock_off:  # by a wrong clock nothing is erased for good
                moved[_unless_moved(one, partial(erase, scene, one, moment))] += 1
    return Counter({state: count for state, count in moved.items() if state})


def _unless_moved(one: Deletion, step: Callable[[], str]) -> str:
    """Take a step, unless a person or another process has moved the deletion meanwhile: theirs is the newer word."""
    try:
        return step()
    except IllegalMove:
        LOG.info("deletion moved meanwhile", deletion=one.key, rule=one.rule)
        return ""


def _decide(scene: Scene, waiting: list[Deletion], moment: Moment, around: Doubts) -> Counter[str]:
    """Examine due deletions; when more are ready than the limits allow, none of them is ordered."""
    if not waiting:
        return Counter()
    looked_at = [(one, _stand(scene, one, moment, around)) for one in waiting]
    over = _over_limit(scene, [one for one, found in looked_at if found.is_ready], moment)
    moved: Counter[str] = Counter()
    for one, found in looked_at:
        go = partial(_go, scene, one, moment, around, over=one.key in over)
        moved[_unless_moved(one, go if found.is_ready else partial(_write, scene, one, found, moment))] += 1
    return moved


def _stand(scene: Scene, one: Deletion, moment: Moment, around: Doubts) -> Found:
    """Return how a due deletion stands, the limits aside; where people are to be asked, they are."""
    with scene.store.database.writing() as connection:
        found = examine(scene, connection, one, moment, over=False, around=around)
        wanted = needed(scene, one)
        if not found.is_ready or wanted is None:
            return found
        approvals.lapse(connection, moment.now)
        try:
            return await_word(scene, connection, one, wanted, found.digest, moment)
        except IllegalMove:
            return Found(one.state, one.reason or "")


def _over_limit(scene: Scene, ready: list[Deletion], moment: Moment) -> frozenset[int]:
    """Return which of the deletions that are ready the limits hold: none, or all that no person has let go.

    Those that may go take up their room under the limit at once, so that no other process gives it away as well.
    """
    limited = [one.key for one in ready if one.released_at is None]
    if not limited:
        return frozenset()
    limits = scene.installation.settings.limits
    with scene.store.database.writing() as connection:
        new = room.lacking(connection, limited, moment.now)
        lately = room.taken(connection, moment.now)
        population = scene.store.tables.population(connection, "contact") + lately
        is_over = limits.is_passed(lately + len(new), population)
        if not is_over and not limits.is_run_passed(len(new)):
            room.take(connection, new, moment.now)
            return frozenset()
    LOG.error("limit over all rules tripped", deletions=len(new), lately=lately)
    return frozenset(new)


def _write(scene: Scene, one: Deletion, found: Found, moment: Moment) -> str:
    if found.standing == (one.state, one.reason or ""):
        return ""
    with scene.store.database.writing() as connection:
        present = deletions.by_key(connection, scene.store.tables, one.key)
        if present is None or found.standing == (present.state, present.reason or ""):
            return found.state if present is not None and present.state != one.state else ""
        if found.state == "cancelled":
            deletions.cancel(connection, deletions.is_one(one.key), found.reason, moment.now)
        else:
            deletions.move(connection, one, found.state, at=moment.now, reason=found.reason, cleared_at=None)
        if found.state == "held":
            post_in(scene, connection, held(one.rule, found.reason, moment), moment)
    LOG.info("deletion moved", deletion=one.key, rule=one.rule, state=found.state, reason=found.reason)
    return found.state if found.state != one.state else ""


def _go(scene: Scene, one: Deletion, moment: Moment, around: Doubts, *, over: bool) -> str:
    """Examine once more, right before the order, in the transaction that writes it; then order."""
    with scene.store.database.writing() as connection:
        found = examine(scene, connection, one, moment, over=over, around=around)
        ready = _ready_to_order(scene, connection, one, found, moment) if found.is_ready else None
        if ready is not None:
            deletions.move(
                connection,
                ready,
                "ordered",
                at=moment.now,
                digest=found.digest,
                contact=ready.contact,
                **new_order(scene, ready, moment),
            )
    if not found.is_ready:
        return _write(scene, one, found, moment)
    with scene.store.database.reading() as connection:
        ordered = deletions.by_key(connection, scene.store.tables, one.key)
    return ask(scene, ordered, moment, is_fresh=True) if ready is not None and ordered is not None else ""


def _ready_to_order(
    scene: Scene, connection: Connection, one: Deletion, found: Found, moment: Moment
) -> Deletion | None:
    """Return a deletion in the state from which it is ordered: due, or approved as its record is now.

    None where it is not what was approved: the next pass asks for it anew.
    """
    if one.approval is not None and one.digest != found.digest:
        return None
    if one.state == "approved":
        return one
    if one.state != "due" or one.reason:
        deletions.move(connection, one, "due", at=moment.now, reason=None)
    return deletions.by_key(connection, scene.store.tables, one.key)
