"""A rule: what it says, in its source and in sentences, how it is and was, and what people can do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Query, Request, Response

from engine.language.description import Description
from engine.language.rule import Rule
from engine.service.console.charts import Plot, trend
from engine.service.console.funnels import drawn
from engine.service.console.health import RuleHealth, health_of
from engine.service.console.highlighting import Line, lines_of
from engine.service.console.pages import pages
from engine.service.console.rendering import Voice, shown, voice_of
from engine.service.console.sessions import Seen
from engine.service.describing import describer_of
from engine.service.http.access import Serving
from engine.service.naming import NOT_THERE, Declined
from engine.service.previewing import file_of
from engine.service.rule_source import stretch_of
from engine.service.serving import Service
from engine.store import cases, days, funnel, promotions, runs, stopped
from engine.store.days import Day
from engine.store.funnel import Counted
from engine.store.registry import Registered
from engine.store.stopped import Stopped
from engine.vocabulary.calendar import local_date
from engine.vocabulary.tongue import TONGUES

ROUTES = pages()
DAYS, RUNS, FEW, A_PAGE = 90, 12, 50, 200
After = Annotated[int, Query(ge=0, le=2**62)]


@dataclass(frozen=True, slots=True)
class Written:
    """What the rulebook has of a rule: its file and text, the text in sentences, and how it hangs together."""

    file: str
    source: tuple[Line, ...]
    description: Description
    reads: tuple[str, ...]
    sources: Mapping[str, str]
    readers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store has of a rule. Of those whom its limit stopped there are the first ones, and how many they are."""

    runs: Sequence[dict[str, Any]]
    days: Sequence[Day]
    promotion: promotions.Promotion | None
    stopped: Sequence[Stopped]
    stopped_count: int
    funnel: Counted | None


@ROUTES.get("/rules/{rule:id}")
def rule_page(rule: str, request: Request, serving: Serving, _visitor: Seen) -> Response:
    """Show the page."""
    voice = voice_of(request, serving)
    today = local_date(voice.now, serving.installation.settings.zone)
    with serving.store.database.reading() as connection:
        one = health_of(serving.scene, connection, rule, voice.now)
        is_stopped = one.stored is not None and one.stored.paused is not None
        key = one.stored.key if one.stored else 0
        kept = Kept(
            runs.of_rule(connection, rule, RUNS),
            days.of_rule(connection, rule, today - timedelta(days=DAYS - 1)),
            promotions.said(connection, key) if one.stored else None,
            stopped.listing(connection, serving.store.tables, one.stored.entity, key, FEW)
            if is_stopped and one.stored
            else (),
            stopped.count(connection, key) if is_stopped else 0,
            funnel.newest(connection, rule, one.rule.version) if one.rule else None,
        )
    return shown(
        request,
        "rule.html",
        one=one,
        written=written(serving, one.rule, voice) if one.rule else None,
        kept=kept,
        plot=_plot(kept.days, today),
        counted=kept.funnel,
        bars=drawn(serving.scene, one.rule, kept.funnel, voice.teller.tongue),
        trial=serving.trials.of(rule, serving.scene.rulebook.digest),
    )


@ROUTES.get("/rules/{rule:id}/stopped")
def stopped_page(rule: str, request: Request, serving: Serving, _visitor: Seen, after: After = 0) -> Response:
    """Show whose deletions its limit has stopped."""
    with serving.store.database.reading() as connection:
        one, stored = _stored(serving, connection, rule)
        found = stopped.listing(connection, serving.store.tables, stored.entity, stored.key, A_PAGE + 1, after)
        if stored.paused is None:
            found = []
    rows = [{"contact": each.record} for each in found[:A_PAGE]]
    last = found[A_PAGE - 1].key if len(found) > A_PAGE else None
    return shown(request, "rule_people.html", one=one, kind="stopped", rows=rows, next=last, first=not after)


@ROUTES.get("/rules/{rule:id}/cases")
def cases_page(
    rule: str, request: Request, serving: Serving, _visitor: Seen, after: After = 0, state: str = ""
) -> Response:
    """Show of whom it has cases: all, or those that are undecided."""
    undecided = state == "undecided"
    with serving.store.database.reading() as connection:
        one, stored = _stored(serving, connection, rule)
        its = stored.entity, stored.key
        found = cases.page(connection, serving.store.tables, its, A_PAGE + 1, after, undecided=undecided)
    last = found[A_PAGE - 1]["key"] if len(found) > A_PAGE else None
    kind = "undecided" if undecided else "cases"
    return shown(request, "rule_people.html", one=one, kind=kind, rows=found[:A_PAGE], next=last, first=not after)


def written(serving: Service, rule: Rule, voice: Voice) -> Written:
    """Return what the rulebook has of a rule, in a language."""
    rulebook, language = serving.scene.rulebook, voice.teller.language
    titles = {name: one.title.in_language(language) or name for name, one in rulebook.rules.items()}
    first, text = stretch_of(rule)
    return Written(
        file_of(serving.installation, rule),
        lines_of(text, first),
        describer_of(serving.installation, rulebook, TONGUES[language]).describe(rule),
        tuple(sorted(rule.reads)),
        {name: titles.get(name, name) for name in sorted(rule.sources)},
        {name: titles[name] for name, one in rulebook.rules.items() if rule.id in one.sources},
    )


def _stored(serving: Service, connection: Any, rule: str) -> tuple[RuleHealth, Registered]:
    one = health_of(serving.scene, connection, rule, serving.installation.clock.now())
    if one.stored is None:
        raise Declined(NOT_THERE, f"`{rule}` was never evaluated: nothing of it is stored")
    return one, one.stored


def _plot(moved: Sequence[Day], today: date) -> Plot:
    """Return a line of how many a rule matched on each of the last days, those without moves as the day before."""
    by_day = {one.day: one.matched for one in moved}
    first = today - timedelta(days=DAYS - 1)
    value = next((one.matched for one in reversed(moved) if one.day < first), 0)
    values = []
    for number in range(DAYS):
        day = first + timedelta(days=number)
        value = by_day.get(day, value)
        values.append((day.strftime("%m-%d"), value))
    return trend(values)
