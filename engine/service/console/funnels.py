"""Funnels at the console: how many records each criterion of a rule left, drawn; counted anew when somebody asks."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Response

from engine.language.rule import Rule
from engine.service import funnels
from engine.service.console.doubtful import steps
from engine.service.console.pages import moved, pages
from engine.service.console.rendering import to
from engine.service.console.sessions import Operating, local
from engine.service.http.access import Serving
from engine.service.http.paging import LARGEST
from engine.service.scene import Scene
from engine.store.funnel import Counted
from engine.vocabulary.tongue import Tongue

ROUTES = pages()


@dataclass(frozen=True, slots=True)
class Bar:
    """One step, drawn: its sentence with those below it, how many it left, and of whom it cannot be told.

    Shares are of all records, from 0 to 100.
    """

    words: Sequence[str]
    left: int
    unknown: int
    share: float
    share_unknown: float


@ROUTES.post("/rules/{rule:id}/funnel")
def count(rule: str, serving: Serving, form: Operating) -> Response:
    """Count the funnel of a rule now; lead back to the page of the run that it was asked on, or to where it says."""
    run = form.text("run")
    number = int(run) if run.isascii() and run.isdecimal() and int(run[:20]) <= LARGEST else None
    funnels.count(serving.scene, rule, serving.installation.moment(), number)
    back = to("runs", number, "rules", rule) + "#funnel" if number else local(form.text("next"))
    return moved(back, "counted")


def drawn(scene: Scene, rule: Rule | None, counted: Counted | None, tongue: Tongue) -> list[Bar]:
    """Return the bars of a funnel; none where it was not counted, or the rule has become another since."""
    if rule is None or counted is None or rule.version != counted.version:
        return []
    said, funnel = steps(scene, rule, tongue), counted.funnel
    if len(said) != len(funnel.steps):
        return []
    each = 100 / max(1, funnel.records)
    return [
        Bar(words, step.true, step.unknown, step.true * each, step.unknown * each)
        for words, step in zip(said, funnel.steps, strict=True)
    ]
