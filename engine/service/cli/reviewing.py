"""Commands about reviews: list them, show one, answer one."""

import json
from typing import Annotated

import typer

from engine.evaluate.explain import as_text
from engine.service import reviewing
from engine.service.cli.declining import declining
from engine.service.cli.doorway import doorway
from engine.service.reviewing import Answer, Shown

ReviewId = Annotated[int, typer.Argument(help="The review's id.", metavar="ID")]
COLUMNS = ("id", "rule", "contact", "question", "from", "asked_at", "due_at")
HEAD = ("rule", "version", "contact", "question", "from", "asked_at", "due_at", "answer", "by", "reason")


def reviews_list(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also those that are answered or void.")] = False,
) -> None:
    """List the reviews that wait for an answer, the oldest first."""
    door = doorway(context)
    found = reviewing.listed(door.installation, door.store(), door.rulebook(), with_ended=every)
    door.printer.document({"reviews": found})
    rows = [[*(row[name] for name in COLUMNS), "overdue" if row["overdue"] else row["state"]] for row in found]
    door.printer.table((*COLUMNS, ""), rows, "no reviews")


def reviews_show(
    context: typer.Context,
    review: ReviewId,
    lang: Annotated[str, typer.Option("--lang", help="The language of the rule in words, en or sv.")] = "",
) -> None:
    """Show what a person needs to answer: the inputs, the rule in words, the verdict, and what would happen."""
    door = doorway(context)
    language = lang or door.installation.settings.languages[0]
    with door.scene() as scene, declining():
        found = reviewing.shown(scene, review, door.installation.moment(), language)
    door.printer.document(found.as_json())
    for line in _lines(found):
        door.printer.line(line)


def reviews_answer(
    context: typer.Context,
    review: ReviewId,
    answer: Annotated[str, typer.Option("--answer", help="carry_out, or keep things as they are.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    by: Annotated[str, typer.Option("--by", help="Who answers: a name of `people`, not the rule's last editor.")],
) -> None:
    """Answer a review. Only the state that was looked at is decided: when it changes, another review opens."""
    door = doorway(context)
    with door.scene() as scene, declining():
        reviewing.answer(scene, review, Answer(answer, reason, by), door.installation.moment())
    door.printer.document({"review": review, "answer": answer})
    door.printer.line(f"review {review} is answered: {answer}")


def _lines(found: Shown) -> list[str]:
    head, proposed = found.head, found.head["proposed"]
    lines = [f"review {head['id']}: {head['state']}"]
    lines += [f"{name}: {head[name]}" for name in HEAD if head[name] is not None]
    if proposed.get("says"):
        lines += ["", f"proposed: {proposed['says']}"]
    if proposed.get("causes"):
        lines += [f"a person decides because of: {', '.join(proposed['causes'])}"]
    lines += [f"guard {guard['code']}: {guard['says']}" for guard in head["guards"]]
    lines += ["", "inputs:"]
    lines += [f"  {name}: {_shown(value)}" for name, value in head["inputs"].items()]
    if found.tree is not None:
        lines += ["", "verdict:", *as_text(found.tree, 1)]
    return [*lines, "", *found.words]


def _shown(value: object) -> str:
    return "missing" if value is None else json.dumps(value, ensure_ascii=False)
