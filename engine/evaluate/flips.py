"""Flips: when a verdict changes by itself, and what would have to change for a match.

Selections of other rules are taken to stay as they are: when they change is theirs to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge

from engine.evaluate.instants import FURTHEST, instants
from engine.language.criteria import Criterion, Group, criteria_of
from engine.language.reads import reads
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth
from engine.vocabulary.verdict import Flip, Trace, Verdict

# Of one criterion, so that a contact with thousands of items does not keep anybody waiting.
FEWEST_INSTANTS = 100
MOST_ITEMS = 300_000  # looked at, over all instants


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of a verdict by itself, up to an instant; and the fewest criteria that keep it from a match."""

    is_match: bool
    flip: Flip | None
    looked_until: datetime
    needed: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return what is added to the document of `explain --json`."""
        at = self.flip.at.isoformat() if self.flip else None
        until = self.looked_until.isoformat()
        if not self.is_match:
            return {"begins_at": at, "would_match_if": list(self.needed), "looked_until": until}
        then = Verdict.of(self.flip.truth).value if self.flip else None
        return {"ends_at": at, "ends_as": then, "looked_until": until}

    def as_text(self) -> Iterator[str]:
        """Give the same in sentences."""
        if self.flip is None:
            nothing = "does not end it" if self.is_match else "makes no match"
            yield f"time alone {nothing} until {self.looked_until:%Y-%m-%d}"
        elif self.is_match:
            yield f"ends by itself on {self.flip}: {Verdict.of(self.flip.truth).value} then"
        else:
            yield f"matches by itself on {self.flip}"
        if not self.is_match:
            yield "would match now if:"
            yield from (f"  {words}" for words in self.needed)


@dataclass(frozen=True, slots=True)
class _Course:
    """The flips of one criterion, in order, up to an instant. In UTC: local times compare by what clocks show."""

    flips: tuple[Flip, ...]
    until: datetime


def foreseen(
    criteria: Group, trace: Trace, record: Facts, moment: Moment, most_items: int = MOST_ITEMS
) -> tuple[Trace, Outlook]:
    """Return a trace in which each criterion says when it flips by itself, and the outlook of the whole."""
    # A named condition that is asked twice is followed once.
    asked = {id(one): one for one in criteria_of(criteria)}
    courses = {key: _course(one, record, moment, most_items) for key, one in asked.items()}
    until = min(course.until for course in courses.values())
    is_match = trace.truth is Truth.TRUE
    found = None
    for at in sorted({flip.at for course in courses.values() for flip in course.flips if flip.at <= until}):
        truth = criteria.truth(record, replace(moment, now=at))
        if (truth is Truth.TRUE) != is_match:
            found = Flip(at.astimezone(moment.zone), truth)
            break
    outlook = Outlook(is_match, found, until.astimezone(moment.zone), needed(criteria, trace, Truth.TRUE))
    return _marked(criteria, trace, courses, moment), outlook


def nearest(criteria: Group, record: Facts, moment: Moment, most: int) -> Flip | None:
    """Return when criteria come to something else by themselves, of the next so many instants that can do that.

    None where they stay what they are in all of these: that is less than `foreseen` tells, and much faster.
    """
    truth, last = criteria.truth(record, moment), moment.now
    asked = {id(one): one for one in criteria_of(criteria)}
    count = 0
    for at in merge(*(instants(one.form(), record, moment) for one in asked.values())):
        if at == last:
            continue
        last, count = at, count + 1
        if count > most:
            return None
        present = criteria.truth(record, replace(moment, now=at))
        if present is not truth:
            return Flip(at.astimezone(moment.zone), present)
    return None


def needed(part: Criterion | Group, trace: Trace, wanted: Truth) -> tuple[str, ...]:
    """Return the fewest criteria that must change for criteria to come to a truth, in the words of the rule.

    Of several ways that are equally short, the first that is written. Criteria are taken one by one, also where two ask
    the same.
    """
    if trace.truth is wanted:
        return ()
    if isinstance(part, Criterion):
        return (trace.words if wanted is Truth.TRUE else f"not: {trace.words}",)
    of_parts = wanted.negated() if part.kind == "none" else wanted
    ways = [needed(one, inner, of_parts) for one, inner in zip(part.parts, trace.parts, strict=True)]
    shortest = sorted(range(len(ways)), key=lambda index: len(ways[index]))[: _how_many(part, wanted)]
    return tuple(dict.fromkeys(words for index in sorted(shortest) for words in ways[index]))


def _how_many(group: Group, wanted: Truth) -> int:
    """Return of how many parts a group needs what is wanted of them."""
    least = {"any": 1, "at_least_of": group.least}.get(group.kind, len(group.parts))
    return least if wanted is Truth.TRUE else len(group.parts) + 1 - least


def _course(criterion: Criterion, record: Facts, moment: Moment, most_items: int) -> _Course:
    predicate = criterion.form()
    items = sum(len(record.items(name)) for name in reads(predicate))
    most = max(FEWEST_INSTANTS, most_items // (1 + items))
    truth, looked = criterion.truth(record, moment), moment.now
    flips: list[Flip] = []
    for count, at in enumerate(instants(predicate, record, moment)):
        if count == most:
            return _Course(tuple(flips), looked)
        present, looked = criterion.truth(record, replace(moment, now=at)), at
        if present is not truth:
            flips.append(Flip(at, present))
            truth = present
    return _Course(tuple(flips), FURTHEST.after(moment.now, moment))


def _marked(part: Criterion | Group, trace: Trace, courses: Mapping[int, _Course], moment: Moment) -> Trace:
    if isinstance(part, Criterion):
        first = next((replace(flip, at=flip.at.astimezone(moment.zone)) for flip in courses[id(part)].flips), None)
        return replace(trace, flip=first)
    pairs = zip(part.parts, trace.parts, strict=True)
    return replace(trace, parts=tuple(_marked(one, inner, courses, moment) for one, inner in pairs))
