"""Strict YAML: text becomes a tree of nodes that know their place. The one door to PyYAML, used at its event level.

Events instead of `safe_load`, because that turns `NO` into false and `12:30` into 750, keeps duplicate keys and expands
alias bombs. Used for rule files and for the configuration.
"""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.vocabulary.problem import Place, Problem, Problems, Source

LARGEST_FILE = 1 << 20  # bytes
DEEPEST = 32
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Controls, line separators that editors do not show as such, and what turns the reading direction.
_UNSAFE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]|\r(?!\n)")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "false": False, "True": True, "False": False, "TRUE": True, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as written; `plain` when it stands without quotes, and so may be read as its context asks."""

    text: str
    place: Place
    plain: bool = True

    @property
    def is_null(self) -> bool:
        """True for a plain null or nothing at all."""
        return self.plain and self.text in _NULLS


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: tuple["Node", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with their values, in the order written; no key stands twice."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    place: Place

    def __getitem__(self, key: str) -> "Node":
        """Return the value of a key that is known to stand; KeyError where it does not."""
        node = self.get(key)
        if node is None:
            raise KeyError(key)
        return node

    def get(self, key: str) -> "Node | None":
        """Return the value of a key, or None where it does not stand."""
        for name, node in self.entries:  # a plain loop: every key of every rule is asked for
            if name.text == key:
                return node
        return None

    def key(self, key: str) -> Scalar | None:
        """Return the key itself, with its place."""
        return next((name for name, _ in self.entries if name.text == key), None)


Node = Scalar | Sequence | Mapping


def read_file(path: Path, name: str, within: Path | None = None) -> str:
    """Return a rule file's text; raises Problems with one problem where it is not plain, small UTF-8 text.

    With `within`, a link that leads out of that folder is refused.
    """
    source = Source(name)
    try:
        if within is not None and path != within and not path.resolve().is_relative_to(within.resolve()):
            raise _refused("R001", source, "a link that leads out of the rules folder", "put the file itself here")
        status = path.stat()
        if stat.S_ISDIR(status.st_mode) and not path.is_symlink():
            raise _refused("R001", source, "a folder that cannot be listed", "check that the service may read it")
        if not stat.S_ISREG(status.st_mode):
            raise _refused("R001", source, "not a regular file", "keep only rule files in the rules folder")
        if status.st_size > LARGEST_FILE:
            raise _refused(
                "R005", source, f"the file has {status.st_size:,} bytes; 1 MiB is the most", "split the file"
            )
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"byte {error.start} is not UTF-8"
        raise _refused("R001", source, place, "save the file as UTF-8") from None
    except RuntimeError:  # how Python below 3.13 tells of links that lead in a circle
        raise _refused("R001", source, "a link that leads in a circle", "put the file itself here") from None
    except OSError as error:
        raise _refused(
            "R001", source, error.strerror or "cannot be read", "check that the service may read it"
        ) from None


@dataclass(frozen=True, slots=True)
class Parsed:
    """The documents of a text, empty ones left out, and what is not strict YAML about it."""

    documents: tuple[Node, ...]
    problems: tuple[Problem, ...]


def parse(text: str, name: str) -> Parsed:
    """Return the documents of a text as far as it can be read, and every problem on the way."""
    source = Source(name, tuple(text.split("\n")))
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_FILE:
        return Parsed((), _refused("R005", source, "the text is over 1 MiB", "split the file").found)
    if found := _UNSAFE.search(text):
        line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
        message = f"a character that does not belong in rule text: U+{ord(found[0]):04X}"
        remedy = "delete it, or write it as an escape in quotes"
        return Parsed((), (Problem("R002", Place(source, line, column), message, remedy),))
    composer = _Composer(source, text)
    documents = tuple(composer.documents())
    return Parsed(documents, tuple(composer.problems))


def plain_value(node: Node) -> object:
    """Return a node as Python values by YAML 1.2's core meaning: only true and false are booleans, `02:30` is text."""
    match node:
        case Sequence(items=items):
            return [plain_value(one) for one in items]
        case Mapping(entries=entries):
            return {key.text: plain_value(value) for key, value in entries}
        case Scalar(plain=False, text=text):
            return text
    if node.is_null:
        return None
    if node.text in _BOOLS:
        return _BOOLS[node.text]
    if _INTEGER.fullmatch(node.text):
        return int(node.text) if len(node.text) < 20 else node.text  # noqa: PLR2004 - beyond 64 bits it is no number
    return float(node.text) if _NUMBER.fullmatch(node.text) else node.text


def _refused(code: str, source: Source, message: str, remedy: str) -> Problems:
    return Problems([Problem(code, Place(source, 1, 1), message, remedy)])


class _Stop(Exception):
    """Ends the reading of a text whose rest cannot be made sense of."""


class _Composer:
    """Builds nodes from parser events and collects what strict YAML leaves out."""

    def __init__(self, source: Source, text: str) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._events = yaml.parse(text, Loader=_LOADER)
        self._depth = 0

    def documents(self) -> Iterator[Node]:
        try:
            while not isinstance(event := self._next(), yaml.StreamEndEvent):
                if isinstance(event, yaml.DocumentStartEvent):
                    node = self._node(self._next())
                    if not (isinstance(node, Scalar) and node.is_null):
                        yield node
        except _Stop:
            return

    def _next(self) -> Any:
        try:
            return next(self._events)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(self._source, mark.line + 1, mark.column + 1) if mark else Place(self._source, 1, 1)
            message = error.problem or error.context or "not YAML"
            self._report("R002", place, f"not YAML: {message}", "check quotes, colons and indentation")
        except yaml.YAMLError:
            self._report("R002", Place(self._source, 1, 1), "not YAML", "save the file as UTF-8 text")
        raise _Stop

    def _report(self, code: str, place: Place, message: str, remedy: str) -> None:
        self.problems.append(Problem(code, place, message, remedy))

    def _place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        line = self._source.lines[start.line] if start.line < len(self._source.lines) else ""
        stop = end.column if end.line == start.line else len(line.rstrip())
        return Place(self._source, start.line + 1, start.column + 1, max(1, stop - start.column))

    def _node(self, event: Any) -> Node:
        place = self._place(event)
        if event.anchor is not None:
            self._report(
                "R002", place, "anchors and aliases are not part of rule text", "write it out, or use a named condition"
            )
        if isinstance(event, yaml.AliasEvent):
            return Scalar("", place)
        if event.tag is not None:
            self._report("R002", place, "tags are not part of rule text", "write the plain value")
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(event.value, place, plain=event.implicit[0])
        self._depth += 1
        if self._depth > DEEPEST:
            self._report("R005", place, f"nested deeper than {DEEPEST}", "use named conditions to take it apart")
            raise _Stop
        node = self._sequence(place) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(place)
        self._depth -= 1
        return node

    def _sequence(self, place: Place) -> Sequence:
        items = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event))
        return Sequence(tuple(items), place)

    def _mapping(self, place: Place) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key, value = self._node(event), self._node(self._next())
            if not isinstance(key, Scalar):
                self._report("R002", key.place, "a key is a single word", "write `key: value`")
            elif key.plain and key.text == "<<":
                self._report("R002", key.place, "merge keys are not part of rule text", "write the keys out")
            elif key.text in entries:
                first = entries[key.text][0].place.line
                self._report(
                    "R003", key.place, f"`{key.text}` stands twice", f"it stands in line {first}; join the two"
                )
            else:
                entries[key.text] = (key, value)
        return Mapping(tuple(entries.values()), place)
