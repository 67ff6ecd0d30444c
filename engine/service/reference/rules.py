"""The reference of rules: their keys, when they are looked at, and their actions with all arguments."""

from collections.abc import Iterator
from dataclasses import MISSING, Field
from typing import Any

from actions.catalogue import ACTIONS
from engine.language.arguments import Shape, keys_of, shape_of
from engine.language.check import KEYS as CHECK_KEYS
from engine.language.event_pattern_text import KEYS as EVENT_KEYS
from engine.language.needs import STAND_INS
from engine.language.rule import Call
from engine.language.rule_keys import RULE_KEYS
from engine.language.template import FILTERS
from engine.service.guards import GUARDS
from engine.service.reference.markdown import code, codes, table, words_table
from engine.vocabulary.effect import MEANING

_STATES = {"": "it waits"}


def keys() -> Iterator[str]:
    """Give the section on the keys of a rule."""
    yield from words_table(("key", "says"), RULE_KEYS)
    yield ""
    yield f"Types of inputs under `needs`: {codes(STAND_INS)}."


def check() -> Iterator[str]:
    """Give the section on when rules are looked at."""
    yield from words_table(("key of `check`", "says"), CHECK_KEYS)
    yield ""
    yield "An event pattern has `event` and one of `times`, `after`, `not_followed_by`; a change of a field needs none."
    yield ""
    yield from words_table(("key of `when_event`", "says"), EVENT_KEYS)


def actions() -> Iterator[str]:
    """Give the section on actions, a table of arguments for each."""
    yield from table(("effect", "means"), ((effect.value, says) for effect, says in MEANING.items()))
    for action in ACTIONS.values():
        yield ""
        yield f"### {code(action.verb)}"
        yield ""
        yield _sentences(action)
        short = f" Short form: `{action.verb}: {action.shorthand}`." if action.shorthand else ""
        yield f"Effect: {action.effect.value}.{short}"
        yield ""
        rows = (_argument(key, spec) for key, spec in keys_of(action).items())
        yield from table(("argument", "takes", "default", "says"), rows)


def _sentences(action: type[Call]) -> str:
    return " ".join((action.__doc__ or "").split())


def _argument(key: str, spec: Field[Any]) -> tuple[str, ...]:
    return code(key), taken(shape_of(spec.metadata["read"])), _default(spec.default), spec.metadata["about"]


def _default(default: Any) -> str:
    match default:
        case _ if default is MISSING:
            return "required"
        case "" | () | None:
            return "none"
        case bool():
            return code(str(default).lower())
    return code(str(default))


def taken(shape: Shape) -> str:
    """Return in words what the JSON Schema of an argument lets stand there."""
    if "description" in shape:
        return str(shape["description"])
    if "const" in shape:
        return code(shape["const"])
    if "enum" in shape:
        return " or ".join(map(code, shape["enum"]))
    if shape["type"] == "array":
        return f"a list of {codes(shape['items'].get('enum', ())) or 'words'}"
    if shape["type"] == "integer":
        return f"a whole number from {shape['minimum']:,} to {shape['maximum']:,}"
    return "true or false" if shape["type"] == "boolean" else "a word or text"


def guards() -> Iterator[str]:
    """Give the section on what keeps a deletion from happening."""
    yield "Asked in this order, at the due day and again right before the order; the first that applies counts."
    yield ""
    rows = ((code(name), (applies.__doc__ or ""), _STATES.get(state, code(state))) for name, applies, state in GUARDS)
    yield from table(("reason", "applies when", "the deletion is then"), rows)


def texts() -> Iterator[str]:
    """Give the section on what messages can name."""
    everywhere, in_messages = ("case.opened_at", "rule.id", "rule.title"), ("deletion.due_at", "deadline.due_at")
    yield "Titles of tasks, alerts and messages can have `{{ … }}` with a field of the record (`contact.name`,"
    yield f"`company.country`), or {codes(everywhere)}; messages also {codes((*in_messages, 'needs.<input>'))}."
    yield ""
    yield f"Filters: {codes(FILTERS)}, as in `{{{{ contact.name | default('reader') }}}}`."
