"""Sentences of criteria: what a group, a criterion and a test say, beside their meaning and their form."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.language.criteria import Criterion, Group, Test
from engine.language.kinds import Kind, OperandKind
from engine.language.speech import Speech
from engine.language.statement import Phrase, Statement
from engine.vocabulary.truth import Truth
from engine.vocabulary.wording import Wording, bilingual

GROUPS: dict[str, Wording] = {
    "all": bilingual(en="all of these", sv="alla dessa"),
    "any": bilingual(en="at least one of these", sv="minst ett av dessa"),
    "none": bilingual(en="none of these", sv="inget av dessa"),
    "at_least_of": bilingual(en="at least {} of these", sv="minst {} av dessa"),
}
_SPOKEN = frozenset({Kind.CONSENT, Kind.BASIS})  # whose operands are words of the language, not of the CRM


def sentence(part: Criterion | Group, speech: Speech) -> Statement:
    """Return what a group or criterion says; what belongs to it stands below it."""
    if isinstance(part, Criterion):
        subject = part.subject.words(speech)
        return Statement(_whole(part, subject, speech), subject.details)
    parts = tuple(_joined(part))
    if len(parts) == 1 and part.kind != "none" and not part.name:
        return sentence(parts[0], speech)
    return Statement(f"{_heading(part, speech)}:", tuple(sentence(one, speech) for one in parts))


def _joined(group: Group) -> Iterator[Criterion | Group]:
    """Give the parts of a group; all that must hold together is one list, however it is written."""
    for part in group.parts:
        if isinstance(part, Group) and group.kind == part.kind == "all" and not part.name:
            yield from _joined(part)
        else:
            yield part


def _heading(group: Group, speech: Speech) -> str:
    """Return how many of its criteria a group asks for, and its name where it is a named condition."""
    counted = speech.wording(GROUPS[group.kind]).format(group.least)
    return f"{counted} ({speech.tongue.quoted(group.name)})" if group.name else counted


def inline(group: Group, speech: Speech) -> str | None:
    """Return plain criteria that must all hold as words within a sentence; None where they need lines of their own."""
    if group.kind != "all" or group.name:
        return None
    found: list[str] = []
    for part in group.parts:
        subject = part.subject.words(speech) if isinstance(part, Criterion) and part.if_missing is None else None
        if subject is None or subject.details or not isinstance(part, Criterion):
            return None
        found.append(_whole(part, subject, speech))
    return speech.tongue.both(found)


def _whole(criterion: Criterion, subject: Phrase, speech: Speech) -> str:
    tests = speech.tongue.both([_tested(test, criterion.subject.kind, speech) for test in criterion.tests])
    return f"{subject.text} {tests}{_unless_known(criterion.if_missing, speech)}"


def _tested(test: Test, kind: Kind, speech: Speech) -> str:
    values: tuple[Any, ...] = test.operand if isinstance(test.operand, tuple) else (test.operand,)
    named = replace(speech, in_clause=False)  # another field of the item is `its`, also behind `whose`
    words = [speech.word(one) if kind in _SPOKEN else named.value(one) for one in values]
    operand = speech.tongue.both(words) if test.operator.operand is OperandKind.PAIR else ", ".join(words)
    exact = speech.say(en=" (upper and lower case must agree)", sv=" (skillnad görs på stora och små bokstäver)")
    said = test.operator.said(speech.tongue.language, operand, record=speech.record, negated=test.operand is False)
    return said + (exact if test.exact else "")


def _unless_known(if_missing: Truth | None, speech: Speech) -> str:
    if if_missing is None:
        return ""
    if if_missing is Truth.TRUE:
        return speech.say(
            en="; where this cannot be told, it counts as true",
            sv="; om det inte går att avgöra räknas det som uppfyllt",
        )
    return speech.say(
        en="; where this cannot be told, it counts as not true",
        sv="; om det inte går att avgöra räknas det som inte uppfyllt",
    )
