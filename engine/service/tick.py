"""The tick: what the running service does over and over: changes, terms, schedule, effects, each resumable."""

from collections import Counter

from engine.service import timetable
from engine.service.acting import carry_out
from engine.service.activation import activated
from engine.service.observing import run_observed
from engine.service.runner import Wanted
from engine.service.scene import Scene
from engine.service.terms import look_at_terms
from engine.service.watching import look_at_changes
from engine.vocabulary.calendar import Moment


def tick(scene: Scene, moment: Moment) -> Counter[str]:
    """Do all that a moment asks for; return how often each thing happened."""
    return look_at_all(scene, moment) + carry_out(scene, moment)


def look_at_all(scene: Scene, moment: Moment) -> Counter[str]:
    """Look at all that a moment asks to be looked at; what comes of it is still to be carried out."""
    done = Counter({"changes": follow_changes(scene, moment)})
    if scene.is_stopping():
        return done
    done["terms"] = look_at_terms(scene, moment)
    done["rules"] = run_due(scene, moment)
    return done


def follow_changes(scene: Scene, moment: Moment) -> int:
    """Look at every change there is; return how many records had changed."""
    total = 0
    while not scene.is_stopping() and (count := look_at_changes(scene, moment)):
        total += count
    return total


def run_due(scene: Scene, moment: Moment) -> int:
    """Run the rules that are due and those that are to be true at all times; return how many."""
    with scene.store.database.writing() as connection:
        active, keys = activated(scene.installation, connection, scene.rulebook, moment.now)
        due = timetable.claim_due(connection, active, keys, moment)
    names = sorted({*due, *timetable.always_rules(active)})
    if not names:
        return 0
    report = run_observed(scene, scene.rulebook, moment, Wanted(frozenset(names)), "schedule")
    with scene.store.database.writing() as connection:
        timetable.finish(connection, [keys[name] for name in due], report.run or 0)
    return len(names)
