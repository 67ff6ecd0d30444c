"""Books for tests: what the store of a server that has ended holds, and whether it adds up, rule by rule (R15)."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

CASES = -1  # stands for the number of a call where the cases of a rule are too many or too few
STATES = frozenset({"done", "withheld", "failed", "parked", "pending"})
MATCHED = "SELECT rule, matched FROM run_rule JOIN (SELECT rule AS of, max(run) AS newest FROM run_rule GROUP BY rule) ON of = rule AND newest = run"
OPEN = "SELECT count(*) FROM cases JOIN rule ON rule.key = cases.rule WHERE rule.id = ? AND opened_at IS NOT NULL"
EFFECTS = 'SELECT call, "case", intent.state FROM intent JOIN rule ON rule.key = intent.rule WHERE rule.id = ?'


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that reads the store of a server in a folder."""
    with closing(sqlite3.connect(f"file:{folder / 'var' / 'ansgar.db'}?mode=ro", uri=True, timeout=30)) as connection:
        yield connection


def rows(folder: Path, statement: str, *bound: str) -> list[tuple[Any, ...]]:
    """Return what a statement finds in the store of a server in a folder."""
    with opened(folder) as connection:
        return list(connection.execute(statement, bound))


def inbox(folder: Path) -> Counter[str]:
    """Return how often each event that somebody sent is there, by its id."""
    return Counter(str(event) for (event,) in rows(folder, "SELECT event FROM inbox WHERE source <> ''"))


def unbalanced(folder: Path, calls: int) -> list[tuple[str, int, int]]:
    """Return what does not add up: rule, number of its call, and how many effects there are too many or too few.

    Of a rule with so many `calls` that go outside, what its newest run matched are its open cases; and of each case
    and call there is one effect, which was done, withheld, given up, parked, or waits.
    """
    wrong = []
    for rule, matched in rows(folder, MATCHED):
        effects = rows(folder, EFFECTS, rule)
        assert {state for _, _, state in effects} <= STATES
        assert len(effects) == len({(call, case) for call, case, _ in effects}), f"{rule}: twice in a case"
        counted = {CASES: rows(folder, OPEN, rule)[0][0]} | Counter(call for call, _, _ in effects)
        assert len(counted) == 1 + calls, f"{rule}: a call of which there are no effects"
        wrong += [(rule, call, count - matched) for call, count in counted.items() if count != matched]
    return wrong
