"""Pruning: the service's own records go when their time is over, and nothing fires again because of it.

What has fired is known by its case, its intent or its occurrence, never by a run or an event that is pruned here.
"""

from collections import Counter
from datetime import timedelta

from engine.service.erasing import remove_letters
from engine.service.scene import Scene
from engine.store import anonymous, answers, changes, erasure, following, inbox, intents, registry, runs, sessions
from engine.store.database import Connection
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import read_duration

SLACK = timedelta(days=1)  # more than a changed clock moves the end of a term


def prune(scene: Scene, moment: Moment) -> Counter[str]:
    """Remove runs, events, finished messages and changes that are older than configured; return how many of each.

    Events stay, whatever is configured, for as long as a loaded rule's pattern looks back. Besides, nothing is left in
    the write-ahead log, and of anonymous records not the order in which they came.
    """
    kept = scene.installation.settings.retention
    terms = [length for rule in scene.rulebook.rules.values() if (length := rule.check.term) is not None]
    ends = [read_duration(kept.inbox).earlier(moment.now, moment)]
    ends += [length.earlier(moment.now, moment) - SLACK for length in terms]
    with scene.store.database.writing() as connection:
        until = read_duration(kept.messages).earlier(moment.now, moment)
        said = intents.prune(connection, until, _that_remember(scene, connection))
        # Before the commit: the intents are all that leads to letters in an outbox, which are messages, too.
        remove_letters(scene, said)
        until_change = read_duration(kept.change_log).earlier(moment.now, moment)
        following.prune(connection, until_change)
        anonymous.shuffle(connection)
        gone = Counter(
            {
                "runs": runs.prune(connection, read_duration(kept.runs).earlier(moment.now, moment)),
                "inbox": inbox.prune(connection, min(ends)),
                "messages": len(said),
                "answers": answers.prune(connection, moment.now),
                "sessions": sessions.prune(connection, moment.now),
                "change_log": changes.prune(connection, until_change),
            }
        )
    erasure.scrub(scene.store.database, most=None)
    return gone


def _that_remember(scene: Scene, connection: Connection) -> list[int]:
    """Return the keys of the rules that act once for a contact or an input: their intents are their memory."""
    names = {rule.id for rule in scene.rulebook.rules.values() if rule.repeat.kind in {"contact", "need"}}
    return [one.key for one in registry.registered(connection).values() if one.id in names]
