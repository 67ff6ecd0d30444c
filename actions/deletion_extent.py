"""The extent of a deletion: all of a record or what is held for some purposes, erased or made anonymous."""

from engine.language.arguments import TEXT, Shape, shaped
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.language.speech import Speech
from engine.language.statement import Statement

ERASE, ANONYMISE = "erase", "anonymise"
ALL = "all"
LONGEST_PURPOSE = 80
Purposes = str | tuple[str, ...]  # empty where nothing is said, ALL, or the ones that go
_PURPOSES: Shape = {
    "anyOf": [{"const": ALL}, {"type": "array", "items": TEXT, "minItems": 1}],
    "description": f"`{ALL}`, or a list of purposes",
}


@shaped(_PURPOSES)
def purposes(scope: Scope, node: Node) -> Purposes | None:
    """Read which purposes go: all, or a list of free words, case aside."""
    if isinstance(node, Scalar) and node.text == ALL:
        return ALL
    if not isinstance(node, Sequence):
        text = node.text.strip() if isinstance(node, Scalar) else ""
        hint = f"write `[{text}]`, or `{ALL}`" if text else f"write `[marketing]`, or `{ALL}`"
        scope.report("R106", node.place, f"purposes are a list, or `{ALL}`", hint)
        return None
    found = [_purpose(scope, item) for item in node.items]
    if not found:
        scope.report("R106", node.place, "no purpose is named, so that nothing would go", f"name one, or write `{ALL}`")
    named = tuple(dict.fromkeys(one for one in found if one is not None))
    return named if found and None not in found else None


def _purpose(scope: Scope, node: Node) -> str | None:
    word = scope.text(node, "a purpose")
    if word is None:
        return None
    text = word.text.strip().casefold()
    if text == ALL:
        scope.report("R106", word.place, f"`{ALL}` is no purpose among others", f"write `purposes: {ALL}`")
        return None
    if len(text) > LONGEST_PURPOSE or not text.isprintable():
        scope.report("R106", word.place, f"a purpose is a word of {LONGEST_PURPOSE} characters at most")
        return None
    return text


def check_extent(scope: Scope, block: Mapping) -> None:
    """Note that a person who stays cannot become anonymous."""
    how, named = block.get("how"), block.get("purposes")
    if isinstance(how, Scalar) and how.text == ANONYMISE and isinstance(named, Sequence):
        scope.report(
            "R118",
            how.place,
            "with a list of purposes the person stays, so that nothing of it can be anonymous",
            f"write `how: {ERASE}`, or leave `purposes` out",
        )


def opening(how: str, named: Purposes, length: str, speech: Speech) -> tuple[str, str]:
    """Return what happens after a time, in English and Swedish."""
    record = speech.record
    en = f"once this has been true for {length} (the period of grace)."
    sv = f"när detta har varit uppfyllt i {length} (väntetiden)."
    if isinstance(named, tuple):
        these = speech.tongue.both([speech.value(one) for one in named])
        return (
            f"What is held about {record} for {these}, and for nothing else, is deleted {en}",
            f"Det som finns om {record} för {these}, och inte för något annat, raderas {sv}",
        )
    if how == ANONYMISE:
        return f"The data about {record} is made anonymous {en}", f"Uppgifterna om {record} anonymiseras {sv}"
    return f"All data about {record} is deleted {en}", f"Alla uppgifter om {record} raderas {sv}"


def ending(how: str, named: Purposes, speech: Speech) -> Statement:
    """Return what remains in the end."""
    if isinstance(named, tuple):
        return speech.state(
            en="Then what was held for these purposes is gone for good; the rest stays. What remains of it is a "
            "receipt without personal data, and that the consent to each of these purposes counts as withdrawn.",
            sv="Sedan är det som fanns för dessa ändamål borta för gott, och resten finns kvar. Det som blir kvar av "
            "det är ett kvitto utan personuppgifter, och att samtycket till vart och ett av dessa ändamål räknas som "
            "återkallat.",
        )
    if how == ANONYMISE:
        return speech.state(
            en="Then it cannot be undone. What remains is a receipt without personal data, and of the data what the "
            "configuration keeps of anonymous people: no name, no number, nothing that leads back to the person.",
            sv="Sedan kan det inte göras ogjort. Det som blir kvar är ett kvitto utan personuppgifter, och av "
            "uppgifterna det som enligt inställningarna sparas om anonyma personer: inget namn, inget nummer, inget "
            "som leder tillbaka till personen.",
        )
    return speech.state(
        en="Then it is gone for good. What remains is a receipt without personal data.",
        sv="Sedan är den borta för gott. Det som blir kvar är ett kvitto utan personuppgifter.",
    )
