"""Templates: message texts with `{{ … }}`, where only known names and listed filters can stand.

Jinja2 parses, so that the syntax is the usual one; rendering walks the few node kinds that are allowed and calls
nothing of Jinja's, so that a template can neither reach an attribute nor grow without bound.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, TemplateSyntaxError, nodes

from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.wording import Wording

LONGEST_TEMPLATE = 20_000
LONGEST_VALUE = 1_000
LONGEST_OUTPUT = 60_000
_ENVIRONMENT = Environment(autoescape=False)  # noqa: S701 - only parses; nothing is rendered by it


class TemplateError(ValueError):
    """A template that cannot be used; its text says why and names what is known."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What filters may know: zone and language."""

    zone: ZoneInfo
    language: str


Filter = Callable[[Any, Setting, tuple[str, ...]], Any]
Naming = Callable[[tuple[str, ...], str], str]  # given a path of names, and what stands there where nothing is known


def _date(value: object, setting: Setting, _arguments: tuple[str, ...]) -> object:
    if isinstance(value, datetime):
        return value.astimezone(setting.zone).date().isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _time(value: object, setting: Setting, _arguments: tuple[str, ...]) -> object:
    return value.astimezone(setting.zone).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value


FILTERS: Mapping[str, Filter] = {
    "date": _date,
    "time": _time,
    "default": lambda value, _, arguments: value if value not in (None, "") else "".join(arguments),
    "upper": lambda value, setting, _: shown(value, setting).upper(),
    "lower": lambda value, setting, _: shown(value, setting).lower(),
    "capitalize": lambda value, setting, _: shown(value, setting).capitalize(),
}


@dataclass(frozen=True, slots=True)
class Template:
    """A checked message text, per language."""

    wording: Wording

    def render(self, values: Mapping[str, Any], setting: Setting) -> str:
        """Return the text with values filled in; a missing value leaves nothing."""
        text = self.wording.in_language(setting.language)
        parts: list[str] = []
        for node in _outputs(text):
            if isinstance(node, nodes.TemplateData):
                parts.append(node.data)
            else:
                parts.append(shown(_value(node, values, setting), setting)[:LONGEST_VALUE])
        return "".join(parts)[:LONGEST_OUTPUT]

    def is_plain(self, language: str) -> bool:
        """True where nothing is filled in: the text is the same for everybody."""
        return all(isinstance(one, nodes.TemplateData) for one in _outputs(self.wording.in_language(language)))

    def outlined(self, named: Naming, language: str) -> str:
        """Return the text for people who read it without a record, with each `{{ … }}` as `named` calls it."""
        parts = _outputs(self.wording.in_language(language))
        return "".join(one.data if isinstance(one, nodes.TemplateData) else _outline(one, named) for one in parts)


def check_template(text: str, names: Mapping[str, frozenset[str]]) -> None:
    """Raise TemplateError where a text uses anything but the given names, their fields, and the listed filters."""
    if len(text) > LONGEST_TEMPLATE:
        raise TemplateError(f"a text may have {LONGEST_TEMPLATE:,} characters at most")
    try:
        for node in _outputs(text):
            if not isinstance(node, nodes.TemplateData):
                _check(node, names)
    except TemplateSyntaxError as error:
        raise TemplateError(f"not a template: {error.message}") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, TemplateError):
            raise
        raise TemplateError("what stands in `{{ … }}` is too long or too deep") from None


def shown(value: object, setting: Setting) -> str:
    """Return a value as people read it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(setting.zone).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case tuple():
            return ", ".join(shown(one, setting) for one in value)
    return str(value)


@lru_cache(maxsize=1_024)
def _outputs(text: str) -> tuple[nodes.Expr, ...]:
    return tuple(_walk(_ENVIRONMENT.parse(text)))


def _walk(template: nodes.Template) -> Iterator[nodes.Expr]:
    for node in template.body:
        if not isinstance(node, nodes.Output):
            raise TemplateError("only text and `{{ … }}` can stand in a message; no `{% … %}`")
        yield from node.nodes


def _check(node: nodes.Node, names: Mapping[str, frozenset[str]]) -> None:
    match node:
        case nodes.Filter(name=name, node=inner) if inner is not None:
            if name not in FILTERS:
                raise TemplateError(f"unknown filter `{name}`; {nearest_or_all(name, FILTERS)}")
            if not all(isinstance(one, nodes.Const) for one in node.args) or node.kwargs:
                raise TemplateError(f"the filter `{name}` takes texts only")
            _check(inner, names)
        case nodes.Name() | nodes.Getattr():
            _check_path(_path(node), names)
        case nodes.Const():
            return
        case _:
            raise TemplateError("only names, their fields and filters can stand in `{{ … }}`")


def _check_path(path: tuple[str, ...], names: Mapping[str, frozenset[str]]) -> None:
    dotted = ".".join(path[:-1])
    if path[0] in names and len(path) == 1:
        raise TemplateError(f"`{path[0]}` has fields; write for example `{path[0]}.{min(names[path[0]])}`")
    if dotted not in names:
        raise TemplateError(f"unknown name `{'.'.join(path)}`; {nearest_or_all(dotted or path[0], names)}")
    if path[-1] not in names[dotted]:
        raise TemplateError(f"unknown field `{'.'.join(path)}`; {nearest_or_all(path[-1], names[dotted])}")


def _path(node: nodes.Node) -> tuple[str, ...]:
    if isinstance(node, nodes.Getattr):
        return (*_path(node.node), node.attr)
    if isinstance(node, nodes.Name):
        return (node.name,)
    raise TemplateError("only names, their fields and filters can stand in `{{ … }}`")


def _value(node: nodes.Node, values: Mapping[str, Any], setting: Setting) -> Any:
    if isinstance(node, nodes.Filter) and node.node is not None:
        arguments = tuple(str(one.value) for one in node.args if isinstance(one, nodes.Const))
        return FILTERS[node.name](_value(node.node, values, setting), setting, arguments)
    if isinstance(node, nodes.Const):
        return node.value
    found: Any = values
    for step in _path(node):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _outline(node: nodes.Node, named: Naming) -> str:
    otherwise = ""
    while isinstance(node, nodes.Filter) and node.node is not None:
        if node.name == "default":
            otherwise = "".join(str(one.value) for one in node.args if isinstance(one, nodes.Const))
        node = node.node
    return str(node.value) if isinstance(node, nodes.Const) else named(_path(node), otherwise)
