"""`repeat`: how often what happens once happens: per case, per contact, per input, or again and again."""

from dataclasses import dataclass
from typing import Literal

from engine.language.needs import Need
from engine.language.scope import Scope
from engine.language.source import Node
from engine.vocabulary.duration import Duration, DurationError, read_duration
from engine.vocabulary.problem import nearest_or_all

ONCE, EVERY = "once per ", "every "


@dataclass(frozen=True, slots=True)
class Repeat:
    """How often a rule's actions happen. `every` is set for `every`, `need` for `once per <need>`."""

    kind: Literal["case", "contact", "need", "every"]
    every: Duration | None = None
    need: str = ""


ONCE_PER_CASE = Repeat("case")


def read_repeat(scope: Scope, node: Node | None, needs: tuple[Need, ...]) -> Repeat:
    """Return what `repeat` says, with a problem noted where it cannot be read."""
    word = scope.text(node, "`repeat`") if node is not None else None
    if word is None:
        return ONCE_PER_CASE
    if word.text.startswith(EVERY):
        try:
            every = read_duration(word.text.removeprefix(EVERY))
        except DurationError as error:
            scope.report("R113", word.place, f"`{word.text}`: {error}", "write `every 30 days`")
            return ONCE_PER_CASE
        if every.is_zero:
            scope.report("R113", word.place, "a duration of nothing", "write `every 30 days`")
        return Repeat("every", every=every)
    what = word.text.removeprefix(ONCE)
    if what in {"case", "contact"} and what != word.text:
        return Repeat("case") if what == "case" else Repeat("contact")
    if what != word.text and what in {need.name for need in needs}:
        return Repeat("need", need=what)
    known = ("once per case", "once per contact", "every 30 days", *(f"once per {need.name}" for need in needs))
    scope.report("R106", word.place, f"`{word.text}` cannot be", nearest_or_all(word.text, known))
    return ONCE_PER_CASE
