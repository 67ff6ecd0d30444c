"""Asking: a rule is run because somebody asks for it now, at whichever door."""

from collections.abc import Mapping

from engine.model.snapshot import Refusal, Refused
from engine.service import governing
from engine.service.observing import run_observed
from engine.service.runner import RunReport, Wanted
from engine.service.scene import Scene
from engine.vocabulary.problem import Problems


def run_asked(scene: Scene, rule: str, inputs: Mapping[str, str], trigger: str) -> RunReport:
    """Evaluate a rule of the rulebook now, with its inputs; raises Declined, or Refused where these do not fit."""
    governing.named(scene.rulebook, rule)
    try:
        rulebook = scene.rulebook.asked([rule], inputs)
    except Problems as problems:
        raise Refused([Refusal("/inputs", one.message) for one in problems.found]) from None
    return run_observed(scene, rulebook, scene.installation.moment(), Wanted(frozenset({rule})), trigger)
