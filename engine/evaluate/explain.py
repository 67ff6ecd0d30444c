"""Explanations: why a rule matches a record or not, criterion by criterion, with what was found and what was asked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.language.algebra import Aggregate, Compare, Threshold
from engine.language.criteria import Criterion, Group, Record
from engine.language.operators.standing import BasisSet
from engine.language.rule import Rule, Rulebook
from engine.language.sentences import GROUPS
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import MICROSECOND
from engine.vocabulary.parts import walk
from engine.vocabulary.reading import Reading
from engine.vocabulary.truth import Truth
from engine.vocabulary.verdict import Trace, Verdict

MARKS = {"true": "✓", "false": "✗", "unknown": "?"}
TRACED_IN = "en"  # the language of traces, which name fields as rules do


def explained(rule: Rule, record: Record, moment: Moment) -> tuple[Verdict, Trace]:
    """Return the verdict of a rule for a record at a moment, and the trace that shows how it came about."""
    trace = trace_of(rule.criteria, record, moment)
    return Verdict.of(trace.truth), trace


def patiently(rule: Rule, facts: Facts, moment: Moment, tree: Trace) -> tuple[Verdict, Trace]:
    """Return the verdict and tree of a rule that opens no case before it was true for long enough (`for_at_least`)."""
    if rule.lasting is None or tree.truth is not Truth.TRUE or rule.id in facts.member_since:
        return Verdict.of(tree.truth), tree
    since = facts.true_since.get(rule.id)
    is_ripe = since is not None and rule.lasting.is_passed(since, moment)
    actual = f"true since {_value(since, moment)}" if since else "true for the first time"
    ripens = rule.lasting.after(since or moment.now, moment)
    words, bounds = f"for at least {rule.lasting}", f"until {_value(ripens, moment)}"
    whole = Trace(words, Truth.of(is_ripe), actual, bounds, str(rule.place), (tree,))
    return Verdict.of(whole.truth), whole


def with_sources(rulebook: Rulebook, rule: Rule, facts: Facts, moment: Moment) -> Facts:
    """Return the facts with the verdicts, at a moment, of the rules that a rule reads, directly or through others."""
    wanted, memberships = {rule.id}, dict(facts.memberships)
    for one in reversed(tuple(rulebook.rules.values())):
        wanted |= one.sources if one.id in wanted else set()
    for one in rulebook.rules.values():
        # Whom a rule has found by events is known by its cases alone.
        if one.id in wanted and one.id != rule.id and one.check.sole_pattern is None and one.lasting is None:
            memberships[one.id] = one.criteria.truth(replace(facts, memberships=memberships), moment)
    return replace(facts, memberships=memberships)


def trace_of(part: Criterion | Group, record: Record, moment: Moment) -> Trace:
    """Return the trace of criteria; its truth is their meaning."""
    truth = part.truth(record, moment)
    if isinstance(part, Group):
        words = GROUPS[part.kind].in_language(TRACED_IN).format(part.least) + (f" ({part.name})" if part.name else "")
        parts = tuple(trace_of(one, record, moment) for one in part.parts)
        return Trace(words, truth, place=str(part.place), parts=parts)
    reading = part.subject.reading(record, moment)
    bounds = "; ".join(dict.fromkeys(_bounds(part, moment)))
    return Trace(worded(part), truth, shown(reading, moment), bounds, str(part.place))


def worded(criterion: Criterion) -> str:
    """Return a criterion in words: what it asks about, and its tests."""
    said = (
        test.operator.said(TRACED_IN, test.written, record="the record", negated=test.operand is False)
        for test in criterion.tests
    )
    return f"{criterion.written} {' and '.join(said)}"


def as_text(trace: Trace, depth: int = 0) -> Iterator[str]:
    """Give the lines of a trace as a tree."""
    found = f"  [is {trace.actual}]" if trace.actual else ""
    asked = f"  [asked: {trace.bounds}]" if trace.bounds else ""
    ends = f"  [{trace.flip.truth.value} from {trace.flip}]" if trace.flip else ""
    yield f"{'  ' * depth}{MARKS[trace.truth.value]} {trace.words}{found}{asked}{ends}"
    for part in trace.parts:
        yield from as_text(part, depth + 1)


def shown(reading: Reading[Any], moment: Moment) -> str:
    """Return what was found as people read it."""
    if reading.low is None or reading.high is None:
        return "missing" if reading.low is None and reading.high is None else "not certain: an item lacks a field"
    if reading.low == reading.high:
        return _value(reading.low, moment)
    return f"between {_value(reading.low, moment)} and {_value(reading.high, moment)}: an item lacks a field"


def _value(value: object, moment: Moment) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(moment.zone).strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
        case Decimal():
            return f"{value.normalize():f}" if value.is_finite() else "unbounded"
        case tuple():
            return ", ".join(map(str, value)) or "empty"
        case BasisSet(valid=valid, unclear=unclear):
            doubt = f" (unclear: {', '.join(sorted(unclear))})" if unclear else ""
            return (", ".join(sorted(valid)) or "none") + doubt
    return str(value)


_SAID = {"<": "before", "<=": "until", ">": "after", ">=": "from"}
_OTHER_SIDE = {"before": "until", "from": "after"}
_UNSAID = frozenset({"now", "after_now", "anniversary"})


def _bounds(criterion: Criterion, moment: Moment) -> Iterator[str]:
    """Give the instants with which a criterion compares at a moment, in local time."""
    term = criterion.subject.term()
    for node in (*(test.form(term) for test in criterion.tests), term):
        for word, threshold in _thresholds(node):
            at = threshold.at(moment)
            if not isinstance(at, datetime) or threshold.kind in _UNSAID:
                continue
            length = threshold.duration
            if length is not None and not length.is_dated and threshold.kind in {"older", "ahead"}:
                # One microsecond beyond the instant that rules speak of: the same bound from its other side.
                word, at = _OTHER_SIDE.get(word, word), at - MICROSECOND  # noqa: PLW2901 - the same bound
            yield f"{word} {_value(at, moment)}"


def _thresholds(form: object) -> Iterator[tuple[str, Threshold]]:
    for node in walk(form):
        if isinstance(node, Compare) and isinstance(node.right, Threshold):
            yield _SAID.get(node.op, node.op), node.right
        if isinstance(node, Aggregate):
            edges = (("from", node.after), ("before", node.before))
            yield from ((word, edge) for word, edge in edges if isinstance(edge, Threshold))
