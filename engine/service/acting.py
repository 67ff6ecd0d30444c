"""Acting: what runs intended is carried out: messages, then deletions, then who has to know of them is told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from engine.service import announcing, recipients
from engine.service.activation import in_effect
from engine.service.destroying import advance
from engine.service.dispatch import dispatch
from engine.service.scene import Scene
from engine.store import registry
from engine.vocabulary.calendar import Moment

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
        moved += advance(scene, moment)
        moved += recipients.deliver(scene, moment)
        moved += announcing.deliver(scene, moment)
        if not moved:
            break
        sums += moved
    return sums
