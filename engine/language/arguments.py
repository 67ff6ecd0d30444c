"""Arguments of actions: how each key of an action is read. An action's dataclass fields are its YAML keys."""

import re
from collections.abc import Callable
from dataclasses import MISSING, field
from typing import Any

from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar
from engine.language.template import Template, TemplateError, check_template
from engine.vocabulary.duration import Duration, DurationError, read_duration
from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.wording import ANY_LANGUAGE, Wording

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_SLUG = 80
MOST_PRIORITY = 1_000_000

ReadArgument = Callable[[Scope, Node], Any]


def argument(read: ReadArgument, default: Any = MISSING) -> Any:
    """Declare a key of an action: how it is read, and its default; without one the key is required."""
    return field(default=default, metadata={"read": read})


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


def word(scope: Scope, node: Node) -> str | None:
    """Read a single word or text."""
    found = scope.text(node, "this")
    return found.text if found else None


def yes_no(scope: Scope, node: Node) -> bool | None:
    """Read true or false."""
    if isinstance(node, Scalar) and node.plain and node.text in {"true", "false"}:
        return node.text == "true"
    scope.report("R106", node.place, "`true` or `false` was expected")
    return None


def whole_number(lowest: int, highest: int) -> ReadArgument:
    """Read a whole number within bounds."""

    def read(scope: Scope, node: Node) -> int | None:
        if isinstance(node, Scalar) and re.fullmatch(r"-?\d{1,9}", node.text) and lowest <= int(node.text) <= highest:
            return int(node.text)
        scope.report("R106", node.place, f"a whole number from {lowest} to {highest} was expected")
        return None

    return read


def choice(*choices: str) -> ReadArgument:
    """Read one of several words."""

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

    def read(scope: Scope, node: Node) -> tuple[str, ...] | None:
        items = scope.sequence(node, "this")
        if items is None:
            return None
        found = [one(scope, item) for item in items.items]
        return tuple(dict.fromkeys(text for text in found if text is not None))

    return read


def words(scope: Scope, node: Node) -> tuple[str, ...] | None:
    """Read a list of words or texts."""
    items = scope.sequence(node, "this")
    if items is None:
        return None
    return tuple(found.text for item in items.items if (found := scope.text(item, "this")) is not None)


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


def message_name(scope: Scope, node: Node) -> str | None:
    """Read the name of a text under `messages`."""
    found = scope.text(node, "the name of a message")
    if found is None or found.text in scope.messages:
        return found.text if found else None
    hint = nearest_or_all(found.text, scope.messages) if scope.messages else "write it under `messages`"
    scope.report("R116", found.place, f"no message is called `{found.text}`", hint)
    return None


def only(choice_: str, because: str) -> ReadArgument:
    """Read the one word that can stand here so far."""

    def read(scope: Scope, node: Node) -> str | None:
        found = scope.text(node, "this") if isinstance(node, Scalar) else None
        if found is not None and found.text == choice_:
            return choice_
        scope.report("R120", node.place, because, f"write `{choice_}`")
        return None

    return read


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


def template(scope: Scope, node: Node) -> Template | None:
    """Read a message text, per language or not, and check every name in it."""
    found = wording(scope, node)
    if found is None:
        return None
    names = names_in(scope)
    for language, text in found.texts.items():
        try:
            check_template(text, names)
        except TemplateError as error:
            value = node.get(language) if isinstance(node, Mapping) else node
            scope.report("R116", (value or node).place, str(error))
            return None
    return Template(found)


def names_in(scope: Scope) -> dict[str, frozenset[str]]:
    """Return what a message can name: the record, what it refers to, the case, the rule and the deletion."""
    entity = scope.entity
    names = {
        entity.name: frozenset({"id", *entity.fields}),
        "case": frozenset({"opened_at"}),
        "rule": frozenset({"id", "title"}),
        "deletion": frozenset({"due_at"}),
    }
    for one in entity.fields.values():
        if one.references:
            fields = frozenset({"id", *scope.model.entity(one.references).fields})
            names[f"{entity.name}.{one.name}"] = fields
            names.setdefault(one.name, fields)
    return names
