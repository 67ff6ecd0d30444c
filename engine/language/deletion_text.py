"""What a deletion needs: an owner, a legal basis, a grace period and a limit, or the file does not load."""

import re
from decimal import Decimal

from engine.language.rule import Limit
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar

MOST_PERCENT = 100


def read_limit(scope: Scope, node: Node | None) -> Limit | None:
    """Return the limit of `stop_if_more_than`."""
    if node is None:
        return None
    block = scope.mapping(node, "`stop_if_more_than`")
    if block is None:
        return None
    scope.only(block, ("contacts", "percent"), "`stop_if_more_than`")
    contacts, percent = _number(scope, block.get("contacts")), _number(scope, block.get("percent"))
    if contacts is None or contacts != int(contacts):
        scope.report("R118", block.place, "a limit needs `contacts`, a whole number", "add `contacts: 25`")
        return None
    if percent is not None and percent > MOST_PERCENT:
        scope.report("R106", block.place, "a percentage is 100 at most")
    return Limit(int(contacts), percent)


def check_deletion(scope: Scope, block: Mapping, owner: str, legal_basis: str, limit: Limit | None) -> None:
    """Note what a rule that deletes lacks."""
    if not scope.deletes:
        return
    place = (block.key("rule") or block).place
    for key, is_there, remedy in (
        ("owner", bool(owner), "name the person or role that answers for it: `owner: dpo`"),
        ("legal_basis", bool(legal_basis), "say why it is lawful: `legal_basis: GDPR Art. 17(1)(b)`"),
        ("stop_if_more_than", limit is not None, "limit it: `stop_if_more_than: {contacts: 25, percent: 2}`"),
    ):
        if not is_there:
            scope.report("R118", place, f"a rule that deletes needs `{key}`", remedy)


def _number(scope: Scope, node: Node | None) -> Decimal | None:
    if node is None:
        return None
    if isinstance(node, Scalar) and re.fullmatch(r"\d{1,9}(\.\d{1,4})?", node.text):
        return Decimal(node.text)
    scope.report("R106", node.place, "a number was expected")
    return None
