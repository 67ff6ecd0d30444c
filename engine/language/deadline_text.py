"""`deadline`: a legal term within which something must be done about a case."""

from collections.abc import Callable

from engine.language.kinds import Kind, OperandKind
from engine.language.operands import Reader
from engine.language.rule import Call, Deadline
from engine.language.scope import Scope
from engine.language.source import Node
from engine.language.subjects.dates import read_date
from engine.vocabulary.duration import Duration

NEEDED = ("within", "of")
FURTHER = ("remind_before", "if_late")


def read_deadline(scope: Scope, node: Node | None, read_calls: Callable[[Node], tuple[Call, ...]]) -> Deadline | None:
    """Return the deadline of a rule, with a problem noted for all that cannot be read."""
    hint = "write `deadline: {within: 1 month, of: created_on}`"
    block = scope.keyed(node, "`deadline`", NEEDED, FURTHER, hint) if node is not None else None
    if block is None:
        return None
    length, before = _duration(scope, block["within"]), _duration(scope, block.get("remind_before"))
    begins = read_date(scope, block["of"])
    late = block.get("if_late")
    calls = read_calls(late) if late is not None else ()
    if length is None or begins is None:
        return None
    return Deadline(length, begins, before, calls)


def _duration(scope: Scope, node: Node | None) -> Duration | None:
    if node is None:
        return None
    found = Reader(scope, Kind.DATE, exact=False).read(node, OperandKind.DURATION)
    return found if isinstance(found, Duration) else None
