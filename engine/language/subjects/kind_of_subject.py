"""What a subject's entry says: its key, its further keys, and how it is read."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.language.criteria import Group, Subject
from engine.language.scope import Scope
from engine.language.source import Mapping, Scalar

# The scope, the subject's value, and the whole block for further keys; None with problems noted.
Read = Callable[[Scope, Scalar, Mapping], Subject | Group | None]


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """One subject that rules can write. `takes_block`: its value is a list or mapping, not a word."""

    key: str
    read: Read
    further: tuple[str, ...] = ()
    takes_list: bool = False
