"""Approval: whose word is needed before what cannot be undone, of how many, and how long it is waited for."""

import re
from dataclasses import dataclass

from engine.language.arguments import TEXT, Shape, duration, shaped, yes_no
from engine.language.recipients import role
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.vocabulary.duration import Duration

MOST_PEOPLE = 9
DEFAULT_TERM = Duration(days=30)
KEEP = "keep"
_SHAPE: Shape = {
    "type": "object",
    "properties": {
        "from": {"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1}]},
        "people": {"type": "integer", "minimum": 1, "maximum": MOST_PEOPLE},
        "as_batch": {"type": "boolean"},
        "within": {"type": "string", "examples": ["30 days"]},
        "if_no_answer": {"const": KEEP},
    },
    "required": ["from"],
    "additionalProperties": False,
    "description": "`{from: dpo, people: 1, as_batch: true, within: 30 days, if_no_answer: keep}`",
}


@dataclass(frozen=True, slots=True)
class Approval:
    """The word of so many people, each a person or of a role that is named; no answer in time means *keep*.

    With `as_batch` one word is about all that wait for it together.
    """

    of: tuple[str, ...]
    people: int = 1
    as_batch: bool = True
    within: Duration = DEFAULT_TERM

    def words(self, speech: Speech) -> Statement:
        """Return whose word is waited for, and what happens without it."""
        whom = speech.tongue.either([speech.whom(one) for one in self.of])
        length = speech.duration(self.within)
        many = self.people
        who_en = f"the word of {whom}" if many == 1 else f"the word of {many} people ({whom})"
        who_sv = f"ett godkännande av {whom}" if many == 1 else f"godkännande av {many} personer ({whom})"
        return speech.state(
            en=f"Before it is ordered, {who_en} is needed, for exactly what is deleted. Without an answer within "
            f"{length}, the data is kept.",
            sv=f"Innan den beordras krävs {who_sv}, för exakt det som raderas. Utan svar inom {length} behålls "
            "uppgifterna.",
        )


@shaped(_SHAPE)
def approval(scope: Scope, node: Node) -> Approval | None:
    """Read whose approval is needed."""
    block = scope.keyed(node, "`approval`", ("from",), ("people", "as_batch", "within", "if_no_answer"))
    if block is None:
        return None
    of, people = _of(scope, block["from"]), _people(scope, block.get("people"))
    batch, within = block.get("as_batch"), block.get("within")
    is_batch = yes_no(scope, batch) if batch is not None else True
    term = duration(scope, within) if within is not None else DEFAULT_TERM
    if not _keeps(scope, block) or of is None or people is None or is_batch is None or term is None:
        return None
    if term.is_zero:
        scope.report("R106", (within or block).place, "nobody can answer in no time", "write `within: 30 days`")
        return None
    return Approval(of, people, is_batch, term)


def _of(scope: Scope, node: Node) -> tuple[str, ...] | None:
    items = node.items if isinstance(node, Sequence) else (node,)
    found = [role(scope, item) for item in items]
    if not found:
        scope.report("R004", node.place, "an approval that nobody can give", "name a person or a role: `from: dpo`")
    return tuple(dict.fromkeys(one for one in found if one)) if found and None not in found else None


def _people(scope: Scope, node: Node | None) -> int | None:
    if node is None:
        return 1
    if isinstance(node, Scalar) and re.fullmatch(r"\d", node.text) and 1 <= int(node.text) <= MOST_PEOPLE:
        return int(node.text)
    scope.report("R106", node.place, f"a whole number from 1 to {MOST_PEOPLE} was expected")
    return None


def _keeps(scope: Scope, block: Mapping) -> bool:
    """Note an `if_no_answer` that would let silence delete."""
    node = block.get("if_no_answer")
    if node is None or (isinstance(node, Scalar) and node.text == KEEP):
        return True
    scope.report("R106", node.place, "what nobody answered is always kept", f"write `if_no_answer: {KEEP}`")
    return False
