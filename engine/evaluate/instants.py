"""Instants: when, after now, time alone can change what a predicate says of a record."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from heapq import merge

from engine.language.algebra import Column, Predicate, Threshold
from engine.language.reads import reads
from engine.model.facts import Facts
from engine.vocabulary.calendar import Moment, local_date, plus_months, start_of_day
from engine.vocabulary.duration import MICROSECOND, Duration
from engine.vocabulary.parts import names_of, walk

FURTHEST = Duration(months=120)  # how far ahead is looked
MONTHS_A_YEAR = 12
TODAY = (Threshold("now"), Threshold("after_now"), Threshold("day_start"), Threshold("day_end"))


def instants(predicate: Predicate, record: Facts, moment: Moment) -> Iterator[datetime]:
    """Give, in order and in UTC, the instants of the next ten years at which the truth of a predicate can change.

    None that matters is left out, and many are given at which nothing changes. Time enters a rule through thresholds
    alone, which follow from now and never step back, and dates are asked to lie before them or not. So a truth changes
    only when a threshold passes a date of the record or of the rule.
    """
    until = FURTHEST.after(moment.now, moment)
    nodes = tuple(walk(predicate))
    edges = _edges(nodes, predicate, record, replace(moment, now=until))
    last = moment.now.astimezone(UTC)
    for instant in merge(*(_crossings(threshold, edges, moment, until) for threshold in _thresholds(nodes))):
        if instant > last:
            yield instant
            last = instant


def _thresholds(nodes: tuple[object, ...]) -> Iterator[Threshold]:
    """Give the thresholds of a predicate that are instants; of a window of anniversaries, its end."""
    found = [node for node in nodes if isinstance(node, Threshold)]
    ends = [Threshold("ahead", one.duration) if one.kind == "anniversary" else one for one in found]
    yield from dict.fromkeys((*TODAY, *ends))


def _crossings(threshold: Threshold, edges: list[datetime], moment: Moment, until: datetime) -> Iterator[datetime]:
    """Give the instants at which a threshold passes each edge, in order."""
    start = moment.now.astimezone(UTC)

    def reached(step: int) -> datetime:
        at = threshold.at(replace(moment, now=start + MICROSECOND * step))
        if not isinstance(at, datetime):
            raise AssertionError(f"a threshold `{threshold.kind}` is no instant")
        return at

    steps = range((until - start) // MICROSECOND)
    first, last = reached(0), reached(steps.stop)
    for edge in edges[bisect_left(edges, first) :]:
        if edge >= last:
            return
        yield start + MICROSECOND * bisect_left(steps, edge + MICROSECOND, key=reached)


def _edges(nodes: tuple[object, ...], predicate: Predicate, record: Facts, furthest: Moment) -> list[datetime]:
    """Return the dates of a record and of a predicate, sorted; of a day its start."""
    zone = furthest.zone
    fields_read = (record.value(node.path) for node in nodes if isinstance(node, Column))
    items_read = walk([record.items(name) for name in reads(predicate)])
    found = {one for one in (*nodes, *fields_read, *items_read, *_beside(record)) if isinstance(one, date)}
    times = {one for one in found if isinstance(one, datetime)}
    days = found - times
    if any(isinstance(node, Threshold) and node.kind == "anniversary" for node in nodes):
        born = days | {local_date(one, zone) for one in times}
        days |= {day for one in born for day in _anniversaries(one, furthest.today.year)}
    return sorted(times | {start_of_day(day, zone) for day in days})


def _anniversaries(day: date, last_year: int) -> Iterator[date]:
    """Give the anniversaries of a day that can count in the years that are looked at."""
    for year in range(last_year - FURTHEST.months // MONTHS_A_YEAR, last_year + 2):
        yield plus_months(day, MONTHS_A_YEAR * (year - day.year))


def _beside(record: Facts) -> Iterator[object]:
    """Give what is known of a record beside its fields and items."""
    for name in names_of(type(record)):
        if name not in {"values", "collections", "references"}:
            yield from walk(getattr(record, name))
