"""`needs`: the inputs of a rule that is run only when somebody asks."""

from dataclasses import dataclass

from engine.language.parameters import PARAMETER_NAME
from engine.language.scope import Scope
from engine.language.source import Node, Scalar
from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.wording import bilingual

# For each type, what stands in for an input while a rule is only checked.
STAND_INS = {
    "text": "input",
    "number": "1",
    "date": "2000-01-01",
    "duration": "1 day",
    "flag": "true",
    "selection": "",
}
QUESTIONS = {
    "text": bilingual(en="a text", sv="en text"),
    "number": bilingual(en="a number", sv="ett tal"),
    "date": bilingual(en="a date", sv="ett datum"),
    "duration": bilingual(en="a length of time", sv="en tidslängd"),
    "flag": bilingual(en="yes or no; described here for “yes”", sv="ja eller nej; beskrivs här för ”ja”"),
    "selection": bilingual(en="the name of a selection", sv="namnet på ett urval"),
}
MOST_NEEDS = 20


@dataclass(frozen=True, slots=True)
class Need:
    """One input: its name, its type, and how people are asked for it."""

    name: str
    type: str
    question: str

    @property
    def stand_in(self) -> str:
        """The word that stands for the input while there is none; a selection's is its parameter itself."""
        return f"${self.name}" if self.type == "selection" else STAND_INS[self.type]


def read_needs(scope: Scope, node: Node | None) -> tuple[Need, ...]:
    """Return the inputs that a rule needs, with a problem noted for each that cannot be read."""
    if node is None:
        return ()
    block = scope.mapping(node, "`needs`")
    if block is None:
        return ()
    if not 0 < len(block.entries) <= MOST_NEEDS:
        scope.report("R004", node.place, f"`needs` names 1 to {MOST_NEEDS} inputs")
    found = [need for key, value in block.entries if (need := _need(scope, key, value)) is not None]
    return tuple(found)


def _need(scope: Scope, key: Scalar, node: Node) -> Need | None:
    if not PARAMETER_NAME.fullmatch(key.text):
        scope.report(
            "R110", key.place, f"`{key.text[:80]}` is no name for an input", "write small letters, digits and _"
        )
        return None
    block = scope.keyed(node, f"the input `{key.text}`", ("type", "ask"), remedy="add `ask: Incident number`")
    if block is None:
        return None
    word, asked = scope.text(block["type"], "`type`"), scope.text(block["ask"], "`ask`")
    if word is None or asked is None:
        return None
    if word.text not in STAND_INS:
        scope.report("R106", word.place, f"`{word.text}` is no type of input", nearest_or_all(word.text, STAND_INS))
        return None
    return Need(key.text, word.text, asked.text)
