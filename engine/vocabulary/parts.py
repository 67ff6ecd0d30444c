"""Parts: what a value is made of, for all who walk through criteria, rules or facts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from engine.vocabulary.problem import Place

_NAMES: dict[type, tuple[str, ...]] = {}  # of every type that was ever asked for
_PARTS: dict[type, Callable[[Any], tuple[object, ...]]] = {}


def names_of(kind: type) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass; none for another type."""
    if kind not in _NAMES:
        _NAMES[kind] = tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()
    return _NAMES[kind]


def parts(value: object) -> tuple[object, ...]:
    """Return the members of a tuple or list, the values of a mapping or of the fields of a dataclass, or nothing.

    The place at which something is written is no part of it.
    """
    kind = type(value)
    take = _PARTS.get(kind) or _PARTS.setdefault(kind, _taking_apart(kind))
    return take(value)


def _taking_apart(kind: type) -> Callable[[Any], tuple[object, ...]]:
    """Return what takes values of a type apart: told once a type, since loading asks it of every node."""
    if issubclass(kind, tuple | list):
        return tuple
    if issubclass(kind, Mapping):
        return lambda mapping: tuple(mapping.values())
    names = () if issubclass(kind, Place) else names_of(kind)
    return lambda value: tuple([getattr(value, name) for name in names])


def walk(value: object) -> Iterator[object]:
    """Give a value and, in order, everything that it is made of."""
    yield value
    for part in parts(value):
        yield from walk(part)
