"""Parts: what a value is made of, for all who walk through criteria, rules or facts."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from engine.vocabulary.problem import Place

_NAMES: dict[type, tuple[str, ...]] = {}  # of every type that was ever asked for


def names_of(kind: type) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass; none for another type."""
    if kind not in _NAMES:
        _NAMES[kind] = tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()
    return _NAMES[kind]


def parts(value: object) -> tuple[object, ...]:
    """Return the members of a tuple or list, the values of a mapping or of the fields of a dataclass, or nothing.

    The place at which something is written is no part of it.
    """
    if isinstance(value, tuple | list):
        return tuple(value)
    if isinstance(value, Mapping):
        return tuple(value.values())
    if isinstance(value, Place):
        return ()
    return tuple(getattr(value, name) for name in names_of(type(value)))


def walk(value: object) -> Iterator[object]:
    """Give a value and, in order, everything that it is made of."""
    yield value
    for part in parts(value):
        yield from walk(part)
