"""Event pattern text: the mapping after `when_event` becomes one of the four forms, or every problem in it."""

import re
from collections.abc import Mapping as Map
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches

from engine.language.arguments import duration, whole_number
from engine.language.event_pattern import (
    CHANGED,
    PREFIX,
    EventKind,
    EventPattern,
    Expected,
    FieldChange,
    Following,
    Repeated,
    Unfollowed,
    said,
)
from engine.language.kinds import KIND_OF, Kind, Literal, OperandKind
from engine.language.operands import Reader
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.model.entity import Field, FieldType
from engine.vocabulary.duration import Duration
from engine.vocabulary.problem import nearest_or_all

EVENT = "event"
# Each with what it says, for the reference.
KEYS: Map[str, str] = {
    EVENT: "the type of an event without `crm.`, or `<field>.changed`",
    "where": "fields of the event's data with a value or one of several",
    "times": "how often it must happen within the time",
    "after": "another event, which it must come after within the time",
    "not_followed_by": "another event, which must not come within the time",
    "within": "a duration: the time; goes with `times`, `after` and `not_followed_by`",
    "from": "with `<field>.changed`: the value before",
    "to": "with `<field>.changed`: the value after",
}
FURTHER = tuple(key for key in KEYS if key != EVENT)
FORMS = ("times", "after", "not_followed_by")
CHANGE_KEYS = ("from", "to")
FEWEST_TIMES, MOST_TIMES = 2, 1_000
LONGEST_NAME = 100
# The types that a CRM is known to send. Others are taken, too: a near miss of one of these gets a warning.
KNOWN = (
    *("contact.created", "contact.changed", "contact.merged", "contact.deleted", "activity.logged", "sale.logged"),
    *("consent.given", "consent.withdrawn", "request.received", "request.answered", "mailing.sent", "mailing.bounced"),
)
LIKE = 0.85  # how alike a name must be to a known one to be taken for a slip
_NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d{1,6})?")
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
_COMPARED = frozenset({Kind.TEXT, Kind.NUMBER, Kind.FLAG, Kind.DATE})


def read_event_pattern(scope: Scope, node: Node) -> EventPattern | None:
    """Return the pattern of a node; None, with problems noted, where it is none of the four forms."""
    block = scope.keyed(node, "`when_event`", (EVENT,), FURTHER, "add `event: request.received`")
    if block is None:
        return None
    name = block[EVENT]
    event = _kind(scope, name)
    forms = [key for key, _ in block.entries if key.text in FORMS]
    if len(forms) > 1:
        message = f"`{forms[0].text}` and `{forms[1].text}` in one event pattern"
        scope.report("R130", forms[1].place, message, "keep one of them; make two rules to wait for both")
        return None
    if event is None:
        return None
    return _related(scope, block, event, forms[0].text) if forms else _change(scope, block, event, name)


def _related(scope: Scope, block: Mapping, event: EventKind, form: str) -> EventPattern | None:
    """Return a pattern of events that a time joins."""
    for key, _ in block.entries:
        if key.text in CHANGE_KEYS:
            message = f"`{key.text}` does not go with `{form}`"
            scope.report("R130", key.place, message, "`from` and `to` go with `event: <field>.changed` alone")
    where, within, operand = _where(scope, block), _within(scope, block), block.get(form)
    if where is None or within is None or operand is None:
        return None
    event = EventKind(event.name, event.field, where)
    if form == "times":
        times: int | None = whole_number(FEWEST_TIMES, MOST_TIMES)(scope, operand)
        return Repeated(event, times, within) if times is not None else None
    other = _kind(scope, operand)
    if other is None:
        return None
    return Following(event, other, within) if form == "after" else Unfollowed(event, other, within)


def _change(scope: Scope, block: Mapping, event: EventKind, name: Node) -> EventPattern | None:
    """Return a pattern of a field's change, with the values before and after."""
    if event.field is None:
        hint = "add `times` or `after` or `not_followed_by`, each with `within`; or wait for `<field>.changed`"
        scope.report("R130", name.place, f"`{event.name}` alone is no event pattern", hint)
        return None
    for key, _ in block.entries:
        if key.text in {"where", "within"}:
            hint = "a change of a field takes `from` and `to`"
            scope.report("R130", key.place, f"`{key.text}` does not go with `{event.name}` alone", hint)
    field = scope.entity.fields[event.field]
    expected = [_value(scope, field, key, node) for key in CHANGE_KEYS if (node := block.get(key)) is not None]
    found = tuple(one for one in expected if one is not None)
    return FieldChange(EventKind(event.name, event.field, found)) if len(found) == len(expected) else None


def _kind(scope: Scope, node: Node) -> EventKind | None:
    """Return the kind of event that a name stands for."""
    word = scope.text(node, "the name of an event")
    if word is None:
        return None
    if not _NAME.fullmatch(word.text) or len(word.text) > LONGEST_NAME:
        hint = "a name is the type that the CRM sends, without `crm.`: `request.received`"
        scope.report("R110", word.place, f"`{word.text[:LONGEST_NAME]}` is no name of an event", hint)
        return None
    if word.text.startswith(PREFIX):
        hint = f"write `{word.text.removeprefix(PREFIX)}`"
        scope.report("R110", word.place, f"`{word.text}`: patterns name events without `{PREFIX}`", hint)
        return None
    subject, _, verb = word.text.rpartition(".")
    if verb == CHANGED and subject != "contact":
        return _field_kind(scope, word, subject)
    if scope.entity.name != "contact":
        message = f"`{word.text}`: events are about contacts, and this rule is about a {scope.entity.name}"
        scope.report("R130", word.place, message, "here patterns can wait for `<field>.changed`")
        return None
    if word.text not in KNOWN and (near := get_close_matches(word.text, KNOWN, n=1, cutoff=LIKE)):
        scope.warn("R131", word.place, f"no event of the name `{word.text}` is known", f"did you mean `{near[0]}`?")
    return EventKind(word.text)


def _field_kind(scope: Scope, word: Scalar, field: str) -> EventKind | None:
    if field not in scope.entity.fields:
        hint = nearest_or_all(field, scope.entity.fields)
        scope.report("R103", word.place, f"unknown field `{field}` of {scope.entity.name}", hint)
        return None
    return EventKind(word.text, field)


def _where(scope: Scope, block: Mapping) -> tuple[Expected, ...] | None:
    """Return what an event's data is to say; None where that cannot be read."""
    node = block.get("where")
    if node is None:
        return ()
    where = scope.mapping(node, "`where`")
    if where is None or not where.entries:
        if where is not None:
            scope.report("R004", where.place, "`where` without a field", "write `where: {type: erasure}`, or remove it")
        return None
    read = [(key.text, _texts(scope, value)) for key, value in where.entries]
    return tuple(Expected(name, values) for name, values in read) if all(values for _, values in read) else None


def _texts(scope: Scope, node: Node) -> frozenset[str]:
    """Return a value or a list of values as texts to compare by; none, with a problem noted, where it is neither."""
    items = node.items if isinstance(node, Sequence) else (node,)
    strange = next((one for one in items if not isinstance(one, Scalar) or one.is_null), None)
    if strange is not None or not items:
        scope.report("R106", (strange or node).place, "a value or a list of values was expected here")
        return frozenset()
    read = Reader(scope, Kind.TEXT, exact=False)
    found = [read.read(one, OperandKind.VALUE) for one in items]
    literals = [one for one in found if isinstance(one, Literal)]
    texts = frozenset(text for one in literals for text in _spellings(str(one.value)))
    return texts if len(literals) == len(items) else frozenset()


def _spellings(text: str) -> set[str]:
    """Return a text as it compares with texts and, where it is a number, with numbers."""
    number = said(Decimal(text)) if _NUMBER.fullmatch(text) else None
    return {text.casefold(), number or text.casefold()}


def _value(scope: Scope, field: Field, key: str, node: Node) -> Expected | None:
    """Return what a field is to change from, or to, read as the field's type."""
    kind = KIND_OF[field.type]
    if isinstance(node, Scalar) and node.is_null:
        scope.report("R106", node.place, f"`{key}` what?", f"write a value; without `{key}` any is taken")
        return None
    if kind not in _COMPARED or field.type is FieldType.DATETIME:
        message = f"`{key}` compares texts, numbers, flags and days, and `{field.name}` is a {field.type.value}"
        scope.report("R105", node.place, message, "wait for any change of it, and ask for its value in `if`")
        return None
    found = Reader(scope, kind, exact=False).read(node, OperandKind.VALUE)
    if not isinstance(found, Literal) or isinstance(found.value, datetime):
        if found is not None:
            scope.report("R106", node.place, f"a {field.type.value} was expected here")
        return None
    value = found.value
    text = said(value) if isinstance(value, str | bool | Decimal) else value.isoformat()
    return Expected(key, frozenset({text or ""}))


def _within(scope: Scope, block: Mapping) -> Duration | None:
    node = block.get("within")
    if node is None:
        scope.report("R102", block.place, "this event pattern needs `within`", "add `within: 30 days`")
        return None
    found: Duration | None = duration(scope, node)
    if found is not None and found.is_zero:
        scope.report("R113", node.place, "a duration of nothing", "write how long, such as `30 days`")
        return None
    return found
