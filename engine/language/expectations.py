"""What a rule test expects: a verdict in one word, or a mapping of what is looked at to what should be found there."""

from collections.abc import Mapping as Map
from dataclasses import dataclass

from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar
from engine.vocabulary.problem import nearest_or_all

VERDICT, CASE, DELETION, REASON, REFUSED = "verdict", "case", "deletion", "reason", "refused"
REVIEW = "review"
MESSAGES, WITHHELD, SELECTIONS, ALERTS = "messages", "withheld", "selections", "alerts"
TASKS, FIELDS, WEBHOOKS = "tasks", "fields", "webhooks"
NONE = "none"
# Why something in a step was not done: a return, an event's data, or a decision; or that the rule's own limit tripped.
INVALID, LIMIT = "INVALID", "LIMIT"
REFUSALS = ("ERASED", "IN_RECYCLE_BIN", INVALID, LIMIT, "ILLEGAL_MOVE", "NOT_THERE", "SET_CHANGED")
# The service's own words: for a warning that names no text, and for a deadline that is near.
DELETION_WARNING, REMINDER = "deletion-warning", "reminder"

VERDICTS = ("match", "no_match", "undecided")
WORDS: Map[str, tuple[str, ...]] = {
    VERDICT: VERDICTS,
    CASE: ("open", "waiting", "closed", "undecided", NONE),
    DELETION: (
        *("scheduled", "warned", "due", "approved", "ordered", "confirmed", "in_recycle_bin", "erased"),
        *("cancelled", "kept", "held", "refused", "restored", "failed", NONE),
    ),
    REASON: (),
    REFUSED: (*REFUSALS, NONE),
    REVIEW: ("open", "answered", "void", NONE),
}
LISTS = (MESSAGES, WITHHELD, TASKS, FIELDS, WEBHOOKS, SELECTIONS, ALERTS)

Found = str | tuple[str, ...]
Expected = Map[str, Found]


@dataclass(frozen=True, slots=True)
class Names:
    """What lists of an expectation can name; an empty set takes any word."""

    rules: frozenset[str]
    messages: frozenset[str]
    selections: frozenset[str]

    def known(self, key: str) -> frozenset[str]:
        """Return the names that can stand in the list of a key."""
        known = {
            ALERTS: self.rules,
            MESSAGES: self.messages | {DELETION_WARNING, REMINDER},
            SELECTIONS: self.selections,
        }
        return known.get(key, frozenset())


def read_expected(scope: Scope, node: Node, names: Names) -> Expected:
    """Return what is expected, with a problem noted for all that nothing could ever fulfil."""
    if not isinstance(node, Mapping):
        word = _word(scope, node, VERDICT)
        return {VERDICT: word} if word else {}
    scope.only(node, (*WORDS, *LISTS), "`expect`")
    if not node.entries:
        scope.report("R122", node.place, "a test that expects nothing", f"expect one of: {', '.join((*WORDS, *LISTS))}")
    expected: dict[str, Found] = {}
    for key, value in node.entries:
        if key.text in LISTS:
            expected[key.text] = _list(scope, value, key.text, names.known(key.text))
        elif key.text in WORDS and (word := _word(scope, value, key.text)):
            expected[key.text] = word
    return expected


def _word(scope: Scope, node: Node, key: str) -> str:
    found = scope.text(node, f"`{key}`")
    if found is None:
        return ""
    known = WORDS[key]
    if known and found.text not in known:
        scope.report("R106", found.place, f"`{found.text}` is no {key}", nearest_or_all(found.text, known))
    return found.text


def _list(scope: Scope, node: Node, key: str, known: frozenset[str]) -> tuple[str, ...]:
    items = scope.sequence(node, f"`{key}`")
    found = [word for item in items.items if (word := scope.text(item, f"a name in `{key}`"))] if items else []
    for word in found:
        if known and word.text not in known:
            _report_name(scope, word, key, known)
    return tuple(sorted(word.text for word in found))


def _report_name(scope: Scope, word: Scalar, key: str, known: frozenset[str]) -> None:
    code, what = {
        ALERTS: ("R122", "no rule is called `{}`"),
        MESSAGES: ("R116", "no message is called `{}`"),
        SELECTIONS: ("R112", "no rule keeps a selection `{}`"),
    }[key]
    scope.report(code, word.place, what.format(word.text), nearest_or_all(word.text, known))
