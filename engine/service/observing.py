"""Observing: runs of the service are told to whoever measures it, those that failed as well."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from engine.language.rule import Rulebook
from engine.service.runner import RunReport, Wanted, run
from engine.service.scene import Scene
from engine.store.database import Connection, after_commit
from engine.store.runs import RuleRun
from engine.vocabulary.calendar import Moment


def run_observed(scene: Scene, rulebook: Rulebook, moment: Moment, wanted: Wanted, trigger: str) -> RunReport:
    """Run rules as `runner.run` does, and tell how it went."""
    heard = replace(wanted, told=scene.progress.tell)
    with failure_told(scene, trigger):
        report = run(scene.installation, scene.store, rulebook, moment, heard, trigger=trigger)
    _tell(scene, report.run or 0, (trigger, report.mode, sum(report.seconds)), report.rules)
    return report


@contextmanager
def failure_told(scene: Scene, trigger: str) -> Iterator[None]:
    """Tell of a run that fails inside, and let the failure pass."""
    try:
        yield
    except Exception:
        scene.observer.run_failed(trigger)
        scene.progress.undone()
        raise


def tell_once_committed(
    scene: Scene, connection: Connection, number: int, told: tuple[str, str, float], rules: Sequence[RuleRun]
) -> None:
    """Tell of a run, given its trigger, mode and seconds, when the transaction that it is part of is committed."""
    after_commit(connection, f"run {number} told", partial(_tell, scene, number, told, rules))


def _tell(scene: Scene, number: int, told: tuple[str, str, float], rules: Sequence[RuleRun]) -> None:
    scene.observer.run_ended(*told, rules)
    scene.progress.ended(number, told[0], rules)
