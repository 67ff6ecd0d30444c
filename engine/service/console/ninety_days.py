"""Ninety days: how many deletions come to be due on each, drawn: what is scheduled, and what is foreseen."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from engine.language.rule import Rulebook
from engine.service.activation import LIVE
from engine.service.console.charts import COLOURS, Plot, bars
from engine.service.console.rendering import Voice
from engine.service.forecasting import Forecast
from engine.vocabulary.calendar import local_date

DAYS = 90
OTHERS = ""  # the name of all rules beyond those that have a colour


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing of days, what its colours stand for, and its numbers as rows; `total` of all days."""

    plot: Plot
    legend: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int


def drawing(found: Mapping[date, Counter[str]], rulebook: Rulebook, voice: Voice) -> Drawing | None:
    """Return a drawing of how many there are on each day from today on, by rule; None where there are none.

    What was due before today is for today.
    """
    today = local_date(voice.now, voice.teller.zone)
    days = {today + timedelta(days=number): Counter[str]() for number in range(DAYS + 1)}
    for day, counted in found.items():
        if max(day, today) in days:
            days[max(day, today)] += counted
    total = sum(days.values(), Counter[str]())
    if not total:
        return None
    shown = [rule for rule, _ in total.most_common()]
    if len(shown) > len(COLOURS):
        shown = [*shown[: len(COLOURS) - 1], OTHERS]
    names = [_name(rule, rulebook, voice) for rule in shown]
    parts = {day: _parts(counted, shown) for day, counted in days.items()}
    columns = [(f"{day:%m-%d}", dict(zip(names, counts, strict=True))) for day, counts in parts.items()]
    rows = [
        (day.isoformat(), *map(voice.number, (*counts, sum(counts)))) for day, counts in parts.items() if any(counts)
    ]
    legend = tuple(zip(names, COLOURS, strict=False))
    heads = (voice.say(en="Day", sv="Dag"), *names, voice.say(en="Together", sv="Tillsammans"))
    return Drawing(bars(columns), legend, heads, tuple(rows), total.total())


def expected(found: Forecast) -> dict[date, Counter[str]]:
    """Return how many deletions rules that are live would schedule besides, by the day on which they are due."""
    days: dict[date, Counter[str]] = {}
    for row in found.rows:
        if row.expected and row.stage == LIVE:
            days.setdefault(row.day, Counter())[row.rule] += row.expected
    return days


def _parts(counted: Counter[str], shown: list[str]) -> list[int]:
    named = [counted[rule] for rule in shown if rule != OTHERS]
    return [*named, counted.total() - sum(named)] if OTHERS in shown else named


def _name(rule: str, rulebook: Rulebook, voice: Voice) -> str:
    if rule == OTHERS:
        return voice.say(en="other rules", sv="andra regler")
    found = rulebook.rules.get(rule)
    return found.title.in_language(voice.teller.language) if found and found.title.texts else rule
