"""Arguments of actions: how each key of an action is read. An action's dataclass fields are its YAML keys."""

import re
from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import MISSING, Field, field, fields, replace
from typing import Any

from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar
from engine.language.template import Template, TemplateError, check_template
from engine.vocabulary.duration import Duration, DurationError, read_duration
from engine.vocabulary.pace import Pace, PaceError, read_pace
from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.wording import ANY_LANGUAGE, Wording

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_SLUG = 80
MOST_PRIORITY = 1_000_000

ReadArgument = Callable[[Scope, Node], Any]
Shape = Map[str, Any]  # a JSON Schema

PARAMETER: Shape = {"type": "string", "pattern": r"^\$[a-z][a-z0-9_]*$"}
TEXT: Shape = {"type": ["string", "number", "boolean"]}
DURATION: Shape = {
    "type": "string",
    "pattern": r"^(\$[a-z][a-z0-9_]*|\d+ +(minute|hour|day|working +day|week|month|quarter|year)s?( +\d+ +[a-z ]+)*)$",
    "examples": ["90 days", "1 year 6 months", "5 working days"],
    "description": "a duration",
}
WORDING: Shape = {
    "anyOf": [TEXT, {"type": "object", "minProperties": 1, "additionalProperties": TEXT}],
    "description": "a text, or a text per language",
}
SLUG_SHAPE: Shape = {
    "type": "string",
    "pattern": r"^(\$[a-z][a-z0-9_]*|[a-z0-9]+(-[a-z0-9]+)*)$",
    "description": "a name in small letters, digits and hyphens",
}
_SHAPES: dict[ReadArgument, Shape] = {}


def shaped(shape: Shape) -> Callable[[ReadArgument], ReadArgument]:
    """Say of a reader what it takes, for editors."""

    def note(read: ReadArgument) -> ReadArgument:
        _SHAPES[read] = shape
        return read

    return note


def shape_of(read: ReadArgument) -> Shape:
    """Return what a reader takes, as JSON Schema; anything where it says nothing."""
    return _SHAPES.get(read, {})


def argument(read: ReadArgument, default: Any = MISSING, *, about: str) -> Any:
    """Declare a key of an action: how it is read, its default, and what it says; without a default it is required."""
    return field(default=default, metadata={"read": read, "about": about})


def keys_of(action: type) -> dict[str, Field[Any]]:
    """Return the fields of an action by their YAML keys; `for_` is written `for`, which Python keeps for itself."""
    return {one.name.rstrip("_"): one for one in fields(action)}


@shaped(SLUG_SHAPE)
def slug(scope: Scope, node: Node) -> str | None:
    """Read a name in kebab-case."""
    word = scope.text(node, "a name")
    if word is None:
        return None
    if not SLUG.fullmatch(word.text) or len(word.text) > LONGEST_SLUG:
        fixed = re.sub(r"[^a-z0-9]+", "-", word.text.lower()).strip("-")[:LONGEST_SLUG]
        hint = f"write `{fixed}`" if fixed else "write small letters, digits and hyphens"
        scope.report(
            "R110", word.place, f"`{word.text[:LONGEST_SLUG]}` is not a name in small letters, digits and hyphens", hint
        )
        return None
    return word.text


@shaped(TEXT)
def word(scope: Scope, node: Node) -> str | None:
    """Read a single word or text."""
    found = scope.text(node, "this")
    return found.text if found else None


@shaped({"type": "boolean"})
def yes_no(scope: Scope, node: Node) -> bool | None:
    """Read true or false."""
    if isinstance(node, Scalar) and node.plain and node.text in {"true", "false"}:
        return node.text == "true"
    scope.report("R106", node.place, "`true` or `false` was expected")
    return None


def whole_number(lowest: int, highest: int) -> ReadArgument:
    """Read a whole number within bounds."""

    @shaped({"type": "integer", "minimum": lowest, "maximum": highest})
    def read(scope: Scope, node: Node) -> int | None:
        if isinstance(node, Scalar) and re.fullmatch(r"-?\d{1,9}", node.text) and lowest <= int(node.text) <= highest:
            return int(node.text)
        scope.report("R106", node.place, f"a whole number from {lowest} to {highest} was expected")
        return None

    return read


def choice(*choices: str) -> ReadArgument:
    """Read one of several words."""

    @shaped({"enum": list(choices)})
    def read(scope: Scope, node: Node) -> str | None:
        found = scope.text(node, "this")
        if found is None or found.text in choices:
            return found.text if found else None
        scope.report("R106", found.place, f"`{found.text}` cannot be", nearest_or_all(found.text, choices))
        return None

    return read


def choices(*allowed: str) -> ReadArgument:
    """Read a list of some of several words."""
    one = choice(*allowed)

    @shaped({"type": "array", "items": {"enum": list(allowed)}})
    def read(scope: Scope, node: Node) -> tuple[str, ...] | None:
        items = scope.sequence(node, "this")
        if items is None:
            return None
        found = [one(scope, item) for item in items.items]
        return tuple(dict.fromkeys(text for text in found if text is not None))

    return read


@shaped({"type": "array", "items": TEXT})
def words(scope: Scope, node: Node) -> tuple[str, ...] | None:
    """Read a list of words or texts."""
    items = scope.sequence(node, "this")
    if items is None:
        return None
    return tuple(found.text for item in items.items if (found := scope.text(item, "this")) is not None)


@shaped(DURATION)
def duration(scope: Scope, node: Node) -> Duration | None:
    """Read a duration; `0 days` is one."""
    text = scope.text(node, "a duration")
    if text is None:
        return None
    try:
        return read_duration(text.text)
    except DurationError as error:
        scope.report("R113", text.place, f"`{text.text}`: {error}")
        return None


@shaped({"type": "string", "pattern": r"^\d+ per (minute|hour|day)$", "description": "a pace, such as `500 per hour`"})
def pace(scope: Scope, node: Node) -> Pace | None:
    """Read how many may go out within a stretch of time."""
    text = scope.text(node, "a pace")
    if text is None:
        return None
    try:
        return read_pace(text.text)
    except PaceError as error:
        scope.report("R106", text.place, f"`{text.text}`: {error}")
        return None


@shaped(SLUG_SHAPE)
def message_name(scope: Scope, node: Node) -> str | None:
    """Read the name of a text under `messages`."""
    found = scope.text(node, "the name of a message")
    if found is None or found.text in scope.messages:
        return found.text if found else None
    hint = nearest_or_all(found.text, scope.messages) if scope.messages else "write it under `messages`"
    scope.report("R116", found.place, f"no message is called `{found.text}`", hint)
    return None


@shaped(WORDING)
def wording(scope: Scope, node: Node) -> Wording | None:
    """Read a text, or a mapping of language to text."""
    if isinstance(node, Mapping):
        found = [(key, scope.text(value, f"the text in `{key.text}`")) for key, value in node.entries]
        for key, _ in node.entries:
            if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", key.text):
                scope.report("R106", key.place, f"`{key.text}` is no language", "write a code such as `en` or `sv`")
        if not found:
            scope.report("R004", node.place, "a text in no language", "write the text, or `{en: …, sv: …}`")
            return None
        _check_languages(scope, node)
        return Wording({key.text: text.text for key, text in found if text is not None})
    text = scope.text(node, "a text")
    return Wording({ANY_LANGUAGE: text.text}) if text else None


def _check_languages(scope: Scope, node: Mapping) -> None:
    """Warn of a text that is written per language, and not in one that is configured."""
    written = [key.text for key, _ in node.entries]
    lacking = [language for language in scope.languages if language not in written]
    if lacking:
        remedy = f"add `{lacking[0]}: …`; until then readers get the text in `{written[0]}`"
        scope.warn("W206", node.place, f"a text that is not there in {', '.join(map('`{}`'.format, lacking))}", remedy)


@shaped(WORDING)
def template(scope: Scope, node: Node) -> Template | None:
    """Read a text that is shown beside a record, per language or not, and check every name in it."""
    return _template(scope, node, names_in(scope))


@shaped(WORDING)
def message_text(scope: Scope, node: Node) -> Template | None:
    """Read a text that is sent, about a record of any entity.

    It can also name the deletion, the deadline and the inputs that it is about.
    """
    names: dict[str, frozenset[str]] = {"deletion": frozenset({"due_at"}), "deadline": frozenset({"due_at"})}
    for entity in scope.model.entities.values():
        for name, fields_ in names_in(replace(scope, entity=entity)).items():
            names[name] = names.get(name, frozenset()) | fields_
    return _template(scope, node, names | ({"needs": scope.inputs} if scope.inputs else {}))


def _template(scope: Scope, node: Node, names: dict[str, frozenset[str]]) -> Template | None:
    found = wording(scope, node)
    if found is None:
        return None
    for language, text in found.texts.items():
        try:
            check_template(text, names)
        except TemplateError as error:
            value = node.get(language) if isinstance(node, Mapping) else node
            scope.report("R116", (value or node).place, str(error))
            return None
    return Template(found)


def names_in(scope: Scope) -> dict[str, frozenset[str]]:
    """Return what every text can name: the record, what it refers to, the case and the rule."""
    entity = scope.entity
    names = {
        entity.name: frozenset({"id", *entity.fields}),
        "case": frozenset({"opened_at"}),
        "rule": frozenset({"id", "title"}),
    }
    for one in entity.fields.values():
        if one.references:
            fields = frozenset({"id", *scope.model.entity(one.references).fields})
            names[f"{entity.name}.{one.name}"] = fields
            names.setdefault(one.name, fields)
    return names
