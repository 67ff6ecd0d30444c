"""Keys of the configuration: how each is read. The fields of a section's dataclass are its keys."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, NoReturn, TypeVar

from engine.vocabulary.problem import nearest_or_all

Section = TypeVar("Section")
Read = Callable[[object], Any]  # raises Unfit


class ConfigError(Exception):
    """A configuration that cannot be used; the text names each key and what would be right."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a key: the names that lead to it, and a sentence."""

    path: tuple[str, ...]
    sentence: str
    is_unknown: bool = False

    def __str__(self) -> str:
        """Return both in one line."""
        named = f"`{'.'.join(self.path)}`"
        return f"unknown key {named}; {self.sentence}" if self.is_unknown else f"{named}: {self.sentence}"


class Unfit(ValueError):
    """A value, or a section, that does not fit; carries every fault."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(map(str, faults)))


def refuse(sentence: str) -> NoReturn:
    """Raise Unfit about the value that is being read."""
    raise Unfit(Fault((), sentence)) from None


def key(read: Read, default: Any = MISSING, *, named: str = "") -> Any:
    """Declare a key of a section: how it is read, its default, and its name where that is no name in Python.

    Without a default it is required. A default that is a function makes the value.
    """
    metadata = {"read": read, "named": named}
    return (
        field(default_factory=default, metadata=metadata)
        if callable(default)
        else field(default=default, metadata=metadata)
    )


def keys_of(section: type) -> dict[str, Field[Any]]:
    """Return the fields of a section by the keys that are written."""
    return {one.metadata["named"] or one.name: one for one in fields(section)}


def read_section(section: type[Section], written: object) -> Section:
    """Return a section from the mapping that is written; raises Unfit with every fault in it and below."""
    keys = keys_of(section)
    entries = _entries(written)
    faults = [Fault((name,), nearest_or_all(name, keys), is_unknown=True) for name in entries if name not in keys]
    values = {}
    for name, one in keys.items():
        if name in entries:
            values[one.name] = _read(one.metadata["read"], name, entries[name], faults)
        elif one.default is MISSING and one.default_factory is MISSING:
            faults.append(Fault((name,), "this key is needed here"))
    if faults:
        raise Unfit(*faults)
    return section(**values)


def section_of(section: type) -> Read:
    """Return what reads a section."""
    return lambda written: read_section(section, written)


def by_name(read: Read) -> Read:
    """Return what reads a mapping of names to values of one kind."""

    def read_all(written: object) -> dict[str, Any]:
        faults: list[Fault] = []
        found = {name: _read(read, name, one, faults) for name, one in _entries(written).items()}
        if faults:
            raise Unfit(*faults)
        return found

    return read_all


def optional(read: Read) -> Read:
    """Return what reads null as None, and anything else as it is told to."""
    return lambda written: None if written is None else read(written)


def _entries(written: object) -> Mapping[str, object]:
    if not isinstance(written, Mapping):
        refuse("a mapping of keys was expected")
    return written


def _read(read: Read, name: str, written: object, faults: list[Fault]) -> Any:
    try:
        return read(written)
    except Unfit as error:
        faults += [Fault((name, *one.path), one.sentence, one.is_unknown) for one in error.faults]
        return None
