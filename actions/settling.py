"""Settling: what a state action is handed to bring the service's own tables in line with a rule's cases."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from engine.language.rule import Rule

if TYPE_CHECKING:
    from engine.store.records import Table
    from engine.store.turn import Turn


@dataclass(frozen=True, slots=True)
class Settling:
    """One rule's turn in a run's transaction, the records it is about, and which of its calls this is."""

    turn: "Turn"
    records: "Table"
    rule: Rule
    call: int
    late: bool = False  # only for cases whose deadline is over


@runtime_checkable
class StateAction(Protocol):
    """An action of effect `state`: it settles in the transaction of the cases, so it happens exactly once."""

    def settle(self, settling: Settling) -> None:
        """Bring the service's tables in line with the open cases of a rule."""
        ...
