"""Settling: what a state action is handed to bring the service's own tables in line with a rule's cases."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from engine.vocabulary.calendar import Moment

if TYPE_CHECKING:
    from engine.store.records import Table
    from engine.store.turn import Turn


@dataclass(frozen=True, slots=True)
class Settling:
    """One call of a rule in its turn, the number of the call, the records that the rule is about, and the moment.

    With `late`, it is meant only for cases whose deadline is over.
    """

    turn: "Turn"
    records: "Table"
    call: Any
    number: int
    moment: Moment
    late: bool = False


@runtime_checkable
class StateAction(Protocol):
    """An action of effect `state`: it settles in the transaction of the cases, so it happens exactly once."""

    @classmethod
    def settle(cls, settlings: Sequence[Settling]) -> None:
        """Bring the service's tables in line with the open cases of rules, for all their calls of this action."""
        ...


def alike(settlings: Sequence[Settling], form: Callable[[Settling], Hashable]) -> list[list[Settling]]:
    """Return settlings by what their statements look like: a form, and whether just some records were looked at."""
    found: dict[Hashable, list[Settling]] = {}
    for one in settlings:
        found.setdefault((one.turn.is_partial, form(one)), []).append(one)
    return list(found.values())
