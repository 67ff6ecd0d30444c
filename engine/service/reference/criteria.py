"""The reference of criteria: groups, subjects, the tests of each kind of value, and durations."""

from collections.abc import Iterator

from engine.language.criteria_text import CRITERION_KEYS, GROUPS
from engine.language.kinds import BASES, CONSENT_STATES, Kind
from engine.language.operators.catalogue import BY_KIND
from engine.language.operators.operator import Operator
from engine.language.subjects.catalogue import SUBJECTS
from engine.language.subjects.kind_of_subject import FURTHER_KEYS, SubjectKind
from engine.service.reference.markdown import code, codes, table, words_table
from engine.vocabulary.duration import UNITS

# What a rule compares with, where that is more than the kind's name says.
_VALUES = {
    Kind.DATE: "A day (`2026-03-01`: all of it, in the configured zone) or an instant (`2026-03-01T08:00:00+01:00`).",
    Kind.TEXT: "Capitals do not count, unless the criterion says `case: exact`.",
    Kind.LIST: "Capitals do not count, unless the criterion says `case: exact`.",
    Kind.NUMBER: "Numbers are exact: `0.1`, `1200.50`.",
    Kind.CONSENT: f"A value is one of {codes(CONSENT_STATES)}.",
    Kind.BASIS: f"One of {codes((*BASES, 'none'))}. `is` means that the set has it, `is: none` that it is empty.",
}


def groups() -> Iterator[str]:
    """Give the section on groups, and on the keys that every criterion can have."""
    yield "`if` is one criterion, a list of criteria (all must hold), or groups (each must hold):"
    yield ""
    yield from words_table(("group", "it holds when"), GROUPS)
    yield ""
    yield "Groups stand in groups. Beside those of `if` itself can stand `for_at_least: 14 days`: true for so long"
    yield "without a break."
    yield ""
    yield "A criterion is a mapping: one subject, its further keys, and tests, which must all hold. It can also have:"
    yield ""
    yield from words_table(("key", "says"), CRITERION_KEYS)


def subjects() -> Iterator[str]:
    """Give the section on subjects."""
    yield from table(("subject", "names", "kind", "further keys", "value"), map(_subject, SUBJECTS.values()))
    yield ""
    yield from words_table(("further key", "says"), FURTHER_KEYS)
    yield ""
    yield "A criterion has one of `in_last`, `in_next` and `since` at most."


def _subject(one: SubjectKind) -> tuple[str, ...]:
    kind = "that of the field" if one.kind is None else one.kind.value
    return code(one.key), one.named.value, kind, codes(one.further), one.about


def tests() -> Iterator[str]:
    """Give the section on tests, a table for each kind of value."""
    yield "A value is written out, or is that of another field of the record: `{field: last_activity_on}`."
    for kind, known in BY_KIND.items():
        if not known:
            continue
        yield ""
        yield f"### {kind.value.capitalize()}"
        yield ""
        if kind in _VALUES:
            yield _VALUES[kind]
            yield ""
        yield from table(("test", "takes", "means: the value …"), map(_test, known.values()))


def _test(one: Operator) -> tuple[str, ...]:
    words = one.said("en", "…", record="it")
    return code(one.name), one.operand.value, words


def durations() -> Iterator[str]:
    """Give the section on durations."""
    yield "A number and a unit, joined where need be: `90 days`, `1 year 6 months`, `5 working days`."
    yield ""
    yield from words_table(("unit", "counted as"), UNITS)
