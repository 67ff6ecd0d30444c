"""Books of a run: what it planned, against what became of that, call by call; and whether the sums agree (R15)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.language.rule import CLOSING, LATE, Rule
from engine.service.effects import CONFIRMATION, REMINDER, WARNING
from engine.store import intents
from engine.store.ledger import DELETES, Came, Entry
from engine.store.run_pages import RunOfRule
from engine.vocabulary.effect import Effect

ACTED, WITHHELD, STOPPED, PARKED, WAITING = "acted", "withheld", "failed", "parked", "waiting"
COLUMNS = (ACTED, WITHHELD, STOPPED, PARKED, WAITING)
OF_MESSAGES = {
    intents.DONE: ACTED,
    intents.WITHHELD: WITHHELD,
    intents.FAILED: STOPPED,
    intents.PARKED: PARKED,
    intents.PENDING: WAITING,
}
OF_DELETIONS = {
    **dict.fromkeys(("confirmed", "in_recycle_bin", "erased", "restored"), ACTED),
    **dict.fromkeys(("cancelled", "refused", "kept", "held"), WITHHELD),
    "failed": STOPPED,
    **dict.fromkeys(("scheduled", "warned", "due", "approved", "ordered"), WAITING),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One call of a rule: what a run planned by it, what became of that, and what is kept no longer.

    `expected` is how many it should have planned, where that follows from who entered.
    """

    rule: str
    part: str
    call: int
    verb: str
    planned: int
    gone: int
    came: tuple[Came, ...] = ()
    expected: int | None = None

    def sum(self, column: str) -> int:
        """Return how many effects came to what a column stands for."""
        return sum(one.count for one in self.came if column_of(one) == column)

    @property
    def total(self) -> int:
        """The sum of all that became of them."""
        return sum(self.sum(column) for column in COLUMNS) + self.gone

    @property
    def balances(self) -> bool:
        """True where what was planned is what became of it, and no more or less than who entered."""
        return self.planned == self.total and self.expected in {None, self.planned}

    @property
    def told(self) -> list[tuple[str, str, int]]:
        """The states and reasons of what is neither done nor plainly waits, the most frequent first."""
        said = [(one.state, one.reason, one.count) for one in self.came if _is_told(one)]
        return sorted(said, key=lambda one: (-one[2], one[:2]))


@dataclass(frozen=True, slots=True)
class Books:
    """The lines of a run, or of one rule in it."""

    lines: tuple[Line, ...] = field(default=())

    def sum(self, column: str) -> int:
        """Return the sum of a column."""
        return sum(one.sum(column) for one in self.lines)

    @property
    def planned(self) -> int:
        """How much was planned."""
        return sum(one.planned for one in self.lines)

    @property
    def gone(self) -> int:
        """How much of it is kept no longer."""
        return sum(one.gone for one in self.lines)

    @property
    def balances(self) -> bool:
        """True where each line does."""
        return all(one.balances for one in self.lines)

    def of(self, rule: str) -> "Books":
        """Return the lines of one rule."""
        return Books(tuple(one for one in self.lines if one.rule == rule))


def column_of(one: Came) -> str:
    """Return the column in which an outcome is counted."""
    return OF_DELETIONS.get(one.state, WAITING) if one.part == DELETES else OF_MESSAGES.get(one.state, WAITING)


def books(entries: Sequence[Entry], outcomes: Iterable[Came], rules: Iterable[tuple[Rule, RunOfRule]]) -> Books:
    """Return the books of what was planned and became of it.

    `rules` are those that are the same now as in the run, each with what that found: they say what their calls are, and
    that each case which opened plans one effect of each, where that is so.
    """
    known = {rule.id: (rule, its) for rule, its in rules}
    of_calls = {(one.rule, one.part, one.call): one for one in entries}
    found: dict[tuple[str, str, int], list[Came]] = {key: [] for key in of_calls}
    for one in outcomes:
        found.setdefault((one.rule, one.part, one.call), []).append(one)
    for rule, its in known.values():
        for number, call in enumerate(rule.calls if its.entered and _expects(rule, its) else ()):
            if call.effect is Effect.REMOTE:
                found.setdefault((rule.id, "", number), [])
    in_order = sorted(found, key=lambda key: (key[0], key[2], key[1]))
    return Books(tuple(_line(key, of_calls.get(key), tuple(found[key]), known.get(key[0])) for key in in_order))


def _line(
    key: tuple[str, str, int], entry: Entry | None, came: tuple[Came, ...], known: tuple[Rule, RunOfRule] | None
) -> Line:
    name, part, number = key
    planned, gone = (entry.planned, entry.gone) if entry else (0, 0)
    expected = known[1].entered if known and not part and _expects(*known) else None
    return Line(name, part, number, _verb(known[0] if known else None, part, number), planned, gone, came, expected)


def _expects(rule: Rule, its: RunOfRule) -> bool:
    """True where each case that opened planned one effect of each call."""
    return its.stage == "live" and rule.repeat.kind == "case"


def _verb(rule: Rule | None, part: str, number: int) -> str:
    """Return a word for what a call does: its verb, or what stands for the part of a case that it is about."""
    if part in {DELETES, REMINDER, CONFIRMATION} or part.startswith(f"{WARNING}-"):
        return WARNING if part.startswith(WARNING) else part
    call = rule.call_of(part if part in {CLOSING, LATE} else "", number) if rule else None
    return call.verb if call else ""


def _is_told(one: Came) -> bool:
    return column_of(one) != ACTED and (one.part == DELETES or bool(one.reason))
