"""The preview of an edited rule file: its problems at their lines, or what it would do. Nothing is saved here."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response

from engine.language.description import Description
from engine.language.rule import Rule
from engine.service import governing
from engine.service.console.highlighting import Line, lines_of
from engine.service.console.pages import pages
from engine.service.console.rendering import Voice, shown, voice_of
from engine.service.console.sessions import Administering, Visitor, seen_by
from engine.service.describing import describer_of
from engine.service.http.access import Serving
from engine.service.previewing import Preview, checked, file_of, preview, text_of
from engine.service.serving import Service
from engine.vocabulary.problem import Problem
from engine.vocabulary.tongue import TONGUES

ROUTES = pages()
AROUND = 3  # lines around one with a problem that are shown
MOST_PROBLEMS, MOST_TOLD, FEW = 200, 20, 50
SeenByAdmin = Annotated[Visitor, Depends(seen_by("admin"))]


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a text: all problems, the lines around them, and the changed rules in sentences."""

    found: Preview
    problems: tuple[Problem, ...]
    lines: tuple[Line, ...] = ()
    descriptions: tuple[Description, ...] = ()


@ROUTES.get("/rules/{rule:id}/edit")
def edit(rule: str, request: Request, serving: Serving, _visitor: SeenByAdmin) -> Response:
    """Show the text of the file in which the rule stands, as it is now."""
    chosen = governing.named(serving.scene.rulebook, rule)
    return _shown(request, serving, chosen, text_of(serving.installation, chosen))


@ROUTES.post("/rules/{rule:id}/edit")
def look(rule: str, request: Request, serving: Serving, form: Administering) -> Response:
    """Show what would come of a text; only its problems where no more is asked for."""
    chosen = governing.named(serving.scene.rulebook, rule)
    text = next(iter(form.texts("text")), "").replace("\r\n", "\n")
    if form.text("only") == "check":
        found = Preview(checked(serving.installation, chosen, text).all_problems)
    else:
        found = preview(serving.installation, serving.store, serving.scene.rulebook, chosen, text)
    return _shown(request, serving, chosen, text, _look(serving, chosen, found, text, voice_of(request, serving)))


def _shown(request: Request, serving: Service, rule: Rule, text: str, seen: Look | None = None) -> Response:
    return shown(
        request,
        "rule_edit.html",
        rule=rule,
        file=file_of(serving.installation, rule),
        source=rule.place.source.name,
        folder=str(serving.installation.settings.rules.path),
        text=text,
        look=seen,
        few=FEW,
        in_force=serving.scene.rulebook.rules,
    )


def _look(serving: Service, rule: Rule, found: Preview, text: str, voice: Voice) -> Look:
    problems = found.problems[:MOST_PROBLEMS]
    here = {one.place.line for one in problems if one.place.source.name == rule.place.source.name}
    written = text.split("\n")
    around = {number for line in here for number in range(line - AROUND, line + AROUND + 1)}
    lines = [
        line
        for number in sorted(around)
        if 0 < number <= len(written)
        for line in lines_of(written[number - 1 : number], number, frozenset(here))
    ]
    return Look(found, problems, tuple(lines), tuple(_descriptions(serving, rule, found, voice)))


def _descriptions(serving: Service, rule: Rule, found: Preview, voice: Voice) -> list[Description]:
    """Return the rules that would change in sentences; where none would, the one of the page, for its words may."""
    if found.rulebook is None:
        return []
    describer = describer_of(serving.installation, found.rulebook, TONGUES[voice.teller.language])
    names = [one.found.rule for one in found.changed if one.found.rule in found.rulebook.rules] or [rule.id]
    wanted = [name for name in names[:MOST_TOLD] if name in found.rulebook.rules]
    return [describer.describe(found.rulebook.rules[name]) for name in wanted]
