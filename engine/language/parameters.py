"""Parameters: `$name` stands for a whole value; `for_each` makes one rule of a text for each row of a table."""

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass

from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.vocabulary.problem import Place, nearest_or_all

PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_ROWS = 200
LONGEST_VARIANT = 60

Report = Callable[[str, Place, str, str], None]


@dataclass(frozen=True, slots=True)
class RuleText:
    """The text of one rule; `variant` stands in brackets behind its id where it comes from a row of a table."""

    node: Node
    variant: str = ""

    @property
    def id(self) -> str:
        """The id as far as it can be told before the rule is read; empty where none is written."""
        name = self.node.get("rule") if isinstance(self.node, Mapping) else None
        written = name.text if isinstance(name, Scalar) else ""
        return f"{written}[{self.variant}]" if written and self.variant else written


def expanded(node: Node, report: Report) -> Iterator[RuleText]:
    """Give the rules of a text: one, or one for each row of its `for_each`."""
    table = node.get("for_each") if isinstance(node, Mapping) else None
    if table is None or not isinstance(node, Mapping):
        yield RuleText(node)
        return
    rest = Mapping(tuple(entry for entry in node.entries if entry[0].text != "for_each"), node.place)
    if not isinstance(table, Sequence) or not 0 < len(table.items) <= MOST_ROWS:
        report("R004", table.place, f"`for_each` is a list of 1 to {MOST_ROWS} rows", "begin each with `- `")
        return
    needs = node.get("needs")
    asked = [key for key, _ in needs.entries] if isinstance(needs, Mapping) else []
    left: dict[str, Node] = {key.text: Scalar(f"${key.text}", key.place) for key in asked}
    seen: dict[str, Place] = {}
    names: tuple[str, ...] | None = None
    for row in table.items:
        if not isinstance(row, Mapping) or not row.entries:
            report(
                "R004", row.place, "a row is a mapping of parameters", "write `- {category: Lead, keep_for: 24 months}`"
            )
            continue
        names = names or tuple(key.text for key, _ in row.entries)
        values = _row(row, names, report)
        variant = _variant(row, seen, report)
        if values is not None and variant:
            _report_unused(rest, row, report)
            yield RuleText(filled(rest, left | values, report), variant)


def filled(node: Node, values: Map[str, Node], report: Report) -> Node:
    """Return a node in which every plain `$name` is replaced by its value; unknown names are reported."""
    match node:
        case Sequence(items=items, place=place):
            return Sequence(tuple(filled(item, values, report) for item in items), place)
        case Mapping(entries=entries, place=place):
            return Mapping(tuple((key, filled(value, values, report)) for key, value in entries), place)
    name = parameter_of(node)
    if name is None:
        return node
    if name not in values:
        hint = nearest_or_all(name, values) if values else "parameters come from `for_each` or `needs`"
        report("R123", node.place, f"unknown parameter `${name}`", f"{hint}; to mean the text, put it in quotes")
        return Scalar(f"${name}", node.place, plain=False)  # so that it is told once
    return values[name]


def parameter_of(node: Node) -> str | None:
    """Return the name of the parameter that a node is, if it is one."""
    if isinstance(node, Scalar) and node.plain and node.text.startswith("$"):
        name = node.text[1:]
        return name if PARAMETER_NAME.fullmatch(name) else None
    return None


def used(node: Node) -> Iterator[str]:
    """Give the name of every parameter in a node."""
    match node:
        case Sequence(items=items):
            for item in items:
                yield from used(item)
        case Mapping(entries=entries):
            for _, value in entries:
                yield from used(value)
        case _:
            name = parameter_of(node)
            if name is not None:
                yield name


def _row(row: Mapping, names: tuple[str, ...], report: Report) -> dict[str, Node] | None:
    found = {key.text: value for key, value in row.entries}
    for key, _ in row.entries:
        if not PARAMETER_NAME.fullmatch(key.text):
            report(
                "R110", key.place, f"`{key.text[:80]}` is no name for a parameter", "write small letters, digits and _"
            )
        elif key.text not in names:
            report("R101", key.place, f"unknown parameter `{key.text}` in this row", nearest_or_all(key.text, names))
    missing = [name for name in names if name not in found]
    for name in missing:
        report("R102", row.place, f"this row lacks `{name}`, which the first one has", f"add `{name}: …`")
    return None if missing else found


def _variant(row: Mapping, seen: dict[str, Place], report: Report) -> str:
    """Return what tells this row's rule from the others: the value of its first parameter."""
    first = row.entries[0][1]
    text = first.text if isinstance(first, Scalar) else ""
    if not 0 < len(text) <= LONGEST_VARIANT or "[" in text or "]" in text:
        remedy = f"put a word of up to {LONGEST_VARIANT} letters without brackets first"
        report("R110", first.place, "the first parameter of a row names its rule", remedy)
        return ""
    if text in seen:
        report("R111", first.place, f"two rows begin with `{text}`", f"the other one: {seen[text]}")
        return ""
    seen[text] = first.place
    return text


def _report_unused(rule: Mapping, row: Mapping, report: Report) -> None:
    names = set(used(rule))
    for key, _ in row.entries[1:]:
        if key.text not in names:
            report(
                "R123",
                key.place,
                f"the parameter `{key.text}` is used nowhere",
                f"write `${key.text}` where it belongs",
            )
