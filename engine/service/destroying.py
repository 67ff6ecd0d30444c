"""Destroying: a due deletion is examined afresh, twice, guarded and ordered; every step resumes from its row."""

from collections import Counter
from collections.abc import Callable
from functools import partial

from engine.service.erasing import erase, put_away
from engine.service.examining import Found, examine, examined
from engine.service.logs import logger
from engine.service.ordering import ask, new_order
from engine.service.scene import Scene
from engine.store import deletions
from engine.store.deletions import Deletion, IllegalMove
from engine.vocabulary.calendar import Moment

LOG = logger("destroying")


def advance(scene: Scene, moment: Moment) -> Counter[str]:
    """Move every deletion on as far as it can go without waiting; return how many came to which state."""
    with scene.store.database.reading() as connection:
        found = deletions.due(connection, scene.store.tables, moment.now)
    waiting = [one for one in found if one.state in deletions.BEFORE_ORDER]
    moved = _decide(scene, waiting, moment)
    for one in found:
        match one.state:
            case "ordered":
                moved[_unless_moved(one, partial(ask, scene, one, moment))] += 1
            case "confirmed":
                moved[_unless_moved(one, partial(put_away, scene, one, moment))] += 1
            case "in_recycle_bin":
                moved[_unless_moved(one, partial(erase, scene, one, moment))] += 1
    return Counter({state: count for state, count in moved.items() if state})


def _unless_moved(one: Deletion, step: Callable[[], str]) -> str:
    """Take a step, unless a person or another process has moved the deletion meanwhile: theirs is the newer word."""
    try:
        return step()
    except IllegalMove:
        LOG.info("deletion moved meanwhile", deletion=one.key, rule=one.rule)
        return ""


def _decide(scene: Scene, waiting: list[Deletion], moment: Moment) -> Counter[str]:
    """Examine due deletions; when more are ready than a day allows, none of them is ordered."""
    looked_at = [(one, examined(scene, one, moment, over=False)) for one in waiting]
    ready = [one for one, found in looked_at if found.is_ready]
    over = _is_over_limit(scene, [one for one in ready if one.released_at is None], moment)
    moved: Counter[str] = Counter()
    for one, found in looked_at:
        go, write = partial(_go, scene, one, moment, over=over), partial(_write, scene, one, found, moment)
        moved[_unless_moved(one, go if found.is_ready else write)] += 1
    return moved


def _is_over_limit(scene: Scene, ready: list[Deletion], moment: Moment) -> bool:
    limits = scene.installation.settings.limits
    with scene.store.database.reading() as connection:
        lately = deletions.ordered_lately(connection, moment.now)
        population = scene.store.tables.population(connection, "contact") + lately
    return bool(ready) and limits.is_passed(lately + len(ready), population)


def _write(scene: Scene, one: Deletion, found: Found, moment: Moment) -> str:
    if (found.state, found.reason) == (one.state, one.reason or ""):
        return ""
    with scene.store.database.writing() as connection:
        if found.state == "cancelled":
            deletions.cancel(connection, deletions.is_one(one.key), found.reason, moment.now)
        else:
            deletions.move(connection, one, found.state, reason=found.reason)
    LOG.info("deletion moved", deletion=one.key, rule=one.rule, state=found.state, reason=found.reason)
    return found.state if found.state != one.state else ""


def _go(scene: Scene, one: Deletion, moment: Moment, *, over: bool) -> str:
    """Examine once more, right before the order, in the transaction that writes it; then order."""
    with scene.store.database.writing() as connection:
        found = examine(scene, connection, one, moment, over=over)
        if found.is_ready:
            if one.state != "due":
                deletions.move(connection, one, "due", reason=None)
            due = deletions.by_key(connection, scene.store.tables, one.key)
            if due is None:
                return ""
            deletions.move(
                connection,
                due,
                "ordered",
                digest=found.digest,
                contact=due.contact,
                **new_order(scene, due, moment),
            )
    if not found.is_ready:
        return _write(scene, one, found, moment)
    with scene.store.database.reading() as connection:
        ordered = deletions.by_key(connection, scene.store.tables, one.key)
    return ask(scene, ordered, moment, is_fresh=True) if ordered else ""
