"""Acting: what runs intended is carried out: messages, calls, deletions, then who has to know of them is told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from engine.service import announcing, recipients, telling_moves
from engine.service.activation import in_effect
from engine.service.destroying import advance
from engine.service.dispatch import dispatch
from engine.service.logs import logger
from engine.service.reminding import remind
from engine.service.review_queue import end_reviews
from engine.service.scene import Scene
from engine.store import erasure, registry
from engine.store.database import StoreUnavailable
from engine.vocabulary.calendar import Moment

LOG = logger("acting")
MOST_PASSES = 10


def carry_out(scene: Scene, moment: Moment, said: Callable[[], None] = lambda: None) -> Counter[str]:
    """Carry out everything that is due at a moment; return how often each thing happened.

    `said` is called when messages have gone out, before a deletion can make the service forget them.
    """
    sums: Counter[str] = Counter()
    with scene.store.database.reading() as connection:
        active = in_effect(scene.installation, scene.rulebook, registry.registered(connection))
    scene = replace(scene, rulebook=active)
    for _ in range(MOST_PASSES):
        moved = dispatch(scene, moment)
        said()
        if scene.is_stopping():
            break
        moved += telling_moves.deliver(scene, moment)
        moved += advance(scene, moment)
        moved += recipients.deliver(scene, moment)
        remind(scene, moment)
        moved += announcing.deliver(scene, moment)
        if not moved:
            break
        sums += moved
    end_reviews(scene.store, moment)
    if sums["erased"] or sums[recipients.TOLD]:
        _scrub(scene)
    return sums


def _scrub(scene: Scene) -> None:
    """Let no file keep what was erased; what cannot be done now is done with the nightly tidying."""
    try:
        is_done = erasure.scrub(scene.store.database)
    except StoreUnavailable as error:
        LOG.warning("the store cannot be written anew now", reason=str(error))
    else:
        if not is_done:
            LOG.info("bytes of what was erased can stay in the store's file until the nightly tidying")
